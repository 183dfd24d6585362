#include "sim/run/mirror_image.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

#include "core/mirror/journal.h"
#include "core/mirror/tables.h"
#include "core/ots/requests.h"
#include "core/outbox/outbox_row.h"
#include "sim/oracle/violation.h"

namespace jfs::sim {
namespace {

constexpr uint64_t kMaxRunBytes = uint64_t{64} << 20;

// All rows of a table whose columns are given.
std::vector<ots::Row> ReadTable(Tablestore* tablestore, const ots::TableDefinition& table) {
  std::vector<ots::Row> rows;
  ots::RangeRequest range;
  range.table = table.name;
  for (const ots::KeyColumnSchema& column : table.key) {
    range.inclusive_start.push_back({column.name, ots::Value::InfMin()});
    range.exclusive_end.push_back({column.name, ots::Value::InfMax()});
  }
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

struct Journal {
  // By first sequence, then part.
  std::map<uint64_t, std::map<uint64_t, mirror::JournalRow>> runs;
};

void Replay(const Journal& journal, MirrorImage* image) {
  uint64_t next = image->fence.checkpoint + 1;
  uint64_t chain = image->fence.checkpoint_chain;
  mirror::Carried carried = image->fence.carried;
  while (next <= image->fence.last) {
    const auto run = journal.runs.find(next);
    if (run == journal.runs.end()) {
      Violate("mirror", absl::StrCat("the journal lacks the run that begins at ", next));
    }
    std::string packed;
    uint64_t parts = 0;
    for (const auto& [part, row] : run->second) {
      if (parts > 0 && part >= run->second.begin()->second.parts) break;
      if (part != parts) Violate("mirror", absl::StrCat("run ", next, " lacks part ", parts));
      packed += row.bytes;
      ++parts;
    }
    const absl::StatusOr<std::vector<std::string>> rows = mirror::UnpackRun(packed, kMaxRunBytes);
    if (!rows.ok()) Violate("mirror", absl::StrCat("run ", next, ": ", rows.status().ToString()));
    for (const std::string& bytes : *rows) {
      outbox::OutboxRow row;
      if (!outbox::DecodeOutboxRow(bytes, &row) || row.first != next ||
          row.previous_chain != chain) {
        Violate("mirror", absl::StrCat("what follows ", next - 1,
                                       " in the journal is no outbox "
                                       "row that does"));
      }
      for (const outbox::RowChange& change : row.changes) {
        if (change.after.has_value()) {
          image->rows[change.key] = *change.after;
        } else {
          image->rows.erase(change.key);
        }
      }
      chain = outbox::NextChain(chain, bytes);
      next = row.last + 1;
      carried = {row.wall,        row.next_lease, row.next_namespace,
                 row.directories, row.files,      row.bytes};
    }
  }
  if (next != image->fence.last + 1 || chain != image->fence.chain) {
    Violate("mirror", "the journal does not end where the fence says");
  }
  if (carried != image->fence.carried) {
    Violate("mirror", "the fence's totals are not those of its last mutation");
  }
}

}  // namespace

MirrorImage ReadMirror(Tablestore* tablestore) {
  MirrorImage image;
  Journal journal;
  bool fenced = false;
  for (const ots::TableDefinition& table : mirror::TableDefinitions()) {
    for (const ots::Row& row : ReadTable(tablestore, table)) {
      if (table.name == mirror::kDataTable) {
        mirror::DataRow data = Good(mirror::DecodeDataRow(row), row);
        if (data.value.has_value()) image.rows.emplace(std::move(data.key), *std::move(data.value));
      } else if (row.primary_key == mirror::FenceKey()) {
        image.fence = Good(mirror::DecodeFence(row), row);
        fenced = true;
      } else if (row.primary_key.front() == mirror::JournalPartition()) {
        mirror::JournalRow part = Good(mirror::DecodeJournalRow(row), row);
        journal.runs[part.first][part.part] = std::move(part);
      }
    }
  }
  if (!fenced) Violate("mirror", "there is no fence");
  Replay(journal, &image);
  return image;
}

}  // namespace jfs::sim
