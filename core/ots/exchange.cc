#include "core/ots/exchange.h"

#include <array>

#include "core/base/concat.h"
#include "core/ots/parse_message.h"
#include "core/ots/proto/tablestore.pb.h"

namespace jfs::ots {
namespace {

constexpr std::array<std::string_view, kOperations> kNames = {
    "CreateTable",
    "UpdateTable",
    "DescribeTable",
    "ListTable",
    "DeleteTable",
    "GetRow",
    "PutRow",
    "UpdateRow",
    "DeleteRow",
    "BatchGetRow",
    "BatchWriteRow",
    "GetRange",
    "StartLocalTransaction",
    "CommitTransaction",
    "AbortTransaction",
    "ComputeSplitPointsBySize",
    "BulkImport",
    "BulkExport",
    "ListStream",
    "DescribeStream",
    "GetShardIterator",
    "GetStreamRecord",
};

}  // namespace

std::string_view OperationName(Operation operation) {
  return kNames[static_cast<size_t>(operation)];
}

std::optional<Operation> ParseOperation(std::string_view name) {
  for (int i = 0; i < kOperations; ++i) {
    if (kNames[static_cast<size_t>(i)] == name) return static_cast<Operation>(i);
  }
  return std::nullopt;
}

std::string OperationPath(Operation operation) { return Concat("/", OperationName(operation)); }

bool IsRead(Operation operation) {
  switch (operation) {
    case Operation::kListTable:
    case Operation::kDescribeTable:
    case Operation::kGetRow:
    case Operation::kBatchGetRow:
    case Operation::kGetRange:
    case Operation::kComputeSplitPointsBySize:
    case Operation::kBulkExport:
    case Operation::kListStream:
    case Operation::kDescribeStream:
    case Operation::kGetShardIterator:
    case Operation::kGetStreamRecord:
      return true;
    case Operation::kCreateTable:
    case Operation::kUpdateTable:
    case Operation::kDeleteTable:
    case Operation::kPutRow:
    case Operation::kUpdateRow:
    case Operation::kDeleteRow:
    case Operation::kBatchWriteRow:
    case Operation::kStartLocalTransaction:
    case Operation::kCommitTransaction:
    case Operation::kAbortTransaction:
    case Operation::kBulkImport:
      return false;
  }
  return false;
}

std::string FormatError(const ServiceError& error) {
  return Concat(error.code.empty() ? "an answer without error code" : error.code, " (",
                error.http_status, "): ", error.message);
}

std::string EncodeError(const ServiceError& error) {
  wire::Error out;
  out.set_code(error.code);
  out.set_message(error.message);
  return out.SerializeAsString();
}

ServiceError DecodeError(int http_status, std::string_view body) {
  wire::Error in;
  if (body.empty() || !ParseMessage(body, &in) || in.code().empty()) {
    return {.http_status = http_status,
            .code = "",
            .message = Concat("HTTP status ", http_status, " with ", body.size(),
                              " bytes that are no error message of Tablestore")};
  }
  return {.http_status = http_status, .code = in.code(), .message = in.message()};
}

}  // namespace jfs::ots
