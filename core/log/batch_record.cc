#include "core/log/batch_record.h"

#include "absl/strings/str_cat.h"

#include "core/base/check.h"
#include "core/base/codec.h"
#include "core/base/overload.h"

namespace jfs::log {
namespace {

// On the disk: never renumbered.
enum class OperationCode : uint8_t { kTruncate = 1, kReset = 2, kAppend = 3 };

// Term, kind and payload length of an entry take at least one byte each.
constexpr uint64_t kMinEntryBytes = 3;

SharedBytes SliceOf(const SharedBytes& whole, std::string_view part) {
  if (part.empty()) return SharedBytes();
  return SharedBytes::Slice(whole, static_cast<size_t>(part.data() - whole.view().data()),
                            part.size());
}

uint64_t Number(Decoder& in) { return in.VarintUpTo(kLargestNumber); }

void DecodeAppend(Decoder& in, const SharedBytes& bytes, AppendOperation* append) {
  const uint64_t first = Number(in);
  const uint64_t count = in.VarintUpTo(in.rest().size() / kMinEntryBytes);
  if (count == 0 || first == 0 || count - 1 > kLargestNumber - first) in.Fail();
  if (!in.ok()) return;
  append->entries.reserve(count);
  for (uint64_t i = 0; i < count && in.ok(); ++i) {
    LogEntry entry;
    entry.index = first + i;
    entry.term = Number(in);
    entry.kind = in.U8();
    entry.payload = SliceOf(bytes, in.Bytes());
    append->entries.push_back(std::move(entry));
  }
}

Operation DecodeOperation(Decoder& in, const SharedBytes& bytes) {
  switch (static_cast<OperationCode>(in.U8())) {
    case OperationCode::kTruncate: {
      TruncateOperation truncate{Number(in)};
      if (truncate.from == 0) in.Fail();
      return truncate;
    }
    case OperationCode::kReset: {
      ResetOperation reset;
      reset.to.index = Number(in);
      reset.to.term = Number(in);
      return reset;
    }
    case OperationCode::kAppend: {
      AppendOperation append;
      DecodeAppend(in, bytes, &append);
      return append;
    }
  }
  in.Fail();
  return TruncateOperation{};
}

}  // namespace

void EncodeOperation(const Operation& operation, std::string* bytes) {
  Encoder out(bytes);
  std::visit(Overload{[&](const TruncateOperation& truncate) {
                        out.U8(static_cast<uint8_t>(OperationCode::kTruncate));
                        out.Varint(truncate.from);
                      },
                      [&](const ResetOperation& reset) {
                        out.U8(static_cast<uint8_t>(OperationCode::kReset));
                        out.Varint(reset.to.index);
                        out.Varint(reset.to.term);
                      },
                      [&](const AppendOperation& append) {
                        CHECK(!append.entries.empty());
                        out.U8(static_cast<uint8_t>(OperationCode::kAppend));
                        out.Varint(append.entries.front().index);
                        out.Varint(append.entries.size());
                        for (const LogEntry& entry : append.entries) {
                          out.Varint(entry.term);
                          out.U8(entry.kind);
                          out.Bytes(entry.payload.view());
                        }
                      }},
             operation);
}

std::string AssembleRecord(const BatchRecord& head, uint64_t count, std::string_view operations) {
  std::string bytes;
  bytes.reserve(operations.size() + head.hard_state.size() + head.damage.size() + 64);
  Encoder out(&bytes);
  out.U32(head.previous_crc);
  out.Varint(head.oldest_epoch);
  out.Varint(head.base.index);
  out.Varint(head.base.term);
  out.Bytes(head.hard_state);
  out.Bytes(head.damage);
  out.Varint(count);
  out.Raw(operations);
  return bytes;
}

std::string EncodeRecord(const BatchRecord& record) {
  std::string operations;
  for (const Operation& operation : record.operations) EncodeOperation(operation, &operations);
  return AssembleRecord(record, record.operations.size(), operations);
}

absl::Status DecodeRecord(const SharedBytes& bytes, BatchRecord* record) {
  Decoder in(bytes.view());
  record->previous_crc = in.U32();
  record->oldest_epoch = Number(in);
  record->base.index = Number(in);
  record->base.term = Number(in);
  record->hard_state = std::string(in.Bytes());
  record->damage = std::string(in.Bytes());
  const uint64_t count = in.Varint();
  for (uint64_t i = 0; i < count && in.ok(); ++i)
    record->operations.push_back(DecodeOperation(in, bytes));
  if (!in.Done()) return absl::DataLossError("batch record does not decode");
  return absl::OkStatus();
}

}  // namespace jfs::log
