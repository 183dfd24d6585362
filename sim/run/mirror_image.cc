#include "sim/run/mirror_image.h"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

#include "core/mirror/image.h"
#include "core/mirror/tables.h"
#include "core/ots/requests.h"
#include "sim/oracle/violation.h"

namespace jfs::sim {
namespace {

std::vector<ots::Row> ReadTable(Tablestore* tablestore, std::string_view table) {
  std::vector<ots::Row> rows;
  ots::RangeRequest range = mirror::WholeTable(table);
  for (;;) {
    const ots::Answer answer = tablestore->Look(ots::GetRange(range));
    if (answer.error.has_value()) Violate("mirror", ots::FormatError(*answer.error));
    absl::StatusOr<ots::RangePage> page = ots::ReadGetRange(answer.body);
    if (!page.ok()) Violate("mirror", page.status().ToString());
    for (ots::Row& row : page->rows) rows.push_back(std::move(row));
    if (!page->next_start.has_value()) return rows;
    range.inclusive_start = *page->next_start;
  }
}

template <typename T>
T Good(absl::StatusOr<T> decoded, const ots::Row& row) {
  if (!decoded.ok()) {
    Violate("mirror",
            absl::StrCat(ots::FormatKey(row.primary_key), ": ", decoded.status().ToString()));
  }
  return *std::move(decoded);
}

void Require(const absl::Status& status, const ots::Row& row) {
  if (status.ok()) return;
  Violate("mirror", absl::StrCat(ots::FormatKey(row.primary_key), ": ", status.ToString()));
}

}  // namespace

MirrorImage ReadMirror(Tablestore* tablestore) {
  MirrorImage out;
  std::optional<mirror::Image> image;
  // The journal's table comes first, and in it the fence.
  for (const ots::TableDefinition& table : mirror::TableDefinitions()) {
    for (const ots::Row& row : ReadTable(tablestore, table.name)) {
      if (row.primary_key == mirror::FenceKey()) {
        out.fence = Good(mirror::DecodeFence(row), row);
        image.emplace(out.fence);
        continue;
      }
      if (!image.has_value()) Violate("mirror", "there is no fence");
      if (table.name == mirror::kDataTable) {
        Require(image->AddData(row), row);
      } else if (row.primary_key.front() == mirror::JournalPartition()) {
        // Parts of a run that is being written count only with the last of them.
        if (Good(mirror::DecodeJournalRow(row), row).first > out.fence.last) continue;
        Require(image->AddJournal(row), row);
      }
    }
  }
  if (!image.has_value()) Violate("mirror", "there is no fence");
  if (const absl::Status whole = image->Check(out.fence); !whole.ok()) {
    Violate("mirror", whole.ToString());
  }
  image->ForEachKey("", std::nullopt, [&](const std::string& key) {
    std::optional<std::string> value = image->At(key, image->end());
    if (value.has_value()) out.rows.emplace(key, *std::move(value));
  });
  return out;
}

}  // namespace jfs::sim
