#include "sim/state/state_device.h"

#include <utility>

#include "absl/strings/str_cat.h"

#include "core/base/check.h"
#include "core/base/crc32c.h"
#include "core/base/hash.h"
#include "core/base/overload.h"
#include "core/node/applied_row.h"
#include "sim/state/checkpoint_files.h"

namespace jfs::sim {
namespace {

// Where a state stands, read from the state itself.
raft::Position PositionOf(const kv::View& view) {
  const absl::StatusOr<std::optional<node::AppliedRow>> row = node::ReadAppliedRow(view);
  CHECK(row.ok()) << row.status().ToString();
  return row->has_value() ? (*row)->at : raft::Position();
}

}  // namespace

StateDevice::StateDevice(World* world, Probes* probes, NodeId node, StateOptions options,
                         CrashHook crash)
    : world_(world),
      probes_(probes),
      node_(node),
      options_(options),
      crash_(std::move(crash)),
      store_(std::make_unique<RewindStore>()) {}

kv::StateStore* StateDevice::Open() { return store_.get(); }

void StateDevice::Later(Duration delay, absl::AnyInvocable<void() &&> event) {
  world_->After(delay, [this, run = run_, event = std::move(event)]() mutable {
    if (run == run_) std::move(event)();
  });
}

Duration StateDevice::JobTime(uint64_t salt) {
  ++jobs_;
  return world_->Between(Stream::kStateLatency, Identity::Of(node_.value, run_, jobs_, salt),
                         options_.job_low, options_.job_high);
}

Duration StateDevice::FlushTime(uint64_t salt) {
  ++jobs_;
  return world_->Between(Stream::kStateLatency, Identity::Of(node_.value, run_, jobs_, salt),
                         options_.flush_low, options_.flush_high);
}

void StateDevice::Start(const node::Job& job, Done done) {
  std::visit(Overload{
                 [&](const node::FlushState& j) { Flush(j, std::move(done)); },
                 [&](const node::TakeCheckpoint& j) { Take(j, std::move(done)); },
                 [&](const node::ReadCheckpoint& j) { Read(j, std::move(done)); },
                 [&](const node::DropCheckpoint& j) { checkpoints_.erase(j.checkpoint); },
                 [&](const node::PrepareStaging& j) { Prepare(j, std::move(done)); },
                 [&](const node::WriteStaged& j) { WriteStaged(j, std::move(done)); },
                 [&](const node::InstallStaged& j) { Install(j, std::move(done)); },
             },
             job);
}

void StateDevice::Flush(const node::FlushState& job, Done done) {
  // A flush covers at least what was written when it was asked for.
  RewindStore* store = store_.get();
  const uint64_t batches = store->written();
  const raft::Position at = PositionOf(*store);
  Later(FlushTime(1),
        [this, store, batches, at, token = job.token, done = std::move(done)]() mutable {
          if (store == store_.get() && batches >= store->flushed()) {
            store->MarkFlushed(batches);
            durable_ = at;
          }
          std::move(done)(node::StateFlushed{token, absl::OkStatus(), durable_});
        });
}

void StateDevice::Take(const node::TakeCheckpoint& job, Done done) {
  Checkpoint checkpoint{PositionOf(*store_),
                        EncodeCheckpoint(store_->contents(), options_.file_bytes)};
  node::CheckpointTaken taken{job.token, absl::OkStatus(), checkpoint.at, {}};
  for (const auto& [name, bytes] : checkpoint.files) {
    taken.files.push_back(node::SnapshotFile{name, bytes.size(), Crc32c(bytes)});
  }
  checkpoints_[job.checkpoint] = std::move(checkpoint);
  Later(FlushTime(2), [taken = std::move(taken), done = std::move(done)]() mutable {
    std::move(done)(std::move(taken));
  });
}

void StateDevice::Read(const node::ReadCheckpoint& job, Done done) {
  node::CheckpointRead read{job.token, absl::OkStatus(), SharedBytes()};
  const auto checkpoint = checkpoints_.find(job.checkpoint);
  if (checkpoint == checkpoints_.end()) {
    read.status = absl::NotFoundError(absl::StrCat("no checkpoint ", job.checkpoint));
  } else {
    const auto file = checkpoint->second.files.find(job.file);
    if (file == checkpoint->second.files.end() || job.offset + job.bytes > file->second.size()) {
      read.status = absl::NotFoundError(absl::StrCat("checkpoint has no such bytes: ", job.file));
    } else {
      read.data = SharedBytes(file->second.substr(job.offset, job.bytes));
    }
  }
  Later(JobTime(3), [read = std::move(read), done = std::move(done)]() mutable {
    std::move(done)(std::move(read));
  });
}

void StateDevice::Prepare(const node::PrepareStaging& job, Done done) {
  if (!(staging_.at == job.at) || staging_.files != job.files) {
    staging_ = Staging{job.at, job.files, {}};
  }
  node::StagingPrepared prepared{job.token, absl::OkStatus(), {}};
  bool resumed = false;
  for (const node::SnapshotFile& file : job.files) {
    const uint64_t have = staging_.written[file.name].size();
    resumed = resumed || have > 0;
    prepared.have.push_back(have);
  }
  if (resumed) probes_->Hit(Probe::kStagingResumed);
  Later(JobTime(4), [prepared = std::move(prepared), done = std::move(done)]() mutable {
    std::move(done)(std::move(prepared));
  });
}

void StateDevice::WriteStaged(const node::WriteStaged& job, Done done) {
  Later(JobTime(5), [this, job, done = std::move(done)]() mutable {
    std::string& bytes = staging_.written[job.file];
    const uint64_t end = job.offset + job.data.size();
    if (bytes.size() < end) bytes.resize(end, '\0');
    bytes.replace(job.offset, job.data.size(), job.data.view());
    const Identity identity =
        Identity::Of(node_.value, staging_.at.index.value, Hash64(job.file), job.offset, run_);
    if (!job.data.empty() && world_->Fault(FaultKind::kStagedCorrupt, identity, options_.corrupt)) {
      bytes[job.offset] = static_cast<char>(static_cast<unsigned char>(bytes[job.offset]) ^ 1u);
    }
    std::move(done)(node::StagedWritten{job.token, absl::OkStatus()});
  });
}

bool StateDevice::CrashAt(InstallPoint point) {
  const Identity identity =
      Identity::Of(node_.value, staging_.at.index.value, static_cast<uint64_t>(point), installs_);
  // One decision per installation and point; together they hit `install_crash` of the
  // installations.
  const Ratio ratio{options_.install_crash.numerator,
                    options_.install_crash.denominator * kInstallPoints};
  if (!world_->Fault(FaultKind::kInstallCrash, identity, ratio)) return false;
  probes_->Hit(Probe::kInstallCrashes);
  const uint64_t run = run_;
  crash_(point);
  return run != run_;
}

absl::Status StateDevice::VerifyStaged() const {
  for (const node::SnapshotFile& file : staging_.files) {
    const auto at = staging_.written.find(file.name);
    const std::string_view bytes =
        at == staging_.written.end() ? std::string_view() : std::string_view(at->second);
    if (bytes.size() != file.bytes || Crc32c(bytes) != file.crc32c) {
      return absl::DataLossError(absl::StrCat("staged file ", file.name, " has ", bytes.size(),
                                              " bytes with CRC ", Crc32c(bytes),
                                              ", the snapshot says ", file.bytes, " and ",
                                              file.crc32c, "; the snapshot is fetched again"));
    }
  }
  return absl::OkStatus();
}

absl::Status StateDevice::Swap() {
  absl::StatusOr<kv::MemoryStore::Map> contents = DecodeCheckpoint(staging_.written);
  if (!contents.ok()) return contents.status();
  replaced_.push_back(std::move(store_));
  store_ = std::make_unique<RewindStore>(*std::move(contents));
  durable_ = PositionOf(*store_);
  CHECK(durable_ == staging_.at) << "a snapshot names another position than it holds: "
                                 << durable_.index << " and " << staging_.at.index;
  return absl::OkStatus();
}

void StateDevice::Install(const node::InstallStaged& job, Done done) {
  ++installs_;
  if (CrashAt(InstallPoint::kBeforeVerify)) return;
  Later(JobTime(6), [this, token = job.token, done = std::move(done)]() mutable {
    if (absl::Status status = VerifyStaged(); !status.ok()) {
      probes_->Hit(Probe::kInstallsRefused);
      staging_ = Staging();
      std::move(done)(node::StagedInstalled{token, std::move(status), nullptr});
      return;
    }
    if (CrashAt(InstallPoint::kVerified)) return;
    Later(FlushTime(7), [this, token, done = std::move(done)]() mutable {
      if (CrashAt(InstallPoint::kStagedDurable)) return;
      Later(FlushTime(8), [this, token, done = std::move(done)]() mutable {
        if (absl::Status status = Swap(); !status.ok()) {
          std::move(done)(node::StagedInstalled{token, std::move(status), nullptr});
          return;
        }
        staging_ = Staging();
        if (CrashAt(InstallPoint::kSwapped)) return;
        Later(JobTime(9), [this, token, done = std::move(done)]() mutable {
          std::move(done)(node::StagedInstalled{token, absl::OkStatus(), store_.get()});
          // The node voids its log in the turn that takes the answer; die before that reaches the
          // disk.
          Later(1, [this] { (void)CrashAt(InstallPoint::kAnswered); });
        });
      });
    });
  });
}

void StateDevice::Crash() {
  const Identity identity = Identity::Of(node_.value, run_);
  uint64_t keep = store_->written();
  if (world_->Possible(FaultKind::kStateLoss)) {
    keep = world_->Between(Stream::kCrashImage, identity, store_->flushed(), store_->written());
  }
  if (keep < store_->written()) probes_->Hit(Probe::kStateRewinds);
  store_->Rewind(keep);
  store_->MarkFlushed(keep);
  durable_ = PositionOf(*store_);
  for (auto& [name, bytes] : staging_.written) {
    const uint64_t prefix = world_->Between(
        Stream::kCrashImage, Identity::Of(node_.value, run_, Hash64(name)), 0, bytes.size());
    bytes.resize(prefix);
  }
  checkpoints_.clear();
  replaced_.clear();
  ++run_;
}

void StateDevice::Wipe() {
  Crash();
  store_ = std::make_unique<RewindStore>();
  staging_ = Staging();
  durable_ = raft::Position();
}

}  // namespace jfs::sim
