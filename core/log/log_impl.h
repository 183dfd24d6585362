#ifndef CORE_LOG_LOG_IMPL_H_
#define CORE_LOG_LOG_IMPL_H_

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "core/log/batch_record.h"
#include "core/log/log.h"
#include "core/log/log_start.h"
#include "core/log/request_queue.h"
#include "core/log/segment_pool.h"

namespace jfs::log {

// Two views of the log's end live here. The *queued* one (next_index_, queued_base_) includes every
// call made and checks the next. The *built* one (index_, base_, hard_state_, damage_) includes
// what was put into a batch on its way to the disk; it is what the next batch says.
class Log::Impl {
 public:
  explicit Impl(LogStart start);

  LogOutput Append(Batch batch);
  LogOutput Complete(const DiskCompletion& completion);
  LogOutput Compact(LogPosition base);
  LogOutput ReadEntries(uint64_t token, uint64_t first, uint64_t end, uint64_t max_bytes);
  LogOutput Idle();
  bool watermark_behind() const;
  uint64_t bytes_kept() const;
  uint64_t writes_outstanding() const { return in_flight_.size(); }

 private:
  // One call of Append, Compact or Idle, waiting to become part of a batch on the disk.
  struct Item {
    std::optional<uint64_t> token;
    std::string operations;  // encoded
    uint64_t operation_count = 0;
    std::optional<std::string> hard_state;
    std::optional<LogPosition> base;  // Compact
    std::optional<LogPosition> reset_to;
    std::optional<uint64_t> truncate_from;
    uint64_t first = 0;  // entries [first, first + count)
    uint64_t count = 0;
    bool damage_repaired = false;
    bool matters = true;  // false: an empty batch for the watermark's sake
  };
  struct Write {
    DiskToken disk_token;
    uint64_t sequence = 0;
    uint64_t oldest_epoch = 0;
    std::vector<uint64_t> tokens;
    bool done = false;
  };
  struct Read {
    uint64_t token = 0;
    uint64_t next = 0;  // first entry still wanted
    uint64_t end = 0;
    uint64_t bytes_left = 0;
    std::vector<LogEntry> entries;
    DiskToken disk_token;  // zero: nothing is being read
    uint64_t offset = 0;   // of what is being read
    std::vector<EntryExtent> extents;
  };

  LogOutput TakeOutput();
  void Die(absl::Status error);
  void Start();
  void Pump();
  void TakeSegments();
  void MakeSegments();

  // log_append.cc
  absl::Status CheckNumbersLeft() const;
  absl::Status CheckBounds(const Batch& batch) const;
  void CheckAndQueue(Batch batch);
  bool WriteNext();
  size_t GroupSize(uint64_t* operation_bytes, uint64_t* operation_count) const;
  uint64_t RecordBytes(uint64_t operation_bytes) const;
  bool MakeRoom(uint64_t blocks);
  void Absorb(const Item& item, std::optional<EntryExtent>* extent);
  void PutBatch(size_t items, uint64_t operation_count);
  uint64_t OldestNeeded(uint64_t current_epoch) const;
  void OnWritten(DiskToken token);
  void GiveBackSegments();

  // log_read.cc
  void ServeReads();
  bool StartRead(Read& read);
  void OnRead(Read& read, const SharedBytes& data);
  absl::Status TakeExtent(const EntryExtent& extent, std::string_view blocks, Read& read);
  void EndRead(Read& read, absl::Status status);
  LiveSegment* FindSegment(uint64_t epoch);

  const LogStart start_;
  RequestQueue requests_;
  SegmentPool pool_;
  bool started_ = false;
  absl::Status error_;
  LogOutput out_;

  uint64_t next_index_;
  LogPosition queued_base_;
  bool queued_any_ = false;  // a batch or a base of this run
  std::deque<Item> queue_;

  LogPosition base_;
  std::string hard_state_;
  std::string damage_;
  EntryIndex index_;
  uint64_t built_next_index_;

  std::deque<LiveSegment> live_;
  bool open_ = false;  // live_.back() takes batches
  std::optional<SegmentPool::Segment> next_segment_;
  uint64_t next_epoch_;

  uint64_t last_sequence_;
  uint32_t last_crc_;
  uint64_t durable_sequence_;
  uint64_t durable_oldest_ = 0;
  uint64_t last_watermark_;     // of the last batch built
  uint64_t last_that_matters_;  // sequence
  uint64_t last_oldest_ = 0;    // of the last batch built
  std::deque<Write> in_flight_;
  uint64_t first_batch_blocks_ = 0;
  std::deque<Read> reads_;
};

}  // namespace jfs::log

#endif  // CORE_LOG_LOG_IMPL_H_
