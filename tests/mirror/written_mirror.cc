#include "tests/mirror/written_mirror.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "core/base/check.h"
#include "core/base/concat.h"

namespace jfs::mirror {
namespace {

std::string KeyOf(uint64_t number) {
  std::string key = Concat("e", number);
  // A few keys are longer than a key column of the service may be, and differ only at their ends.
  if (number % 17 == 3) key = "x" + std::string(1100 + number % 3, 'k') + key;
  return key;
}

}  // namespace

void History::Grow(uint64_t changes) {
  Entry entry;
  entry.state = state();
  outbox::OutboxRow& row = entry.row;
  row.first = last() + 1;
  row.last = row.first + random_.Below(3);
  row.previous_chain = chain();
  std::map<std::string, outbox::RowChange> changed;
  for (uint64_t i = 0; i < changes; ++i) {
    const std::string key = KeyOf(random_.Below(keys_));
    if (changed.contains(key)) continue;
    outbox::RowChange change{.key = key};
    if (const auto it = entry.state.find(key); it != entry.state.end()) change.before = it->second;
    if (!change.before.has_value() || random_.Chance(2, 3)) {
      const uint64_t length = random_.Below(40);
      change.after = Concat("v", row.first, "-", i, std::string(length, 'w'));
    }
    changed.emplace(key, std::move(change));
  }
  for (auto& [key, change] : changed) {
    if (change.after.has_value()) {
      entry.state[key] = *change.after;
    } else {
      entry.state.erase(key);
    }
    row.changes.push_back(std::move(change));
  }
  row.wall = WallMillis(1'700'000'000'000 + row.last);
  row.next_lease = 1 + row.last / 2;
  row.next_namespace = 2;
  row.directories = 1 + row.last % 5;
  row.files = entry.state.size();
  row.bytes = 10 * row.last;
  entry.bytes = outbox::EncodeOutboxRow(row);
  entry.chain = outbox::NextChain(row.previous_chain, entry.bytes);
  entries_.push_back(std::move(entry));
}

size_t History::PlaceOf(uint64_t sequence) const {
  if (sequence == 0) return 0;
  for (size_t i = 0; i < entries_.size(); ++i) {
    if (entries_[i].row.last == sequence) return i + 1;
  }
  CHECK(false) << "no entry ends with sequence " << sequence;
  return 0;
}

Carried History::carried() const {
  if (entries_.empty()) return {};
  const outbox::OutboxRow& row = entries_.back().row;
  return {.wall = row.wall,
          .next_lease = row.next_lease,
          .next_namespace = row.next_namespace,
          .directories = row.directories,
          .files = row.files,
          .bytes = row.bytes};
}

Fence WriteMirror(const History& history, const MirrorShape& shape, VirtualService* service) {
  for (const ots::TableDefinition& table : TableDefinitions()) service->Do(ots::CreateTable(table));
  Random random(Mix64(shape.seed));
  const std::vector<History::Entry>& entries = history.entries();
  // Where runs end, as numbers of entries.
  std::vector<size_t> ends;
  for (size_t at = 0; at < entries.size();) {
    at = std::min<size_t>(entries.size(), at + random.Between(1, shape.run_entries));
    ends.push_back(at);
  }
  const size_t folded_runs = std::min(shape.folded_runs, ends.size());
  const size_t folded = folded_runs == 0 ? 0 : ends[folded_runs - 1];

  Fence fence{.revision = 20 + 3 * ends.size(),
              .cluster = shape.cluster,
              .lineage = shape.lineage,
              .term = shape.term,
              .last = history.last(),
              .chain = history.chain(),
              .carried = history.carried()};
  if (folded > 0) {
    fence.checkpoint = entries[folded - 1].row.last;
    fence.checkpoint_chain = entries[folded - 1].chain;
  }
  service->Do(ots::WriteRow(kJournalTable, CreateFence(fence)));

  size_t begin = 0;
  for (size_t run = 0; run < ends.size(); begin = ends[run], ++run) {
    if (run < folded_runs && !shape.keep_folded_runs) continue;
    std::vector<std::string> rows;
    for (size_t i = begin; i < ends[run]; ++i) rows.push_back(entries[i].bytes);
    const std::string packed = PackRun(rows);
    const std::vector<std::string_view> parts = CutIntoParts(packed, shape.part_bytes);
    JournalRow row{.first = entries[begin].row.first,
                   .last = entries[ends[run] - 1].row.last,
                   .parts = parts.size(),
                   .lineage = shape.lineage};
    if (random.Chance(1, 3)) {
      JournalRow earlier = row;
      earlier.last += 10;
      earlier.parts += 2;
      for (earlier.part = 0; earlier.part < earlier.parts; ++earlier.part) {
        earlier.bytes = "of a run that was given up";
        ForceRow(kJournalTable, EncodeJournalRow(earlier), service);
      }
    }
    for (row.part = 0; row.part < row.parts; ++row.part) {
      row.bytes = std::string(parts[row.part]);
      ForceRow(kJournalTable, EncodeJournalRow(row), service);
    }
  }
  // A run that nobody finished, behind the mirror's end.
  if (random.Chance(1, 2)) {
    const JournalRow row{.first = fence.last + 1,
                         .last = fence.last + 4,
                         .part = 0,
                         .parts = 2,
                         .lineage = shape.lineage,
                         .bytes = "half a run"};
    ForceRow(kJournalTable, EncodeJournalRow(row), service);
    fence.parts = 1;
    ForceFence(fence, service);
  }

  for (size_t i = 0; i < entries.size(); ++i) {
    for (const outbox::RowChange& change : entries[i].row.changes) {
      if (i >= folded && !random.Chance(1, 4)) continue;
      const DataRow data{.key = change.key,
                         .value = change.after,
                         .position = PositionOf(shape.lineage, entries[i].row.last)};
      service->Do(ots::WriteRow(kDataTable, FoldRow(data)));
    }
  }
  return fence;
}

Fence ReadFence(VirtualService* service) {
  const auto row = ots::ReadGetRow(service->Do(ots::GetRow(kJournalTable, FenceKey())));
  CHECK(row.ok() && row->has_value()) << "no fence";
  const absl::StatusOr<Fence> fence = DecodeFence(**row);
  CHECK(fence.ok()) << fence.status().ToString();
  return *fence;
}

void ForceFence(const Fence& fence, VirtualService* service) {
  ForceRow(kJournalTable, CreateFence(fence).row, service);
}

void ForceRow(std::string_view table, const ots::Row& row, VirtualService* service) {
  service->Do(ots::WriteRow(table, {.kind = ots::RowChange::Kind::kPut, .row = row}));
}

void DeleteRow(std::string_view table, const ots::PrimaryKey& key, VirtualService* service) {
  service->Do(
      ots::WriteRow(table, {.kind = ots::RowChange::Kind::kDelete, .row = {.primary_key = key}}));
}

}  // namespace jfs::mirror
