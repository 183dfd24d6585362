#include "core/ns/test_mirror.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "core/base/check.h"
#include "core/ns/keys.h"

namespace jfs::ns {
namespace {

void Change(const outbox::RowChange& change, kv::MemoryStore::Map* rows) {
  const auto old = rows->find(change.key);
  if (old != rows->end()) rows->erase(old);
  if (change.after) rows->emplace(change.key, *change.after);
}

}  // namespace

void TestMirror::Take(const TestWorld& world) {
  const auto& rows = world.store().contents();
  for (auto at = rows.lower_bound(OutboxKey(last_.last + 1));
       at != rows.end() && at->first[0] == OutboxKey(0)[0]; ++at) {
    outbox::OutboxRow row;
    CHECK(outbox::DecodeOutboxRow(at->second, &row));
    CHECK_EQ(row.first, last_.last + 1);
    CHECK_EQ(row.previous_chain, chain_);
    for (const outbox::RowChange& change : row.changes) {
      const auto old = rows_.find(change.key);
      const bool exists = old != rows_.end();
      CHECK(change.before == (exists ? std::optional(old->second) : std::nullopt))
          << KeyText(change.key);
      Change(change, &rows_);
    }
    chain_ = outbox::NextChain(chain_, at->second);
    journal_.push_back(row);
    last_ = std::move(row);
  }
}

void TestMirror::Checkpoint() {
  data_ = rows_;
  checkpoint_ = last_.last;
  checkpoint_chain_ = chain_;
  journal_.clear();
}

BeginRecovery TestMirror::Source(uint16_t lineage) const {
  return {.cluster = "lost",
          .lineage = lineage,
          .last = last_.last,
          .chain = chain_,
          .checkpoint = checkpoint_,
          .checkpoint_chain = checkpoint_chain_,
          .wall = last_.wall,
          .next_lease = last_.next_lease,
          .next_namespace = last_.next_namespace,
          .directories = last_.directories,
          .files = last_.files,
          .bytes = last_.bytes};
}

std::vector<LoadRows> TestMirror::Chunks(Random* random) const {
  // Folding is ahead of the checkpoint for some rows, by more or less.
  kv::MemoryStore::Map data = data_;
  const uint64_t ahead = random->Below(journal_.size() + 1);
  for (uint64_t i = 0; i < ahead; ++i) {
    for (const outbox::RowChange& change : journal_[i].changes) {
      if (random->Chance(1, 2)) Change(change, &data);
    }
  }
  std::vector<LoadRows::Row> all;
  for (const auto& [key, value] : data) {
    const uint64_t place = random->Below(all.size() + 1);
    all.push_back({key, value});
    std::swap(all[place], all.back());
  }
  for (const outbox::OutboxRow& row : journal_) {
    for (const outbox::RowChange& change : row.changes) all.push_back({change.key, change.after});
  }
  std::vector<LoadRows> chunks;
  for (size_t at = 0; at < all.size() || chunks.empty();) {
    const size_t size = std::min<size_t>(all.size() - at, random->Below(40));
    LoadRows chunk;
    if (!chunks.empty()) chunk.from = chunks.back().to;
    chunk.to = "at " + std::to_string(chunks.size());
    for (size_t end = at + size; at < end; ++at) chunk.rows.push_back(all[at]);
    chunks.push_back(std::move(chunk));
  }
  chunks.back().to = kRecoveryEnd;
  return chunks;
}

void RecoverFrom(const TestMirror& mirror, uint16_t lineage, Random* random, TestWorld* world) {
  CHECK(world->Run(mirror.Source(lineage)).code == Code::kOk);
  for (const LoadRows& chunk : mirror.Chunks(random)) world->Run(chunk);
  CHECK(world->Run(FinishRecovery{.ok = true}).code == Code::kOk);
  CHECK(world->ns().recovery().state == RecoveryState::kFinished) << world->ns().recovery().failure;
  const ClaimRecovered claim{.lineage = static_cast<uint16_t>(lineage + 1), .mirror_on = true};
  CHECK(world->Run(claim).code == Code::kOk);
}

}  // namespace jfs::ns
