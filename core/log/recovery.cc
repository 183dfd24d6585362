#include "core/log/recovery.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

#include "core/base/check.h"

namespace jfs::log {
namespace {

// Enough for the header and the block after it, whatever the block size.
constexpr uint64_t kHeadBytes = 2 * uint64_t{kLargeBlockBytes};
// Memory of a step, and a size that disks like.
constexpr uint64_t kChunkBytes = uint64_t{1} << 20;

}  // namespace

Recovery::Recovery(Options options) : impl_(std::make_unique<Impl>(std::move(options))) {}
Recovery::~Recovery() = default;
RecoveryOutput Recovery::Start() { return impl_->Start(); }
RecoveryOutput Recovery::Step(const DiskCompletion& completion) { return impl_->Step(completion); }
const RecoveredLog& Recovery::recovered() const {
  CHECK(impl_->finished_ok());
  return impl_->recovered();
}

Recovery::Impl::Impl(Options options) : options_(std::move(options)) {
  CHECK(IsBlockSize(options_.block_bytes)) << options_.block_bytes;
  CHECK_EQ(options_.segment_bytes % kLargeBlockBytes, 0u);
  CHECK_GE(options_.segment_bytes / options_.block_bytes, 8u);
  CHECK_LE(options_.segment_bytes / options_.block_bytes, UINT32_MAX);
  CHECK_GE(options_.writes_in_flight, 1u);
  CHECK_GE(options_.spare_segments, 1u);
}

RecoveryOutput Recovery::Impl::Start() {
  CHECK(!started_);
  started_ = true;
  requests_.Add(ListFiles{});
  return {requests_.Take(), false, absl::OkStatus()};
}

RecoveryOutput Recovery::Impl::Step(const DiskCompletion& completion) {
  CHECK(started_);
  CHECK(!finished_);
  if (completion.error != DiskError::kNone) {
    Finish(requests_.Explain(completion));
    return {requests_.Take(), finished_, status_};
  }
  CHECK(requests_.Finished(completion.token)) << "token " << completion.token;
  switch (phase_) {
    case Phase::kList:
      OnList(completion);
      break;
    case Phase::kHeaders:
      OnHeader(completion);
      break;
    case Phase::kScan:
      OnChunk(completion);
      break;
    case Phase::kRewriteRead:
      OnRewriteRead(completion);
      break;
    case Phase::kRewriteWrite:
      RewriteNext();
      break;
  }
  return {requests_.Take(), finished_, status_};
}

void Recovery::Impl::Finish(absl::Status status) {
  finished_ = true;
  status_ = std::move(status);
}

LogStart Recovery::Impl::TakeStart() {
  CHECK(finished_ok());
  return std::move(start_);
}

void Recovery::Impl::OnList(const DiskCompletion& completion) {
  for (const FileInfo& info : completion.files) {
    File file;
    file.name = info.name;
    file.bytes = info.bytes;
    file.named_epoch = ParseSegmentFileName(info.name);
    file.spare_number = ParseSpareFileName(info.name);
    if (file.named_epoch || file.spare_number) files_.push_back(std::move(file));
  }
  std::sort(files_.begin(), files_.end(),
            [](const File& a, const File& b) { return a.name < b.name; });
  phase_ = Phase::kHeaders;
  current_ = 0;
  ReadNextHeader();
}

void Recovery::Impl::ReadNextHeader() {
  while (current_ < files_.size() && files_[current_].bytes == 0) {
    files_[current_].header_error = "the file is empty";
    ++current_;
  }
  if (current_ < files_.size()) {
    requests_.Add(ReadFile{files_[current_].name, 0, kHeadBytes});
    return;
  }
  if (absl::Status identity = FindIdentity(); !identity.ok()) {
    Finish(std::move(identity));
    return;
  }
  SortFiles();
  phase_ = Phase::kScan;
  current_ = 0;
  offset_ = 0;
  ReadNextChunk();
}

void Recovery::Impl::OnHeader(const DiskCompletion& completion) {
  File& file = files_[current_];
  file.head = std::string(completion.data.view().substr(0, kHeadBytes));
  SegmentHeader header;
  const absl::Status status = DecodeSegmentHeader(file.head, &header);
  if (absl::IsFailedPrecondition(status)) {
    Finish(absl::FailedPreconditionError(absl::StrCat("log: ", file.name, ": ", status.message())));
    return;
  }
  if (status.ok()) {
    file.header = header;
  } else {
    file.header_error = std::string(status.message());
    file.header_beyond = absl::IsOutOfRange(status);
  }
  ++current_;
  ReadNextHeader();
}

void Recovery::Impl::ReadNextChunk() {
  for (; current_ < chain_.size(); ++current_, offset_ = 0) {
    ChainSegment& segment = chain_[current_];
    if (!segment.scan) continue;
    const uint64_t end = std::min(chain_file_bytes_[current_], uint64_t{segment.scan->end_block()} *
                                                                   segment.header->block_bytes);
    if (offset_ < end) {
      const uint64_t unit = std::max(segment.header->block_bytes, options_.block_bytes);
      const uint64_t bytes = (std::min(kChunkBytes, end - offset_) + unit - 1) / unit * unit;
      requests_.Add(ReadFile{segment.file, offset_, bytes});
      return;
    }
    segment.scan->Finish();
  }
  Judge();
  phase_ = Phase::kRewriteWrite;
  current_ = 0;
  RewriteNext();
}

void Recovery::Impl::OnChunk(const DiskCompletion& completion) {
  ChainSegment& segment = chain_[current_];
  std::string_view bytes = completion.data.view();
  const uint64_t asked = std::min(kChunkBytes, chain_file_bytes_[current_] - offset_);
  // A file that ends before the size it was listed with: what is left of it counts as absent.
  const bool ended = bytes.size() < asked;
  if (offset_ == 0)
    bytes.remove_prefix(std::min<size_t>(bytes.size(), segment.header->block_bytes));
  segment.scan->Feed(bytes);
  offset_ = ended ? UINT64_MAX : offset_ + kChunkBytes;
  ReadNextChunk();
}

void Recovery::Impl::RewriteNext() {
  while (current_ < rewrites_.size() && rewrites_[current_].offset >= rewrites_[current_].end)
    ++current_;
  if (current_ == rewrites_.size()) {
    Finish(absl::OkStatus());
    return;
  }
  const Stretch& stretch = rewrites_[current_];
  phase_ = Phase::kRewriteRead;
  requests_.Add(
      ReadFile{stretch.file, stretch.offset, std::min(kChunkBytes, stretch.end - stretch.offset)});
}

void Recovery::Impl::OnRewriteRead(const DiskCompletion& completion) {
  Stretch& stretch = rewrites_[current_];
  const uint64_t asked = std::min(kChunkBytes, stretch.end - stretch.offset);
  if (completion.data.size() != asked) {
    Finish(absl::DataLossError(
        absl::StrCat("log: ", stretch.file, " at offset ", stretch.offset,
                     " ended early on the second reading: another process changes the log")));
    return;
  }
  phase_ = Phase::kRewriteWrite;
  requests_.Add(WriteFile{stretch.file, stretch.offset, completion.data});
  stretch.offset += asked;
}

}  // namespace jfs::log
