// Rows of a mirror as somebody else may have written them. The first byte says as what the rest is
// read: a packed run, or a row that is the fence, of the journal or of the data table. The row is
// not a PlainBuffer, whose checksums a fuzzer would hardly guess, but: varint number of key
// columns, varint number of cells; for each a varint, the number of its name below, and its value:
// U8 0 and U64 (an integer), or 1 (text), 2 (blob) and bytes, or anything else (a boolean).

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/check.h"
#include "core/base/codec.h"
#include "core/mirror/fence.h"
#include "core/mirror/journal.h"
#include "core/mirror/run_reader.h"
#include "core/mirror/tables.h"
#include "core/ots/row.h"

namespace jfs::mirror {
namespace {

constexpr uint64_t kMaxRunBytes = 1 << 16;

constexpr std::string_view kNames[] = {
    "mirror",         "kind",        "sequence", "part",
    "hash",           "key",         "version",  "revision",
    "state",          "cluster",     "lineage",  "term",
    "last",           "chain",       "wall",     "next_lease",
    "files",          "bytes",       "parts",    "touches",
    "next_namespace", "directories", "position", "value",
    "whole_key",      "checkpoint",  "run",      "checkpoint_chain"};

std::string TakeName(Decoder* in) {
  return std::string(kNames[in->VarintUpTo(std::size(kNames) - 1)]);
}

ots::Value TakeValue(Decoder* in) {
  switch (in->U8()) {
    case 0:
      return ots::Value::Integer(static_cast<int64_t>(in->U64()));
    case 1:
      return ots::Value::String(std::string(in->Bytes()));
    case 2:
      return ots::Value::Blob(std::string(in->Bytes()));
    default:
      return ots::Value::Boolean(true);
  }
}

bool TakeRow(std::string_view bytes, ots::Row* row) {
  Decoder in(bytes);
  const uint64_t columns = in.VarintUpTo(4);
  const uint64_t cells = in.VarintUpTo(64);
  for (uint64_t i = 0; i < columns && in.ok(); ++i) {
    std::string name = TakeName(&in);
    row->primary_key.push_back({std::move(name), TakeValue(&in)});
  }
  for (uint64_t i = 0; i < cells && in.ok(); ++i) {
    std::string name = TakeName(&in);
    row->cells.push_back({.name = std::move(name), .value = TakeValue(&in)});
  }
  return in.ok();
}

// What was understood means the same after it was written and read again.
void Run(std::string_view bytes) {
  const absl::StatusOr<std::vector<std::string>> rows = UnpackRun(bytes, kMaxRunBytes);
  if (!rows.ok()) return;
  const absl::StatusOr<std::vector<std::string>> again = UnpackRun(PackRun(*rows), kMaxRunBytes);
  CHECK(again.ok()) << again.status();
  CHECK(*again == *rows);
  uint64_t chain = 0;
  std::vector<outbox::OutboxRow> decoded;
  DecodeRun(*rows, 1, &chain, &decoded).IgnoreError();
}

void AnyFence(const ots::Row& row) {
  const absl::StatusOr<Fence> fence = DecodeFence(row);
  if (!fence.ok()) return;
  FormatFence(*fence);
  const absl::StatusOr<Fence> again = DecodeFence(CreateFence(*fence).row);
  CHECK(again.ok()) << again.status();
  CHECK(*again == *fence);
}

void AnyJournalRow(const ots::Row& row) {
  const absl::StatusOr<JournalRow> decoded = DecodeJournalRow(row);
  if (!decoded.ok()) return;
  const absl::StatusOr<JournalRow> again = DecodeJournalRow(EncodeJournalRow(*decoded));
  CHECK(again.ok()) << again.status();
  CHECK(*again == *decoded);
}

void AnyDataRow(const ots::Row& row) {
  const absl::StatusOr<DataRow> decoded = DecodeDataRow(row);
  if (!decoded.ok()) return;
  const absl::StatusOr<DataRow> again = DecodeDataRow(FoldRow(*decoded).row);
  CHECK(again.ok()) << again.status();
  CHECK(*again == *decoded);
}

}  // namespace
}  // namespace jfs::mirror

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (data[0] == 'u') {
    jfs::mirror::Run(rest);
    return 0;
  }
  jfs::ots::Row row;
  if (!jfs::mirror::TakeRow(rest, &row)) return 0;
  switch (data[0]) {
    case 'f':
      jfs::mirror::AnyFence(row);
      break;
    case 'j':
      jfs::mirror::AnyJournalRow(row);
      break;
    case 'd':
      jfs::mirror::AnyDataRow(row);
      break;
    default:
      break;
  }
  return 0;
}
