#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

#include "core/base/check.h"
#include "core/log/block.h"
#include "core/log/log_impl.h"
#include "core/log/replay.h"
#include "core/log/segment_scan.h"

// Entries read back from the disk.
namespace jfs::log {
namespace {

// Batches that lie together are read together up to this size.
constexpr uint64_t kReadBytes = uint64_t{1} << 20;

}  // namespace

LogOutput Log::Impl::ReadEntries(uint64_t token, uint64_t first, uint64_t end, uint64_t max_bytes) {
  CHECK_LT(first, end);
  Read read;
  read.token = token;
  read.next = first;
  read.end = end;
  read.bytes_left = max_bytes;
  if (error_.ok()) {
    reads_.push_back(std::move(read));
    ServeReads();
  } else {
    out_.error = error_;
    EndRead(read, error_);
  }
  return TakeOutput();
}

LiveSegment* Log::Impl::FindSegment(uint64_t epoch) {
  const auto found = std::find_if(live_.begin(), live_.end(), [&](const LiveSegment& segment) {
    return segment.epoch == epoch;
  });
  CHECK(found != live_.end()) << "epoch " << epoch;
  return &*found;
}

void Log::Impl::EndRead(Read& read, absl::Status status) {
  LogOutput::ReadDone done;
  done.token = read.token;
  // What was read before the trouble is good; the next call meets the trouble first.
  if (read.entries.empty()) done.status = std::move(status);
  done.entries = std::move(read.entries);
  out_.reads.push_back(std::move(done));
}

void Log::Impl::ServeReads() {
  for (auto read = reads_.begin(); read != reads_.end();) {
    if (read->disk_token == DiskToken() && StartRead(*read)) {
      read = reads_.erase(read);
    } else {
      ++read;
    }
  }
}

// Asks the disk for the next batches of `read`. True if the read has ended instead. A batch that is
// not durable yet is waited for if nothing else was found.
bool Log::Impl::StartRead(Read& read) {
  const EntryExtent* extent = index_.Find(read.next);
  const bool enough = !read.entries.empty() && (read.bytes_left == 0 || read.next >= read.end);
  if (enough) {
    EndRead(read, absl::OkStatus());
    return true;
  }
  if (extent == nullptr) {
    const bool queued = read.next >= built_next_index_ && read.next < next_index_;
    if (queued && read.entries.empty()) return false;
    EndRead(read, absl::NotFoundError(
                      absl::StrCat("log: entry ", read.next, " is not in the log, which holds ",
                                   base_.index + 1, " to ", built_next_index_ - 1)));
    return true;
  }
  if (extent->sequence > durable_sequence_) {
    if (read.entries.empty()) return false;
    EndRead(read, absl::OkStatus());
    return true;
  }
  LiveSegment* segment = FindSegment(extent->epoch);
  const uint64_t unit = std::max(segment->block_bytes, start_.options.block_bytes);
  const uint64_t limit = std::min(kReadBytes, read.bytes_left);
  read.offset = uint64_t{extent->first_block} * segment->block_bytes / unit * unit;
  uint64_t end = 0;
  read.extents.clear();
  for (const EntryExtent* one = extent; one != nullptr; one = index_.Next(one)) {
    const bool readable =
        one->epoch == extent->epoch && one->sequence <= durable_sequence_ && one->first < read.end;
    const uint64_t one_end = (uint64_t{one->first_block} + one->blocks) * segment->block_bytes;
    if (!readable || (one != extent && one_end - read.offset > limit)) break;
    end = (one_end + unit - 1) / unit * unit;
    read.extents.push_back(*one);
  }
  ++segment->reads;
  read.disk_token = requests_.Add(ReadFile{segment->file, read.offset, end - read.offset});
  return false;
}

void Log::Impl::OnRead(Read& read, const SharedBytes& data) {
  LiveSegment* segment = FindSegment(read.extents.front().epoch);
  --segment->reads;
  read.disk_token = DiskToken();
  absl::Status status;
  for (const EntryExtent& extent : read.extents) {
    const uint64_t offset = uint64_t{extent.first_block} * segment->block_bytes - read.offset;
    const uint64_t bytes = uint64_t{extent.blocks} * segment->block_bytes;
    const std::string_view all = data.view();
    const std::string_view blocks =
        offset < all.size() ? all.substr(offset, bytes) : std::string_view();
    status = TakeExtent(extent, blocks, read);
    if (!status.ok() || read.bytes_left == 0) break;
  }
  GiveBackSegments();
  if (status.ok() && read.bytes_left > 0 && read.next < read.end) return;  // ServeReads goes on
  EndRead(read, std::move(status));
  reads_.erase(
      std::find_if(reads_.begin(), reads_.end(), [&](const Read& one) { return &one == &read; }));
}

// Adds the wanted entries of one batch. It was whole when it was written: anything else now is rot.
absl::Status Log::Impl::TakeExtent(const EntryExtent& extent, std::string_view blocks, Read& read) {
  const LiveSegment& segment = *FindSegment(extent.epoch);
  SegmentScan scan(extent.epoch, start_.options.identity.incarnation, segment.block_bytes,
                   extent.first_block, extent.first_block + extent.blocks);
  scan.Feed(blocks);
  scan.Finish();
  Replay replay;
  if (scan.batches().size() != 1 || scan.batches()[0].sequence != extent.sequence ||
      scan.batches()[0].blocks != extent.blocks ||
      !replay.Apply(scan.batches()[0].record.operations)) {
    return absl::DataLossError(absl::StrCat(
        "log: ", segment.file, " at offset ", uint64_t{extent.first_block} * segment.block_bytes,
        ": batch ", extent.sequence, " with entries ", extent.first, " to ", extent.last,
        " has gone bad since it was written (replace the disk; a restart fetches the entries from "
        "the leader)"));
  }
  for (const LogEntry& entry : replay.entries()) {
    if (entry.index < read.next || entry.index > extent.last || entry.index >= read.end) continue;
    const uint64_t cost = std::max<uint64_t>(1, entry.payload.size());
    if (cost > read.bytes_left && !read.entries.empty()) {
      read.bytes_left = 0;
      return absl::OkStatus();
    }
    read.bytes_left -= std::min(cost, read.bytes_left);
    read.entries.push_back(entry);
    read.next = entry.index + 1;
  }
  return absl::OkStatus();
}

}  // namespace jfs::log
