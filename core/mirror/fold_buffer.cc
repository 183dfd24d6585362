#include "core/mirror/fold_buffer.h"

#include <algorithm>
#include <utility>

#include "core/base/check.h"

namespace jfs::mirror {
namespace {

// What a row takes in a request besides key and value: column names, types, lengths, checksums, the
// condition.
constexpr uint64_t kRowOverhead = 160;

}  // namespace

FoldBuffer::FoldBuffer(RunEnd begin, uint64_t inherited, Mutations mutations)
    : inherited_(inherited), mutations_(mutations), folded_(begin) {}

uint64_t FoldBuffer::BytesOf(const std::string& key, const Change& change) {
  return key.size() + (change.value.has_value() ? change.value->size() : 0) + kRowOverhead;
}

void FoldBuffer::Erase(Waiting::iterator at) {
  bytes_ -= BytesOf(at->first, at->second);
  order_.erase(at->second.ticket);
  waiting_.erase(at);
}

void FoldBuffer::Put(const std::string& key, Change change) {
  const auto [at, inserted] = waiting_.try_emplace(key);
  if (!inserted) {
    bytes_ -= BytesOf(key, at->second);
    // What waits since longer goes first.
    change.oldest = at->second.oldest;
    change.ticket = at->second.ticket;
    change.due = at->second.due;
    change.fresh = at->second.fresh;
    change.again = at->second.again;
  } else {
    change.ticket = next_ticket_++;
    order_.emplace(change.ticket, at);
  }
  at->second = std::move(change);
  bytes_ += BytesOf(key, at->second);
  // Made and deleted, and the table has never heard of it: there is no row to take away, and
  // nothing under way that could bring one.
  if (at->second.fresh && !at->second.value.has_value()) Erase(at);
}

Micros FoldBuffer::due() const {
  return order_.empty() ? kNever : order_.begin()->second->second.due;
}

void FoldBuffer::Add(uint64_t lineage, const std::vector<outbox::OutboxRow>& rows, RunEnd end,
                     Micros due) {
  CHECK(!rows.empty());
  CHECK_EQ(rows.front().first, added().last + 1);
  CHECK_EQ(rows.back().last, end.last);
  for (const outbox::OutboxRow& row : rows) {
    for (const outbox::RowChange& change : row.changes) {
      Change next{.value = change.after,
                  .position = PositionOf(lineage, row.last),
                  .oldest = row.last,
                  .due = due,
                  .fresh = !change.before.has_value() && row.last > inherited_};
      Put(change.key, std::move(next));
    }
  }
  ends_.push_back(end);
  Advance();
}

std::optional<FoldBuffer::Batch> FoldBuffer::Take(Micros now, uint32_t max_rows,
                                                  uint64_t max_bytes) {
  Batch batch;
  Flight flight;
  uint64_t size = 0;
  for (auto it = order_.begin(); it != order_.end() && flight.rows.size() < max_rows;) {
    const Waiting::iterator at = (it++)->second;
    if (at->second.due > now) break;
    const bool busy = under_way_.count(at->first) > 0;
    if (busy && !mutations_.Has(Mutation::kA05FoldsReordered)) continue;
    const uint64_t row_bytes = BytesOf(at->first, at->second);
    if (!flight.rows.empty() && size + row_bytes > max_bytes) break;
    size += row_bytes;
    DataRow row{.key = at->first, .value = at->second.value, .position = at->second.position};
    ots::RowChange change = FoldRow(row);
    // A05 makes a condition of the order in which rows are sent, and does not keep that order.
    if (mutations_.Has(Mutation::kA06LateFoldWins) ||
        (mutations_.Has(Mutation::kA05FoldsReordered) && at->second.again)) {
      change.condition.columns.reset();
    }
    batch.changes.push_back(std::move(change));
    flight.oldest = std::min(flight.oldest, at->second.oldest);
    under_way_.insert(at->first);
    order_.erase(at->second.ticket);
    Waiting::node_type node = waiting_.extract(at);
    batch.rows.push_back(std::move(row));
    flight.rows.emplace_back(std::move(node.key()), std::move(node.mapped()));
  }
  if (flight.rows.empty()) return std::nullopt;
  batch.number = next_batch_++;
  flights_.emplace(batch.number, std::move(flight));
  return batch;
}

// A row that is not in the table goes back to its old place, below what came for its key meanwhile.
void FoldBuffer::PutBack(std::string key, Change change) {
  change.again = true;
  // An attempt may have landed, or may yet.
  change.fresh = false;
  const auto at = waiting_.find(key);
  if (at != waiting_.end()) {
    Change newer = std::move(at->second);
    order_.erase(newer.ticket);
    change.value = std::move(newer.value);
    change.position = newer.position;
    at->second = std::move(change);
    order_.emplace(at->second.ticket, at);
    return;
  }
  const uint64_t ticket = change.ticket;
  const auto [place, inserted] = waiting_.emplace(std::move(key), std::move(change));
  CHECK(inserted);
  order_.emplace(ticket, place);
}

void FoldBuffer::Ended(uint64_t batch, const std::vector<bool>& done) {
  const auto found = flights_.find(batch);
  CHECK(found != flights_.end());
  Flight flight = std::move(found->second);
  flights_.erase(found);
  CHECK_EQ(flight.rows.size(), done.size());
  for (size_t i = 0; i < done.size(); ++i) {
    auto& [key, change] = flight.rows[i];
    under_way_.erase(key);
    const uint64_t before = BytesOf(key, change);
    if (done[i] || mutations_.Has(Mutation::kA03RetryFindsNothing)) {
      bytes_ -= before;
      continue;
    }
    const auto newer = waiting_.find(key);
    // Of two changes of one key only the newer one is held from now on.
    if (newer != waiting_.end()) bytes_ -= before;
    PutBack(std::move(key), std::move(change));
  }
  Advance();
}

void FoldBuffer::Advance() {
  uint64_t oldest = order_.empty() ? UINT64_MAX : order_.begin()->second->second.oldest;
  for (const auto& [number, flight] : flights_) oldest = std::min(oldest, flight.oldest);
  // The table counts as having what was sent.
  if (mutations_.Has(Mutation::kA01CheckpointBeforeFold)) oldest = UINT64_MAX;
  while (!ends_.empty() && ends_.front().last < oldest) {
    folded_ = ends_.front();
    ends_.pop_front();
  }
}

}  // namespace jfs::mirror
