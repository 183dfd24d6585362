#include "core/mirror/image.h"

#include <algorithm>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"

#include "core/base/check.h"
#include "core/mirror/journal.h"
#include "core/mirror/tables.h"
#include "core/outbox/outbox_row.h"

namespace jfs::mirror {

Image::Image(const Fence& begun, Keep keep)
    : keep_(std::move(keep)),
      checkpoint_(begun.checkpoint),
      latest_position_(UINT64_MAX),
      next_(begun.checkpoint + 1),
      chain_(begun.checkpoint_chain) {}

std::optional<std::string> Image::Kept(const std::optional<std::string>& value) const {
  if (!value.has_value() || keep_ == nullptr) return value;
  return keep_(*value);
}

absl::Status Image::AddData(const ots::Row& row) {
  absl::StatusOr<DataRow> data = DecodeDataRow(row);
  if (!data.ok()) return data.status();
  data_.insert_or_assign(std::move(data->key), Stored{Kept(data->value), data->position});
  return absl::OkStatus();
}

absl::Status Image::AddJournal(const ots::Row& row) {
  absl::StatusOr<JournalRow> part = DecodeJournalRow(row);
  if (!part.ok()) return part.status();
  // Left over from a run that was begun with more parts, and begun again with fewer; or done with.
  if (part->first < next_) return absl::OkStatus();
  if (part->first > next_ || part->part != parts_) {
    return absl::DataLossError(
        absl::StrCat("the journal lacks part ", parts_, " of the run that begins at ", next_,
                     "; there is part ", part->part, " of the one that begins at ", part->first));
  }
  if (parts_ == 0) {
    run_last_ = part->last;
    run_parts_ = part->parts;
  }
  if (part->last != run_last_ || part->parts != run_parts_) {
    return absl::DataLossError(
        absl::StrCat("the parts of the run that begins at ", next_, " do not belong together"));
  }
  packed_ += part->bytes;
  if (++parts_ < run_parts_) return absl::OkStatus();
  return AddRun();
}

absl::Status Image::AddRun() {
  const uint64_t first = next_;
  absl::StatusOr<std::vector<std::string>> rows =
      UnpackRun(std::exchange(packed_, std::string()), kMaxRunBytes);
  if (!rows.ok()) {
    return absl::DataLossError(
        absl::StrCat("the run that begins at ", first, ": ", rows.status().message()));
  }
  parts_ = 0;
  for (const std::string& bytes : *rows) {
    outbox::OutboxRow row;
    if (!outbox::DecodeOutboxRow(bytes, &row) || row.first != next_ ||
        row.previous_chain != chain_) {
      return absl::DataLossError(absl::StrCat("what the run that begins at ", first, " has behind ",
                                              next_ - 1, " is not what comes there"));
    }
    for (outbox::RowChange& change : row.changes) {
      const auto [at, inserted] = history_.try_emplace(std::move(change.key));
      if (inserted) at->second.before = Kept(change.before);
      at->second.changes.push_back({row.last, Kept(change.after)});
    }
    chain_ = outbox::NextChain(chain_, bytes);
    next_ = row.last + 1;
    carried_ = CarriedOf(row);
  }
  if (next_ != run_last_ + 1) {
    return absl::DataLossError(absl::StrCat("the run that begins at ", first, " ends at ",
                                            next_ - 1, " and says ", run_last_));
  }
  return absl::OkStatus();
}

absl::Status Image::Check(const Fence& fence) {
  if (next_ != fence.last + 1 || parts_ != 0) {
    return absl::DataLossError(
        absl::StrCat("the journal ends at ", next_ - 1, ", and the fence says ", fence.last));
  }
  if (chain_ != fence.chain) {
    return absl::DataLossError(
        absl::StrCat("the chain over the journal differs from the fence's at ", fence.last));
  }
  if (carried_.has_value() && *carried_ != fence.carried) {
    return absl::DataLossError(
        absl::StrCat("the fence's totals are not those of the journal's last row, ", fence.last));
  }
  latest_position_ = PositionOf(fence.lineage, fence.last);
  return absl::OkStatus();
}

std::optional<std::string> Image::At(std::string_view key, uint64_t sequence) const {
  CHECK_GE(sequence, begin());
  CHECK_LE(sequence, end());
  const auto history = history_.find(key);
  if (history != history_.end()) {
    const std::vector<Change>& changes = history->second.changes;
    const auto later =
        std::upper_bound(changes.begin(), changes.end(), sequence,
                         [](uint64_t s, const Change& change) { return s < change.sequence; });
    if (later == changes.begin()) return history->second.before;
    return std::prev(later)->value;
  }
  const auto stored = data_.find(key);
  if (stored == data_.end() || stored->second.position > latest_position_) return std::nullopt;
  return stored->second.value;
}

void Image::ForEachKey(std::string_view after, std::optional<std::string_view> until,
                       const std::function<void(const std::string& key)>& visit) const {
  auto data = data_.upper_bound(after);
  auto history = history_.upper_bound(after);
  const auto data_end = until.has_value() ? data_.upper_bound(*until) : data_.end();
  const auto history_end = until.has_value() ? history_.upper_bound(*until) : history_.end();
  while (data != data_end || history != history_end) {
    const bool both = data != data_end && history != history_end;
    const int order = both ? data->first.compare(history->first) : data != data_end ? -1 : 1;
    visit(order <= 0 ? data->first : history->first);
    if (order <= 0) ++data;
    if (order >= 0) ++history;
  }
}

}  // namespace jfs::mirror
