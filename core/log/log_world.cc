#include "core/log/log_world.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

#include "core/base/check.h"

namespace jfs::log {

Options LogWorld::TinyOptions() {
  Options options;
  options.identity = {NodeId(1), Incarnation(11)};
  options.segment_bytes = 4096;
  options.block_bytes = 512;
  options.spare_segments = 1;
  options.writes_in_flight = 3;
  return options;
}

std::string LogWorld::Finish(const RecoveryOutput& out) {
  if (!out.status.ok()) return absl::StrCat("recovery failed: ", std::string(out.status.message()));
  recovered_ = recovery_->recovered();
  std::string wrong = oracle_.Judge(recovered_);
  if (!wrong.empty()) return wrong;
  oracle_.Accept(recovered_);
  log_ = recovery_->TakeLog();
  return "";
}

bool LogWorld::RecoverFor(uint64_t steps, std::string* wrong) {
  Kill();
  recovery_ = std::make_unique<Recovery>(options_);
  recovery_output_ = recovery_->Start();
  for (uint64_t step = 0; !recovery_output_.finished; ++step) {
    disk_.Submit(std::move(recovery_output_.requests));
    CHECK(!disk_.under_way().empty()) << "a recovery that waits for nothing";
    if (step == steps) return false;
    recovery_output_ = recovery_->Step(disk_.CompleteOne(0));
  }
  *wrong = Finish(recovery_output_);
  return true;
}

std::string LogWorld::Recover() {
  std::string wrong;
  CHECK(RecoverFor(UINT64_MAX, &wrong));
  return wrong;
}

RecoveredLog LogWorld::Peek(absl::Status* status) const {
  MemoryDisk copy(options_.block_bytes);
  copy.files() = disk_.files();
  Recovery recovery(options_);
  RecoveryOutput out = recovery.Start();
  while (!out.finished) {
    copy.Submit(std::move(out.requests));
    out = recovery.Step(copy.CompleteOne(0));
  }
  *status = out.status;
  return out.status.ok() ? recovery.recovered() : RecoveredLog();
}

void LogWorld::Take(LogOutput out) {
  CHECK(out.error.ok()) << out.error.message();
  disk_.Submit(std::move(out.requests));
  for (const uint64_t token : out.durable) oracle_.Acknowledged(token);
  for (const LogOutput::ReadDone& read : out.reads) {
    if (!read.status.ok()) {
      // Truncated or compacted away in the meantime: a fair answer.
      if (!absl::IsNotFound(read.status))
        read_errors_.push_back(std::string(read.status.message()));
      continue;
    }
    if (read.entries.empty()) read_errors_.push_back("a read without entries");
    for (const LogEntry& entry : read.entries) {
      const bool right = absl::StrContains(std::string(entry.payload.view()),
                                           absl::StrCat("entry ", entry.index, " "));
      if (!right)
        read_errors_.push_back(absl::StrCat("entry ", entry.index, " came back as another"));
    }
  }
}

void LogWorld::Append(Batch batch) {
  batch.token = next_token_++;
  oracle_.Submitted(batch);
  Take(log_->Append(std::move(batch)));
}

void LogWorld::AppendEntries(uint64_t count, size_t bytes) {
  Truncate(oracle_.next_index(), count, bytes);
}

void LogWorld::Truncate(uint64_t from, uint64_t count, size_t bytes) {
  Batch batch;
  if (from < oracle_.next_index()) {
    batch.truncate_from = from;
    ++term_;
  }
  batch.hard_state = absl::StrCat("after batch ", next_token_);
  for (uint64_t i = 0; i < count; ++i) {
    LogEntry entry;
    entry.index = from + i;
    entry.term = term_;
    entry.kind = static_cast<uint8_t>(i % 3);
    std::string payload = absl::StrCat("batch ", next_token_, " entry ", entry.index, " ");
    payload.resize(std::max(bytes, payload.size()), static_cast<char>('a' + next_token_ % 26));
    entry.payload = SharedBytes(std::move(payload));
    batch.entries.push_back(std::move(entry));
  }
  Append(std::move(batch));
}

void LogWorld::Reset(LogPosition to) {
  Batch batch;
  batch.reset_to = to;
  batch.hard_state = absl::StrCat("after batch ", next_token_);
  Append(std::move(batch));
}

void LogWorld::Compact(uint64_t through) {
  const LogPosition base{through, oracle_.term_of(through)};
  oracle_.Compacted(base);
  Take(log_->Compact(base));
}

void LogWorld::Idle() { Take(log_->Idle()); }

void LogWorld::ReadAll() {
  const uint64_t end = oracle_.next_index();
  const uint64_t first = oracle_.base_index() + 1;
  if (first < end) Take(log_->ReadEntries(0, first, end, 4096));
}

void LogWorld::Complete(size_t i) { Take(log_->Complete(disk_.CompleteOne(i))); }

void LogWorld::Deliver(const DiskCompletion& completion) { Take(log_->Complete(completion)); }

void LogWorld::CompleteAll() {
  while (!disk_.under_way().empty()) Complete();
}

void LogWorld::CompleteAtRandom(Random& random) {
  if (!disk_.under_way().empty()) Complete(random.Below(disk_.under_way().size()));
}

void LogWorld::FillSegmentsAndKill() {
  for (const size_t bytes : {10, 900, 1500, 300, 10, 900, 20}) {
    AppendEntries(2, bytes);
    CompleteAll();
  }
  Idle();
  CompleteAll();
  Kill();
}

void LogWorld::Kill() {
  log_.reset();
  recovery_.reset();
}

void LogWorld::RandomStep(Random& random) {
  const uint64_t what = random.Below(20);
  const uint64_t low = oracle_.base_index() + 1;
  const uint64_t next = oracle_.next_index();
  if (what < 7) {
    const uint64_t count = random.Below(4);
    const uint64_t bytes = random.Chance(1, 30) ? 6000 : random.Below(700);
    AppendEntries(count, bytes);
  } else if (what == 7 && next > low) {
    const uint64_t from = random.Between(low, next);
    const uint64_t count = random.Below(3);
    Truncate(from, count, 40);
  } else if (what == 8 && random.Chance(1, 5)) {
    const uint64_t ahead = random.Below(5);
    ++term_;
    Reset({next + ahead, term_});
  } else if (what == 9 && next > low) {
    Compact(random.Between(low, next - 1));
  } else if (what == 10) {
    Idle();
  } else if (what == 11) {
    ReadAll();
  } else {
    CompleteAtRandom(random);
  }
}

}  // namespace jfs::log
