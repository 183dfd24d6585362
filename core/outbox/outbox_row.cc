#include "core/outbox/outbox_row.h"

#include "core/base/check.h"
#include "core/base/codec.h"
#include "core/base/hash.h"

namespace jfs::outbox {
namespace {

constexpr uint8_t kVersion = 1;
// What is known of a changed row.
constexpr uint64_t kHasBefore = 1;
constexpr uint64_t kHasAfter = 2;

}  // namespace

std::string EncodeOutboxRow(const OutboxRow& row) {
  CHECK_LE(row.first, row.last);
  std::string bytes;
  Encoder out(&bytes);
  out.U8(kVersion);
  out.Varint(row.first);
  out.Varint(row.last - row.first);
  out.U64(row.previous_chain);
  out.Varint(row.wall.value);
  out.Varint(row.next_lease);
  out.Varint(row.next_namespace);
  out.Varint(row.directories);
  out.Varint(row.files);
  out.Varint(row.bytes);
  out.Varint(row.changes.size());
  for (const RowChange& change : row.changes) {
    out.Varint((change.before ? kHasBefore : 0) | (change.after ? kHasAfter : 0));
    out.Bytes(change.key);
    if (change.before) out.Bytes(*change.before);
    if (change.after) out.Bytes(*change.after);
  }
  return bytes;
}

bool DecodeOutboxRow(std::string_view bytes, OutboxRow* row) {
  Decoder in(bytes);
  if (in.U8() != kVersion) in.Fail();
  row->first = in.Varint();
  row->last = row->first + in.VarintUpTo(UINT64_MAX - row->first);
  row->previous_chain = in.U64();
  row->wall.value = in.Varint();
  row->next_lease = in.Varint();
  row->next_namespace = static_cast<uint32_t>(in.VarintUpTo(UINT32_MAX));
  row->directories = in.Varint();
  row->files = in.Varint();
  row->bytes = in.Varint();
  row->changes.clear();
  // A change takes at least three bytes, which bounds what a damaged count can make us allocate.
  const uint64_t count = in.VarintUpTo(in.rest().size() / 3);
  for (uint64_t i = 0; i < count && in.ok(); ++i) {
    RowChange change;
    const uint64_t has = in.VarintUpTo(kHasBefore | kHasAfter);
    change.key = std::string(in.Bytes());
    if ((has & kHasBefore) != 0) change.before = std::string(in.Bytes());
    if ((has & kHasAfter) != 0) change.after = std::string(in.Bytes());
    // Neither would be no change; and each key comes once, in order.
    const bool in_order = row->changes.empty() || row->changes.back().key < change.key;
    if (has == 0 || !in_order) in.Fail();
    row->changes.push_back(std::move(change));
  }
  return in.Done();
}

uint64_t NextChain(uint64_t chain, std::string_view row) { return Hash64(row, chain); }

}  // namespace jfs::outbox
