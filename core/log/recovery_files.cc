#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"

#include "core/base/check.h"
#include "core/log/recovery.h"

// What the files of the directory are: segments of the log, void ones, spares, rubbish.
namespace jfs::log {

absl::Status Recovery::Impl::FindIdentity() {
  const File* known = nullptr;
  bool undecided = false;
  for (const File& file : files_) {
    if (!file.header) {
      undecided |= file.named_epoch.has_value();
      continue;
    }
    const ClusterNode& identity = file.header->identity;
    if (identity.node != options_.identity.node) {
      return absl::FailedPreconditionError(
          absl::StrCat("log: ", file.name, " belongs to node ", identity.node.value,
                       ", this is node ", options_.identity.node.value,
                       ": correct namespace.meta-dir or namespace.backend.raft.hostname"));
    }
    if (known != nullptr && identity.incarnation != known->header->identity.incarnation) {
      return absl::FailedPreconditionError(
          absl::StrCat("log: ", file.name, " and ", known->name,
                       " are of different disks (incarnations): files of two logs were mixed, put "
                       "them apart again"));
    }
    known = &file;
  }
  incarnation_ = options_.identity.incarnation;
  if (known != nullptr) {
    incarnation_ = known->header->identity.incarnation;
    return absl::OkStatus();
  }
  if (!undecided) return absl::OkStatus();
  // No header is left. Any whole block tells whose disk this is.
  bool anything = false;
  for (const File& file : files_) {
    if (!file.named_epoch) continue;
    for (const uint32_t block_bytes : {kSmallBlockBytes, kLargeBlockBytes}) {
      const std::string_view block = std::string_view(file.head).substr(0, 2 * size_t{block_bytes});
      if (block.size() < 2 * size_t{block_bytes}) continue;
      if (IncarnationOfBlock(block.substr(block_bytes), &incarnation_)) return absl::OkStatus();
    }
    const std::string_view first = std::string_view(file.head).substr(
        std::min<size_t>(file.head.size(), options_.block_bytes));
    anything |= first.empty() || first.find_first_not_of('\0') != std::string_view::npos;
  }
  if (!anything) return absl::OkStatus();
  return absl::DataLossError(absl::StrCat("log: no header in the directory is whole (",
                                          files_.front().name,
                                          " at offset 0), so that nothing tells which disk this "
                                          "was: move the files away and let the node come "
                                          "back with an empty disk, or restore them"));
}

bool Recovery::Impl::Reusable(const File& file) const {
  return file.header && file.bytes == options_.segment_bytes &&
         file.header->segment_bytes == options_.segment_bytes &&
         file.header->block_bytes == options_.block_bytes;
}

void Recovery::Impl::AddToChain(ChainSegment segment, const File& file) {
  for (const ChainSegment& other : chain_) {
    // The same segment under two names: its own name comes later in the order of names only for a
    // spare, but either way both have the same first blocks. Keep the first; the other is rubbish.
    if (other.epoch == segment.epoch) {
      start_.unused.push_back({file.name, false});
      return;
    }
  }
  chain_.push_back(std::move(segment));
}

// Counting on from a number that nobody gave would overflow one day. A file whose name bears one,
// or whose header does while the name is no segment's, may have been anything: it is left out and
// reported. Its header's epoch, if that is all right, was given nevertheless.
bool Recovery::Impl::BeyondAllNumbers(const File& file) {
  const bool name = file.named_epoch.value_or(0) > kLargestNumber ||
                    file.spare_number.value_or(0) > kLargestNumber;
  if (!name && (!file.header_beyond || file.named_epoch)) return false;
  beyond_ = absl::StrCat(
      file.name, " at offset 0: ",
      name ? "the number in the name is larger than any that is ever given" : file.header_error);
  had_log_ = true;
  if (file.header) start_.next_epoch = std::max(start_.next_epoch, file.header->epoch + 1);
  start_.unused.push_back({file.name, false});
  return true;
}

void Recovery::Impl::SortFile(File& file) {
  if (BeyondAllNumbers(file)) return;
  const bool is_segment = file.header && file.header->kind != SegmentHeader::Kind::kSpare;
  const uint64_t header_epoch = is_segment ? file.header->epoch : 0;
  const uint64_t epoch = std::max(header_epoch, file.named_epoch.value_or(0));
  start_.next_epoch = std::max(start_.next_epoch, epoch + 1);
  if (file.spare_number)
    start_.next_spare_number = std::max(start_.next_spare_number, *file.spare_number + 1);

  const uint32_t block_bytes = file.header ? file.header->block_bytes : options_.block_bytes;
  if (file.head.size() >= 2 * size_t{block_bytes}) {
    const std::string_view block = std::string_view(file.head).substr(block_bytes, block_bytes);
    file.first_block = DecodeBlock(block, epoch, incarnation_, 1).kind;
  }
  file.head.clear();

  // The header is durable before the rename, and nothing else is written before the rename is
  // durable. So a segment's header under another name is a segment whose rename got lost if it
  // holds a batch, and else a file of the reserve on its way to become one.
  if (is_segment && header_epoch == epoch) {
    if (file.named_epoch == epoch || file.first_block == BlockKind::kNew) {
      AddToChain({epoch, file.name, file.header, "", std::nullopt, false}, file);
      return;
    }
  } else if (file.named_epoch) {
    // It bears a segment's name, so its header was durable once. Without any trace of a batch it
    // was made ahead; a header that nobody wrote is reported even so.
    const bool never_used =
        (file.first_block == BlockKind::kZero || file.first_block == BlockKind::kOld) &&
        !file.header_beyond;
    if (!never_used) {
      std::string reason =
          file.header ? "the header is of an earlier life of the file" : file.header_error;
      had_log_ = true;
      AddToChain({epoch, file.name, std::nullopt, std::move(reason), std::nullopt, false}, file);
      return;
    }
    start_.unused.push_back({file.name, false});
    return;
  }
  // The first segment of all is made of the first spare; any further file is made only once there
  // is a log.
  had_log_ |= file.header && (file.named_epoch || file.spare_number > 1);
  start_.unused.push_back({file.name, Reusable(file)});
}

void Recovery::Impl::SortFiles() {
  for (File& file : files_) SortFile(file);
  std::sort(chain_.begin(), chain_.end(),
            [](const ChainSegment& a, const ChainSegment& b) { return a.epoch < b.epoch; });
  DropVoid();
  AddMissing();
  std::map<std::string, uint64_t> bytes;
  for (const File& file : files_) bytes[file.name] = file.bytes;
  for (ChainSegment& segment : chain_) {
    const auto found = bytes.find(segment.file);
    const uint64_t file_bytes = segment.missing || found == bytes.end() ? 0 : found->second;
    chain_file_bytes_.push_back(file_bytes);
    if (!segment.header) continue;
    // Memory follows the size of the file, not what its header claims. One absent block is enough
    // to tell.
    const uint32_t block_bytes = segment.header->block_bytes;
    const uint64_t present = file_bytes / block_bytes + 1;
    const uint64_t end =
        std::min<uint64_t>(segment.header->blocks(), std::max<uint64_t>(present, 2));
    segment.scan.emplace(segment.epoch, incarnation_, block_bytes, 1, static_cast<uint32_t>(end));
  }
}

// A recovery's segment declares everything between the segment of its cut and itself void.
void Recovery::Impl::DropVoid() {
  std::vector<ChainSegment> kept;
  uint64_t void_above = UINT64_MAX;  // segments of a greater epoch are void
  for (size_t i = chain_.size(); i-- > 0;) {
    ChainSegment& segment = chain_[i];
    if (segment.epoch > void_above) {
      const auto file = std::find_if(files_.begin(), files_.end(),
                                     [&](const File& one) { return one.name == segment.file; });
      start_.unused.push_back({segment.file, Reusable(*file)});
      continue;
    }
    void_above = UINT64_MAX;
    if (segment.header && segment.header->kind == SegmentHeader::Kind::kRecovered) {
      void_above = segment.header->cut.epoch;
    }
    kept.insert(kept.begin(), std::move(segment));
  }
  chain_ = std::move(kept);
}

// Every segment names the one before it. One that is named and not there counts only if it is still
// needed: that is for the verdict to say.
void Recovery::Impl::AddMissing() {
  std::vector<ChainSegment> missing;
  for (const ChainSegment& segment : chain_) {
    if (!segment.header) continue;
    const bool rolled = segment.header->kind == SegmentHeader::Kind::kRolled;
    const uint64_t before = rolled ? segment.header->previous_epoch : segment.header->cut.epoch;
    const bool there = std::any_of(chain_.begin(), chain_.end(),
                                   [&](const ChainSegment& one) { return one.epoch == before; });
    if (before == 0 || there) continue;
    missing.push_back({before, SegmentFileName(before), std::nullopt, "the segment is missing",
                       std::nullopt, true});
  }
  chain_.insert(chain_.end(), missing.begin(), missing.end());
  std::sort(chain_.begin(), chain_.end(),
            [](const ChainSegment& a, const ChainSegment& b) { return a.epoch < b.epoch; });
}

}  // namespace jfs::log
