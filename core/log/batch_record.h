#ifndef CORE_LOG_BATCH_RECORD_H_
#define CORE_LOG_BATCH_RECORD_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "absl/status/status.h"

#include "core/log/record.h"

// What one batch says, spread over the payloads of its blocks. Everything a reader needs besides
// the entries (hard state, base, oldest segment) is in every batch: the last whole one tells it
// all. Byte for byte: docs/formats/log.md.
namespace jfs::log {

// Every entry from `from` on is void.
struct TruncateOperation {
  uint64_t from = 0;
  friend bool operator==(const TruncateOperation&, const TruncateOperation&) = default;
};
// Every entry is void; the log goes on behind `to`.
struct ResetOperation {
  LogPosition to;
  friend bool operator==(const ResetOperation&, const ResetOperation&) = default;
};
// At least one entry, contiguous.
struct AppendOperation {
  std::vector<LogEntry> entries;
  friend bool operator==(const AppendOperation&, const AppendOperation&) = default;
};
using Operation = std::variant<TruncateOperation, ResetOperation, AppendOperation>;

struct BatchRecord {
  uint32_t previous_crc = 0;  // batch checksum of the batch before, see block.h
  uint64_t oldest_epoch =
      0;             // segments before this one are no longer needed once this batch is durable
  LogPosition base;  // after the operations of this batch
  std::string hard_state;  // opaque
  std::string damage;      // not empty: damage found earlier and not yet repaired
  std::vector<Operation> operations;
  friend bool operator==(const BatchRecord&, const BatchRecord&) = default;
};

// The encoding of the operations alone; concatenations of it are what AssembleRecord takes.
void EncodeOperation(const Operation& operation, std::string* out);

// The whole record: the fields of `head` (its own operations are ignored) and `count` operations,
// encoded already.
std::string AssembleRecord(const BatchRecord& head, uint64_t count, std::string_view operations);

std::string EncodeRecord(const BatchRecord& record);

// DataLoss on anything that EncodeRecord would not have produced, and on numbers beyond
// kLargestNumber. Payloads of entries are slices of
// `bytes`.
absl::Status DecodeRecord(const SharedBytes& bytes, BatchRecord* record);

}  // namespace jfs::log

#endif  // CORE_LOG_BATCH_RECORD_H_
