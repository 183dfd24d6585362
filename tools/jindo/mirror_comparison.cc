#include "tools/jindo/mirror_comparison.h"

#include <deque>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

#include "core/base/hash.h"
#include "core/mirror/fence.h"
#include "core/mirror/image.h"
#include "core/mirror/tables.h"
#include "core/ots/requests.h"

namespace jfs::tools {
namespace {

using mirror::Fence;
using mirror::Image;
using Page = MirrorSources::Page;

constexpr Duration kPause = 100 * kMillisecond;
constexpr int kSequenceBits = 48;
constexpr uint64_t kSequenceMask = (uint64_t{1} << kSequenceBits) - 1;

// What both sides are compared by: hash and length of a value, short enough for a string that needs
// no memory of its own.
std::string Digest(uint64_t hash, uint64_t bytes) {
  std::string out;
  for (int i = 0; i < 8; ++i) out += static_cast<char>(hash >> (8 * i));
  for (int i = 0; i < 4; ++i) out += static_cast<char>(bytes >> (8 * i));
  return out;
}
std::string DigestOf(std::string_view value) { return Digest(Hash64(value), value.size()); }

std::string PositionText(uint64_t position) {
  return absl::StrCat(position >> kSequenceBits, ":", position & kSequenceMask);
}

struct PendingPage {
  std::string after;  // the page begins behind it
  Page page;
};

// One attempt.
class Comparison {
 public:
  Comparison(const ComparisonLimits& limits, MirrorSources* sources,
             const std::function<void(const MirrorDifference&)>& report)
      : limits_(limits), sources_(*sources), report_(report) {}

  // Aborted: the journal was cleared under it.
  absl::StatusOr<MirrorComparison> Run() {
    absl::StatusOr<Fence> fence = ReadFence();
    if (!fence.ok()) return fence.status();
    image_.emplace(*fence, &DigestOf);
    if (absl::Status read = ReadData(); !read.ok()) return read;
    if (absl::Status read = CompareState(); !read.ok()) return read;
    return result_;
  }
  // Differences have been reported: it cannot begin anew.
  bool reported() const { return result_.missing + result_.extra + result_.different > 0; }

 private:
  absl::StatusOr<Fence> ReadFence() {
    absl::StatusOr<std::string> body =
        sources_.Ask(ots::GetRow(mirror::kJournalTable, mirror::FenceKey()));
    if (!body.ok()) return body.status();
    absl::StatusOr<std::optional<ots::Row>> row = ots::ReadGetRow(*body);
    if (!row.ok()) return row.status();
    if (!row->has_value()) return absl::NotFoundError("the journal table has no fence");
    return mirror::DecodeFence(**row);
  }

  template <typename Take>
  absl::Status ReadRange(ots::RangeRequest range, const Take& take) {
    while (true) {
      absl::StatusOr<std::string> body = sources_.Ask(ots::GetRange(range));
      if (!body.ok()) return body.status();
      absl::StatusOr<ots::RangePage> page = ots::ReadGetRange(*body);
      if (!page.ok()) return page.status();
      if (absl::Status taken = take(*page); !taken.ok()) return taken;
      if (!page->next_start.has_value()) return absl::OkStatus();
      range.inclusive_start = *page->next_start;
    }
  }

  absl::Status ReadData() {
    const ots::RangeRequest range = mirror::WholeTable(mirror::kDataTable);
    const absl::Status read = ReadRange(range, [this](const ots::RangePage& page) -> absl::Status {
      for (const ots::Row& row : page.rows) {
        if (absl::Status added = image_->AddData(row); !added.ok()) return added;
      }
      return FollowJournal();
    });
    if (!read.ok()) return read;
    return FollowJournal();
  }

  // Reads the journal as far as it goes by now.
  absl::Status FollowJournal() {
    absl::StatusOr<Fence> fence = ReadFence();
    if (!fence.ok()) return fence.status();
    lineage_ = fence->lineage;
    absl::Status read;
    if (image_->next() <= fence->last) {
      ots::RangeRequest range;
      range.table = std::string(mirror::kJournalTable);
      range.inclusive_start = mirror::JournalKey(image_->next(), 0);
      range.exclusive_end = mirror::JournalKey(fence->last + 1, 0);
      read = ReadRange(range, [this](const ots::RangePage& page) -> absl::Status {
        for (const ots::Row& row : page.rows) {
          if (absl::Status added = image_->AddJournal(row); !added.ok()) return added;
        }
        return absl::OkStatus();
      });
    }
    if (read.ok()) read = image_->Check(*fence);
    if (!absl::IsDataLoss(read)) return read;
    // What was folded meanwhile may be gone.
    absl::StatusOr<Fence> now = ReadFence();
    if (!now.ok()) return now.status();
    if (now->checkpoint >= image_->next()) {
      return absl::AbortedError("the journal was cleared faster than it could be read");
    }
    return read;
  }

