#include "core/log/log.h"

#include <algorithm>
#include <utility>

#include "core/base/check.h"
#include "core/log/block.h"
#include "core/log/log_impl.h"
#include "core/log/recovery.h"

namespace jfs::log {

Log::Log(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Log::~Log() = default;
LogOutput Log::Append(Batch batch) { return impl_->Append(std::move(batch)); }
LogOutput Log::Complete(const DiskCompletion& completion) { return impl_->Complete(completion); }
LogOutput Log::Compact(LogPosition base) { return impl_->Compact(base); }
LogOutput Log::ReadEntries(uint64_t token, uint64_t first, uint64_t end, uint64_t max_bytes) {
  return impl_->ReadEntries(token, first, end, max_bytes);
}
LogOutput Log::Idle() { return impl_->Idle(); }
bool Log::watermark_behind() const { return impl_->watermark_behind(); }
uint64_t Log::bytes_kept() const { return impl_->bytes_kept(); }
uint64_t Log::writes_outstanding() const { return impl_->writes_outstanding(); }

std::unique_ptr<Log> Recovery::TakeLog() {
  return std::unique_ptr<Log>(new Log(std::make_unique<Log::Impl>(impl_->TakeStart())));
}

namespace {

SegmentPool::Settings PoolSettings(const LogStart& start) {
  SegmentPool::Settings settings;
  settings.identity = start.options.identity;
  settings.segment_bytes = start.options.segment_bytes;
  settings.block_bytes = start.options.block_bytes;
  settings.next_spare_number = start.next_spare_number;
  return settings;
}

}  // namespace

Log::Impl::Impl(LogStart start)
    : start_(std::move(start)),
      pool_(PoolSettings(start_), &requests_),
      next_index_(start_.next_index),
      queued_base_(start_.base),
      base_(start_.base),
      hard_state_(start_.hard_state),
      damage_(start_.damage),
      index_(start_.index),
      built_next_index_(start_.next_index),
      live_(start_.live),
      next_epoch_(start_.next_epoch),
      last_sequence_(start_.cut.sequence),
      last_crc_(start_.cut.crc),
      durable_sequence_(start_.cut.sequence),
      last_watermark_(start_.watermark),
      last_that_matters_(start_.cut.sequence) {}

LogOutput Log::Impl::TakeOutput() {
  out_.requests = requests_.Take();
  return std::exchange(out_, {});
}

void Log::Impl::Die(absl::Status error) {
  error_ = std::move(error);
  out_.durable.clear();
  out_.error = error_;
  for (Read& read : reads_) EndRead(read, error_);
  reads_.clear();
}

LogOutput Log::Impl::Append(Batch batch) {
  if (!error_.ok()) {
    out_.error = error_;
    return TakeOutput();
  }
  if (absl::Status bounds = CheckBounds(batch); !bounds.ok()) {
    Die(std::move(bounds));
    return TakeOutput();
  }
  Start();
  CheckAndQueue(std::move(batch));
  Pump();
  return TakeOutput();
}

LogOutput Log::Impl::Complete(const DiskCompletion& completion) {
  if (!error_.ok()) {
    out_.error = error_;
    return TakeOutput();
  }
  if (completion.error != DiskError::kNone) {
    Die(requests_.Explain(completion));
    return TakeOutput();
  }
  CHECK(requests_.Finished(completion.token)) << "token " << completion.token;
  const auto read = std::find_if(reads_.begin(), reads_.end(), [&](const Read& one) {
    return one.disk_token == completion.token;
  });
  if (read != reads_.end()) {
    OnRead(*read, completion.data);
  } else if (!pool_.Complete(completion.token)) {
    OnWritten(completion.token);
  }
  Pump();
  return TakeOutput();
}

// The first segment of this run is opened by a batch that repeats all that is known, so that from
// its header on nothing before the cut matters but the entries.
void Log::Impl::Start() {
  if (started_) return;
  started_ = true;
  const uint64_t epoch = next_epoch_++;
  BatchRecord record;
  record.previous_crc = last_crc_;
  record.oldest_epoch = OldestNeeded(epoch);
  record.base = base_;
  record.hard_state = hard_state_;
  record.damage = damage_;
  BatchPlace place;
  place.epoch = epoch;
  place.incarnation = start_.options.identity.incarnation;
  place.first_block = 1;
  place.sequence = ++last_sequence_;
  place.watermark = durable_sequence_;
  EncodedBatch batch = EncodeBlocks(EncodeRecord(record), place, start_.options.block_bytes);
  last_crc_ = batch.crc;
  last_watermark_ = place.watermark;
  last_oldest_ = record.oldest_epoch;
  last_that_matters_ = 0;  // its own durability is stated by the header
  first_batch_blocks_ = batch.blocks.size() / start_.options.block_bytes;
  for (const UnusedFile& unused : start_.unused) {
    // Spares that are ready may be used at once; anything else must wait until the cut is durable.
    if (unused.reusable && ParseSpareFileName(unused.file)) pool_.AddSpare(unused.file);
  }
  pool_.Prepare(SegmentHeader::Kind::kRecovered, epoch, 0, start_.cut, 1 + first_batch_blocks_,
                std::move(batch.blocks));
}

void Log::Impl::Pump() {
  TakeSegments();
  while (open_ && !queue_.empty() && in_flight_.size() < start_.options.writes_in_flight) {
    if (!WriteNext()) break;
  }
  MakeSegments();
  ServeReads();
}

void Log::Impl::TakeSegments() {
  std::optional<SegmentPool::Segment> segment = pool_.TakePrepared();
  if (!segment) return;
  if (open_) {
    next_segment_ = std::move(segment);
    return;
  }
  LiveSegment live;
  live.epoch = segment->epoch;
  live.file = segment->file;
  live.block_bytes = start_.options.block_bytes;
  live.blocks = segment->blocks;
  live.used = static_cast<uint32_t>(1 + first_batch_blocks_);
  live.reusable = segment->blocks == pool_.segment_blocks();
  live_.push_back(std::move(live));
  open_ = true;
  durable_sequence_ = last_sequence_;
  durable_oldest_ = last_oldest_;
  pool_.WantSpares(start_.options.spare_segments - 1);
  for (const UnusedFile& unused : start_.unused) {
    if (unused.reusable && ParseSpareFileName(unused.file)) continue;
    pool_.GiveBack(unused.file, unused.reusable);
  }
  GiveBackSegments();
}

// The next segment is made ahead: rolling over then costs no waiting.
void Log::Impl::MakeSegments() {
  if (!open_ || next_segment_ || pool_.preparing()) return;
  pool_.Prepare(SegmentHeader::Kind::kRolled, next_epoch_++, live_.back().epoch, CutPoint(), 2, "");
}

LogOutput Log::Impl::Idle() {
  if (watermark_behind()) {
    if (absl::Status bounds = CheckNumbersLeft(); !bounds.ok()) {
      Die(std::move(bounds));
      return TakeOutput();
    }
    if (started_) {
      Item item;
      item.matters = false;
      queue_.push_back(std::move(item));
    } else {
      Start();
    }
    Pump();
  }
  return TakeOutput();
}

bool Log::Impl::watermark_behind() const {
  if (!error_.ok()) return false;
  // A damaged log is left as it is until the caller decides to go on.
  if (!started_ && !damage_.empty()) return false;
  return queue_.empty() && in_flight_.empty() && last_that_matters_ > last_watermark_;
}

uint64_t Log::Impl::bytes_kept() const {
  uint64_t bytes = 0;
  for (const LiveSegment& segment : live_) bytes += uint64_t{segment.blocks} * segment.block_bytes;
  return bytes;
}

}  // namespace jfs::log
