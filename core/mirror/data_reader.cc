#include "core/mirror/data_reader.h"

#include <string>
#include <utility>

#include "absl/status/statusor.h"

#include "core/base/concat.h"
#include "core/mirror/tables.h"

namespace jfs::mirror {
namespace {

bool IsDataKey(const ots::PrimaryKey& key) {
  return key.size() == 2 && key[0].value.is(ots::ValueType::kInteger) &&
         key[1].value.is(ots::ValueType::kBlob);
}

// As the status of a master shows positions.
std::string FormatPosition(uint64_t position) {
  return Concat(LineageOf(position), ":", SequenceOf(position));
}

ots::PrimaryKey FirstPage(const DataPlace& from) {
  return from.next.has_value() ? *from.next : WholeTable(kDataTable).inclusive_start;
}

}  // namespace

JournalPlace JournalStart(const Fence& sealed) {
  return {
      .run = sealed.checkpoint + 1, .done = sealed.checkpoint, .chain = sealed.checkpoint_chain};
}

DataReader::DataReader(const LoadLimits& limits, const Fence& sealed, const DataPlace& from,
                       Mutations mutations)
    : sealed_position_(PositionOf(sealed.lineage, sealed.last)),
      journal_(JournalStart(sealed)),
      chunks_ahead_(limits.chunks_ahead),
      mutations_(mutations),
      next_(FirstPage(from)),
      builder_(limits, from) {
  if (mutations_.Has(Mutation::kA11CursorRowSkipped) && from.next.has_value()) {
    (*next_)[1].value = ots::Value::Blob((*next_)[1].value.bytes() + '\0');
  }
}

std::optional<ots::RangeRequest> DataReader::NextPage() const {
  if (!next_.has_value() || builder_.ready() >= chunks_ahead_) return std::nullopt;
  ots::RangeRequest range = WholeTable(kDataTable);
  range.inclusive_start = *next_;
  return range;
}

absl::Status DataReader::Add(const ots::RangePage& page) {
  for (const ots::Row& row : page.rows) {
    absl::StatusOr<DataRow> data = DecodeDataRow(row);
    if (!data.ok()) {
      return absl::DataLossError(
          Concat("table ", kDataTable, ": ", ToStd(data.status().message())));
    }
    // Nobody folds what is not in the journal, and no journal goes beyond its seal. Such a row may
    // stand where one of this mirror stood.
    if (data->position > sealed_position_) {
      return absl::DataLossError(
          Concat("row ", ots::FormatKey(row.primary_key), " of table ", kDataTable,
                 " was written at ", FormatPosition(data->position), ", beyond the mirror's end ",
                 FormatPosition(sealed_position_), ": it belongs to another mirror"));
    }
    LoadedRow loaded{.key = std::move(data->key), .value = std::move(data->value)};
    if (!loaded.value.has_value()) continue;
    if (builder_.Full(loaded)) builder_.Close(DataPlace{row.primary_key});
    builder_.Add(std::move(loaded));
  }
  if (page.next_start.has_value() && !IsDataKey(*page.next_start)) {
    return absl::DataLossError(Concat("table ", kDataTable, " goes on at ",
                                      ots::FormatKey(*page.next_start),
                                      ", which is no key of such a table"));
  }
  next_ = page.next_start;
  if (!next_.has_value()) builder_.Close(journal_);
  return absl::OkStatus();
}

}  // namespace jfs::mirror