  absl::Status CompareState() {
    std::deque<PendingPage> pending;
    std::string after;
    bool more = true;
    Duration progressed = sources_.Pause(0);
    while (more || !pending.empty()) {
      if (more && pending.size() < limits_.pages_ahead) {
        absl::StatusOr<Page> page = sources_.Rows(after);
        if (!page.ok()) return page.status();
        const bool last = !page->more() || page->rows_size() == 0;
        const std::string end = last ? "" : page->rows(page->rows_size() - 1).key();
        pending.push_back({after, *std::move(page)});
        after = end;
        more = !last;
      }
      const bool waits = SequenceOf(pending.front()) > image_->end();
      if (waits) {
        const uint64_t end = image_->end();
        if (absl::Status read = FollowJournal(); !read.ok()) return read;
        const Duration now =
            sources_.Pause(more && pending.size() < limits_.pages_ahead ? 0 : kPause);
        if (image_->end() > end) progressed = now;
        if (now > progressed + limits_.patience) {
          return absl::UnavailableError(absl::StrCat("the mirror stays at ", lineage_, ":",
                                                     image_->end(), " while the masters are at ",
                                                     PositionText(pending.front().page.position()),
                                                     "; see jindo jfs -metaStatus -explain"));
        }
      }
      while (!pending.empty() && SequenceOf(pending.front()) <= image_->end()) {
        const bool last = !more && pending.size() == 1;
        if (absl::Status status = ComparePage(pending.front(), last); !status.ok()) return status;
        pending.pop_front();
        progressed = sources_.Pause(0);
      }
    }
    return absl::OkStatus();
  }

  static uint64_t SequenceOf(const PendingPage& pending) {
    return pending.page.position() & kSequenceMask;
  }

  absl::Status ComparePage(const PendingPage& pending, bool last) {
    const Page& page = pending.page;
    const uint64_t position = page.position();
    const uint64_t sequence = SequenceOf(pending);
    if (position >> kSequenceBits != lineage_ || sequence < image_->begin()) {
      return absl::FailedPreconditionError(absl::StrCat(
          "the masters are at ", PositionText(position), " and the mirror was folded up to ",
          lineage_, ":", image_->begin(),
          ": it is not theirs, or not any more. The configuration may name another instance, or "
          "another cluster has taken the mirror over"));
    }
    if (result_.first_position == 0) result_.first_position = position;
    result_.last_position = position;
    std::optional<std::string_view> until;
    if (!last) until = page.rows(page.rows_size() - 1).key();
    int at = 0;
    const auto differs = [&](MirrorDifference::Kind kind, const std::string& key) {
      if (kind == MirrorDifference::Kind::kMissing) ++result_.missing;
      if (kind == MirrorDifference::Kind::kExtra) ++result_.extra;
      if (kind == MirrorDifference::Kind::kDifferent) ++result_.different;
      report_({kind, key, position});
    };
    image_->ForEachKey(pending.after, until, [&](const std::string& key) {
      for (; at < page.rows_size() && page.rows(at).key() < key; ++at) {
        differs(MirrorDifference::Kind::kMissing, page.rows(at).key());
      }
      const bool in_state = at < page.rows_size() && page.rows(at).key() == key;
      const std::optional<std::string> mirrored = image_->At(key, sequence);
      if (in_state && !mirrored.has_value()) {
        differs(MirrorDifference::Kind::kMissing, key);
      } else if (!in_state && mirrored.has_value()) {
        differs(MirrorDifference::Kind::kExtra, key);
      } else if (in_state &&
                 *mirrored != Digest(page.rows(at).valuehash(), page.rows(at).valuebytes())) {
        differs(MirrorDifference::Kind::kDifferent, key);
      }
      if (in_state) ++at;
    });
    for (; at < page.rows_size(); ++at) {
      differs(MirrorDifference::Kind::kMissing, page.rows(at).key());
    }
    result_.rows += static_cast<uint64_t>(page.rows_size());
    return absl::OkStatus();
  }

  const ComparisonLimits& limits_;
  MirrorSources& sources_;
  const std::function<void(const MirrorDifference&)>& report_;
  std::optional<Image> image_;
  uint64_t lineage_ = 0;  // of the fence
  MirrorComparison result_;
};

}  // namespace

absl::StatusOr<MirrorComparison> CompareMirror(
    const ComparisonLimits& limits, MirrorSources* sources,
    const std::function<void(const MirrorDifference&)>& report) {
  for (int attempt = 1;; ++attempt) {
    Comparison comparison(limits, sources, report);
    absl::StatusOr<MirrorComparison> result = comparison.Run();
    if (result.ok() || !absl::IsAborted(result.status())) return result;
    if (attempt >= limits.attempts || comparison.reported()) return result;
  }
}

}  // namespace jfs::tools
