#include "core/mirror/run_reader.h"

#include <utility>

#include "core/base/check.h"
#include "core/base/concat.h"
#include "core/mirror/journal.h"

namespace jfs::mirror {
absl::Status DecodeRun(const std::vector<std::string>& rows, uint64_t first, uint64_t* chain,
                       std::vector<outbox::OutboxRow>* decoded) {
  uint64_t next = first;
  for (const std::string& bytes : rows) {
    outbox::OutboxRow row;
    if (!outbox::DecodeOutboxRow(bytes, &row)) {
      return absl::DataLossError(Concat("the outbox row of sequence ", next, " cannot be read"));
    }
    if (row.first != next) {
      return absl::DataLossError(
          Concat("an outbox row begins at sequence ", row.first, " and should at ", next));
    }
    if (row.previous_chain != *chain) {
      return absl::DataLossError(Concat("the outbox row of sequence ", next,
                                        " does not follow the one before it: its chain differs"));
    }
    *chain = outbox::NextChain(*chain, bytes);
    next = row.last + 1;
    decoded->push_back(std::move(row));
  }
  return absl::OkStatus();
}

ots::Request RunReader::NextPage(uint64_t last, uint32_t max_rows) {
  CHECK_LT(after_, last);
  asked_last_ = last;
  ots::RangeRequest range;
  range.table = std::string(kJournalTable);
  range.inclusive_start =
      next_.has_value() ? *next_
                        : JournalKey(after_ + 1, partial_.has_value() ? partial_->part + 1 : 0);
  range.exclusive_end = JournalKey(last + 1, 0);
  range.limit = static_cast<int32_t>(max_rows);
  return ots::GetRange(range);
}

absl::Status RunReader::Take(const std::string& body, std::vector<JournalRun>* runs) {
  absl::StatusOr<ots::RangePage> page = ots::ReadGetRange(body);
  if (!page.ok()) return absl::UnavailableError(page.status().message());
  for (const ots::Row& row : page->rows) {
    absl::StatusOr<JournalRow> decoded = DecodeJournalRow(row);
    if (!decoded.ok()) return decoded.status();
    if (absl::Status status = AddRow(*std::move(decoded), runs); !status.ok()) return status;
  }
  next_ = std::move(page->next_start);
  if (!next_.has_value() && after_ < asked_last_) {
    return absl::DataLossError(Concat("the journal should have every run up to sequence ",
                                      asked_last_, " and has none that follows ", after_));
  }
  // The place of the next page is this reader's own again once all that was asked for is there.
  if (after_ >= asked_last_) next_.reset();
  return absl::OkStatus();
}

absl::Status RunReader::AddRow(JournalRow row, std::vector<JournalRun>* runs) {
  // Left over from somebody who began the same run in more parts and lost the fence meanwhile.
  if (row.first <= after_) return absl::OkStatus();
  const uint64_t part = partial_.has_value() ? partial_->part + 1 : 0;
  if (row.first != after_ + 1 || row.part != part) {
    return absl::DataLossError(Concat("the journal has a run that begins at sequence ", row.first,
                                      ", part ", row.part, ", where sequence ", after_ + 1,
                                      ", part ", part, " should follow"));
  }
  if (partial_.has_value()) {
    if (row.last != partial_->last || row.parts != partial_->parts ||
        row.lineage != partial_->lineage) {
      return absl::DataLossError(Concat("parts ", part - 1, " and ", part,
                                        " of the journal run of sequence ", row.first,
                                        " are not of one run"));
    }
    partial_->bytes += row.bytes;
    row.bytes = std::move(partial_->bytes);
  }
  if (row.part + 1 < row.parts) {
    partial_ = std::move(row);
    return absl::OkStatus();
  }
  partial_.reset();
  const absl::StatusOr<std::vector<std::string>> rows = UnpackRun(row.bytes, max_run_bytes_);
  if (!rows.ok()) return rows.status();
  JournalRun run{.first = row.first, .last = row.last, .chain = chain_, .lineage = row.lineage};
  if (absl::Status status = DecodeRun(*rows, row.first, &run.chain, &run.rows); !status.ok()) {
    return status;
  }
  if (run.rows.empty() || run.rows.back().last != row.last) {
    return absl::DataLossError(Concat("the journal run of sequence ", row.first,
                                      " does not end at ", row.last, ", as its key says"));
  }
  after_ = row.last;
  chain_ = run.chain;
  runs->push_back(std::move(run));
  return absl::OkStatus();
}

}  // namespace jfs::mirror
