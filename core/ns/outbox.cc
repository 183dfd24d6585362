#include "core/ns/outbox.h"

#include <algorithm>
#include <string>
#include <utility>

#include "core/base/check.h"
#include "core/ns/keys.h"

namespace jfs::ns {

bool Outbox::trim_pending() const {
  if (rows_.empty()) return false;
  return !recording() || rows_.begin()->first <= record_.mirrored;
}

void Outbox::RestoreRecord(const MirrorRecord& record, uint64_t row_hash) {
  record_ = record;
  written_ = record;
  record_hash_ = row_hash;
}

bool Outbox::RestoreRow(std::string_view key, std::string_view value) {
  uint64_t last = 0;
  if (!ParseOutboxKey(key, &last)) return false;
  const uint64_t bytes = key.size() + value.size();
  rows_[last] = {bytes, RowHash(key, value)};
  bytes_ += bytes;
  return true;
}

void Outbox::Decide(bool on, uint64_t cap_bytes, bool empty) {
  if (record_.state == MirrorState::kUndecided) {
    record_.state = on && empty ? MirrorState::kOn : MirrorState::kOff;
  }
  if (on && recording()) record_.cap_bytes = cap_bytes;
}

void Outbox::Continue(bool on, uint64_t cap_bytes, uint64_t last, uint64_t chain) {
  CHECK(record_.state == MirrorState::kUndecided);
  record_ = on ? MirrorRecord{MirrorState::kOn, cap_bytes, last, last, chain}
               : MirrorRecord{.state = MirrorState::kOff};
}

void Outbox::Disable() { record_.state = MirrorState::kOff; }

void Outbox::Advance(uint64_t sequence) {
  if (!recording()) return;
  record_.mirrored = std::max(record_.mirrored, std::min(sequence, record_.last));
}

void Outbox::Add(outbox::OutboxRow row, RowWriter* rows) {
  CHECK(recording());
  row.previous_chain = record_.chain;
  const std::string key = OutboxKey(row.last);
  const std::string value = outbox::EncodeOutboxRow(row);
  const uint64_t bytes = key.size() + value.size();
  // Finish counts rows, and what is added here is counted in bytes: without this, rows that the
  // mirror has had for long would fill the outbox under large entries, and make the mirror stale.
  // What goes is no more than is needed: about as much as comes.
  while (bytes_ + bytes > record_.cap_bytes && trim_pending()) RemoveOldest(rows);
  if (bytes_ + bytes > record_.cap_bytes) {
    record_.state = MirrorState::kStale;
    return;
  }
  record_.last = row.last;
  record_.chain = outbox::NextChain(record_.chain, value);
  rows_[row.last] = {bytes, rows->Insert(key, value)};
  bytes_ += bytes;
}

void Outbox::RemoveOldest(RowWriter* rows) {
  const auto oldest = rows_.begin();
  rows->Remove(OutboxKey(oldest->first), oldest->second.hash);
  bytes_ -= oldest->second.bytes;
  rows_.erase(oldest);
}

void Outbox::Finish(RowWriter* rows) {
  for (int i = 0; i < kTrimRows && trim_pending(); ++i) RemoveOldest(rows);
  if (record_ == written_) return;
  record_hash_ = rows->Replace(MetaKey(MetaRow::kMirror), record_hash_, EncodeRecord(record_));
  written_ = record_;
}

}  // namespace jfs::ns
