#include "core/ns/recovery_record.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "core/base/codec.h"

namespace jfs::ns {
namespace {

constexpr uint8_t kVersion = 1;

// A sum that stays at the end of the range: what a mirror says of itself may be anything.
uint64_t Sum(uint64_t a, uint64_t b) { return a > UINT64_MAX - b ? UINT64_MAX : a + b; }

}  // namespace

std::string EncodeRecord(const RecoveryRecord& record) {
  const BeginRecovery& source = record.source;
  std::string bytes;
  Encoder out(&bytes);
  out.U8(kVersion);
  out.U8(static_cast<uint8_t>(record.state));
  out.Bytes(source.cluster);
  out.U16(source.lineage);
  out.Varint(source.last);
  out.U64(source.chain);
  out.Varint(source.checkpoint);
  out.U64(source.checkpoint_chain);
  out.Varint(source.wall.value);
  out.Varint(source.next_lease);
  out.Varint(source.next_namespace);
  out.Varint(source.directories);
  out.Varint(source.files);
  out.Varint(source.bytes);
  out.Bytes(record.cursor);
  out.Varint(record.rows);
  out.Bytes(record.failure);
  return bytes;
}

bool DecodeRecord(std::string_view bytes, RecoveryRecord* record) {
  BeginRecovery& source = record->source;
  Decoder in(bytes);
  if (in.U8() != kVersion) in.Fail();
  const uint8_t state = in.U8();
  const bool known = state >= static_cast<uint8_t>(RecoveryState::kLoading) &&
                     state <= static_cast<uint8_t>(RecoveryState::kFailed);
  if (!known) in.Fail();
  record->state = static_cast<RecoveryState>(state);
  source.cluster = std::string(in.Bytes());
  source.lineage = in.U16();
  source.last = in.Varint();
  source.chain = in.U64();
  source.checkpoint = in.Varint();
  source.checkpoint_chain = in.U64();
  source.wall.value = in.Varint();
  source.next_lease = in.Varint();
  source.next_namespace = static_cast<NamespaceId>(in.VarintUpTo(UINT32_MAX));
  source.directories = in.Varint();
  source.files = in.Varint();
  source.bytes = in.Varint();
  record->cursor = std::string(in.Bytes());
  record->rows = in.Varint();
  record->failure = std::string(in.Bytes());
  return in.Done();
}

uint32_t RecoveryPercent(const RecoveryRecord& record) {
  constexpr uint64_t kMostUntilFinished = 99;
  if (record.state == RecoveryState::kNone) return 0;
  if (record.state == RecoveryState::kFinished) return 100;
  const BeginRecovery& source = record.source;
  if (record.cursor == kRecoveryEnd) return kMostUntilFinished;
  // A directory has a row of its own and one in its parent, a file one. What the journal adds is
  // mostly a row for each mutation. Blocks and attributes beyond an entry are not counted anywhere.
  uint64_t expected = Sum(source.directories, source.directories);
  expected = Sum(expected, source.files);
  if (source.last > source.checkpoint) expected = Sum(expected, source.last - source.checkpoint);
  if (record.rows >= expected) return expected == 0 ? 0 : kMostUntilFinished;
  // expected > rows >= 0; hundreds of a number that large need not be exact.
  const uint64_t percent = record.rows > UINT64_MAX / 100 ? record.rows / (expected / 100)
                                                          : record.rows * 100 / expected;
  return static_cast<uint32_t>(std::min(percent, kMostUntilFinished));
}

TreeTotals TotalsOf(const BeginRecovery& source) {
  return {source.directories, source.files, source.bytes};
}

std::string DifferenceOf(const TreeTotals& found, const TreeTotals& expected) {
  std::string text;
  const auto compare = [&text](const char* what, uint64_t is, uint64_t should_be) {
    if (is == should_be) return;
    if (!text.empty()) text.append("; ");
    text.append(what).append(" ").append(std::to_string(is));
    text.append(", expected ").append(std::to_string(should_be));
  };
  compare("directories", found.directories, expected.directories);
  compare("files", found.files, expected.files);
  compare("bytes", found.bytes, expected.bytes);
  return text;
}

}  // namespace jfs::ns
