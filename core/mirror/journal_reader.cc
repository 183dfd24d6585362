#include "core/mirror/journal_reader.h"

#include <utility>

#include "absl/strings/str_cat.h"

#include "core/base/concat.h"
#include "core/mirror/journal.h"

namespace jfs::mirror {
namespace {

std::string RowName(uint64_t first, uint64_t part) {
  return Concat("row (first ", first, ", part ", part, ") of table ", kJournalTable);
}

std::string Hex(uint64_t number) { return absl::StrCat(absl::Hex(number, absl::kZeroPad16)); }

std::string FormatCarried(const Carried& carried) {
  return Concat(carried.directories, " directories, ", carried.files, " files, ", carried.bytes,
                " bytes, next lease ", carried.next_lease, ", next namespace ",
                carried.next_namespace, ", time ", carried.wall.value);
}

}  // namespace

JournalReader::JournalReader(const LoadLimits& limits, const Fence& sealed,
                             const JournalPlace& from, Mutations mutations)
    : limits_(limits),
      sealed_(sealed),
      mutations_(mutations),
      place_(from),
      builder_(limits, from) {
  if (mutations_.Has(Mutation::kA10JournalNotLoaded)) {
    place_ = {.run = sealed_.last + 1, .done = sealed_.last, .chain = sealed_.chain};
    builder_.Close(place_);
  }
  if (place_.done < sealed_.last) next_ = JournalKey(place_.run, 0);
}

std::optional<ots::RangeRequest> JournalReader::NextPage() const {
  if (!next_.has_value() || finished_ || !read_.empty() ||
      builder_.ready() >= limits_.chunks_ahead) {
    return std::nullopt;
  }
  ots::RangeRequest range;
  range.table = std::string(kJournalTable);
  range.inclusive_start = *next_;
  range.exclusive_end = JournalKey(sealed_.last + 1, 0);
  return range;
}

absl::Status JournalReader::Add(const ots::RangePage& page) {
  for (const ots::Row& row : page.rows) {
    absl::StatusOr<JournalRow> decoded = DecodeJournalRow(row);
    if (!decoded.ok()) {
      return absl::DataLossError(
          Concat("table ", kJournalTable, ": ", ToStd(decoded.status().message())));
    }
    read_.push_back(*std::move(decoded));
  }
  next_ = page.next_start;
  return absl::OkStatus();
}

absl::StatusOr<std::optional<Chunk>> JournalReader::Take() {
  while (builder_.ready() == 0 && !finished_) {
    if (!current_.has_value()) {
      if (absl::Status next = NextOutboxRow(); !next.ok()) return next;
      if (!current_.has_value()) break;
    }
    GiveOutChanges();
  }
  return builder_.Take();
}

absl::Status JournalReader::NextOutboxRow() {
  if (place_.done == sealed_.last) return Finish();
  if (next_row_ == rows_.size()) {
    const absl::StatusOr<bool> whole = PutRunTogether();
    if (!whole.ok()) return whole.status();
    if (!*whole) return absl::OkStatus();
    if (absl::Status unpacked = Unpack(); !unpacked.ok()) return unpacked;
  }
  const std::string bytes = std::move(rows_[next_row_]);
  ++next_row_;
  outbox::OutboxRow row;
  if (!outbox::DecodeOutboxRow(bytes, &row)) {
    return absl::DataLossError(Concat("the run that begins with ", RowName(whole_first_, 0),
                                      " has no outbox row as its row ", next_row_, " of ",
                                      rows_.size()));
  }
  if (absl::Status right = Verify(bytes, row); !right.ok()) return right;
  current_chain_ = outbox::NextChain(place_.chain, bytes);
  current_ = std::move(row);
  return absl::OkStatus();
}

absl::StatusOr<bool> JournalReader::PutRunTogether() {
  while (!read_.empty()) {
    const JournalRow row = std::move(read_.front());
    read_.pop_front();
    // A run in several parts may have been given up after some, by a leader who was replaced; the
    // next one began again at the same sequence, with fewer parts.
    const bool left_over = !run_.has_value() && whole_parts_ > 0 && row.first == whole_first_ &&
                           row.part >= whole_parts_;
    if (left_over) continue;
    if (absl::Status added = AddPart(row); !added.ok()) return added;
    if (run_->collected == run_->parts) return true;
  }
  if (next_.has_value()) return false;
  return absl::DataLossError(
      run_.has_value()
          ? Concat(RowName(run_->first, run_->collected), " is missing: the run has ", run_->parts,
                   " parts, and the journal ends after ", run_->collected)
          : Concat(RowName(place_.done + 1, 0), " is missing: the journal ends at sequence ",
                   place_.done, ", and the fence says ", sealed_.last));
}

absl::Status JournalReader::AddPart(const JournalRow& row) {
  if (!run_.has_value()) {
    if (row.first != place_.run) {
      return absl::DataLossError(Concat(RowName(place_.run, 0), " is missing: the journal goes on ",
                                        "with ", RowName(row.first, row.part)));
    }
    if (row.part != 0) {
      return absl::DataLossError(
          Concat(RowName(row.first, 0), " is missing: there is part ", row.part, " of that run"));
    }
    if (row.parts == 0 || row.last < row.first || row.last > sealed_.last ||
        row.lineage > sealed_.lineage) {
      return absl::DataLossError(Concat(
          RowName(row.first, 0), " says: lineage ", row.lineage, ", last ", row.last, ", parts ",
          row.parts, ", which the fence contradicts (", FormatFence(sealed_), ")"));
    }
    run_ = Run{.first = row.first, .last = row.last, .parts = row.parts, .lineage = row.lineage};
  }
  if (row.first != run_->first || row.part != run_->collected) {
    return absl::DataLossError(
        Concat(RowName(run_->first, run_->collected), " is missing: the run has ", run_->parts,
               " parts, and the journal goes on with ", RowName(row.first, row.part)));
  }
  if (row.last != run_->last || row.parts != run_->parts || row.lineage != run_->lineage) {
    return absl::DataLossError(Concat(RowName(row.first, row.part), " is of another run (lineage ",
                                      row.lineage, ", last ", row.last, ", parts ", row.parts,
                                      ") than part 0 (lineage ", run_->lineage, ", last ",
                                      run_->last, ", parts ", run_->parts, ")"));
  }
  if (run_->packed.size() + row.bytes.size() > limits_.max_run_bytes) {
    return absl::DataLossError(Concat("the run that begins with ", RowName(run_->first, 0),
                                      " is longer than ", limits_.max_run_bytes, " bytes"));
  }
  run_->packed += row.bytes;
  ++run_->collected;
  return absl::OkStatus();
}

absl::Status JournalReader::Unpack() {
  const Run run = *std::move(run_);
  run_.reset();
  absl::StatusOr<std::vector<std::string>> rows = UnpackRun(run.packed, limits_.max_run_bytes);
  if (!rows.ok()) {
    return absl::DataLossError(Concat("the run that begins with ", RowName(run.first, 0), ": ",
                                      ToStd(rows.status().message())));
  }
  whole_first_ = run.first;
  whole_last_ = run.last;
  whole_parts_ = run.parts;
  rows_ = *std::move(rows);
  next_row_ = 0;
  // Where another leader stopped inside this run: its first rows are loaded.
  if (place_.done >= run.first) {
    outbox::OutboxRow row;
    while (next_row_ < rows_.size() && outbox::DecodeOutboxRow(rows_[next_row_], &row) &&
           row.last <= place_.done) {
      ++next_row_;
    }
  }
  if (next_row_ == rows_.size()) {
    return absl::DataLossError(Concat("the run that begins with ", RowName(run.first, 0),
                                      " ends before sequence ", place_.done + 1, ", and says ",
                                      run.last));
  }
  return absl::OkStatus();
}

absl::Status JournalReader::Verify(std::string_view bytes, const outbox::OutboxRow& row) const {
  const auto wrong = [&](std::string_view what) {
    return absl::DataLossError(Concat("the run that begins with ", RowName(whole_first_, 0),
                                      ", outbox row ", row.first, " to ", row.last, ": ", what));
  };
  if (row.first != place_.done + 1) {
    return wrong(Concat("the one before it ended with ", place_.done));
  }
  if (row.previous_chain != place_.chain) {
    return wrong(Concat("its chain begins with ", Hex(row.previous_chain),
                        ", the rows before it make ", Hex(place_.chain)));
  }
  if (place_.changes > row.changes.size()) {
    return wrong(Concat("it has ", row.changes.size(), " changes, of which ", place_.changes,
                        " are loaded"));
  }
  const bool last_of_run = next_row_ == rows_.size();
  if (last_of_run ? row.last != whole_last_ : row.last >= whole_last_) {
    return wrong(Concat("the run's last sequence is ", whole_last_, ", and this is its row ",
                        next_row_, " of ", rows_.size()));
  }
  if (row.last != sealed_.last) return absl::OkStatus();
  if (const uint64_t chain = outbox::NextChain(place_.chain, bytes); chain != sealed_.chain) {
    return wrong(Concat("with this last row the chain is ", Hex(chain), ", and the fence says ",
                        Hex(sealed_.chain)));
  }
  const Carried carried = CarriedOf(row);
  if (carried != sealed_.carried) {
    return wrong(Concat("this last row says ", FormatCarried(carried), ", and the fence ",
                        FormatCarried(sealed_.carried)));
  }
  return absl::OkStatus();
}

absl::Status JournalReader::Finish() {
  if (place_.chain != sealed_.chain) {
    return absl::DataLossError(Concat("the chain at sequence ", place_.done, " is ",
                                      Hex(place_.chain), ", and the fence says ",
                                      Hex(sealed_.chain)));
  }
  builder_.Close(place_);
  finished_ = true;
  return absl::OkStatus();
}

void JournalReader::GiveOutChanges() {
  std::vector<outbox::RowChange>& changes = current_->changes;
  while (place_.changes < changes.size()) {
    outbox::RowChange& change = changes[place_.changes];
    LoadedRow loaded{.key = change.key, .value = std::move(change.after)};
    if (builder_.Full(loaded)) {
      // The place before this change: it is put back until it is asked for again.
      change.after = std::move(loaded.value);
      builder_.Close(place_);
      return;
    }
    const bool skipped =
        mutations_.Has(Mutation::kA09DeletesNotLoaded) && !loaded.value.has_value();
    if (!skipped) builder_.Add(std::move(loaded));
    ++place_.changes;
  }
  place_.done = current_->last;
  place_.chain = current_chain_;
  place_.changes = 0;
  if (next_row_ == rows_.size()) place_.run = place_.done + 1;
  current_.reset();
}

}  // namespace jfs::mirror
