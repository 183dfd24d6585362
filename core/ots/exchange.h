#ifndef CORE_OTS_EXCHANGE_H_
#define CORE_OTS_EXCHANGE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

// One request to Tablestore and what comes of it, as data. A pure machine emits Requests, its
// driver carries them out: net/ots over HTTP in production, ots_mock/engine in the simulator.
namespace jfs::ots {

// The operations known here. A name is also the request's path, behind a '/'.
enum class Operation : uint8_t {
  kCreateTable,
  kUpdateTable,
  kDescribeTable,
  kListTable,
  kDeleteTable,
  kGetRow,
  kPutRow,
  kUpdateRow,
  kDeleteRow,
  kBatchGetRow,
  kBatchWriteRow,
  kGetRange,
  kStartLocalTransaction,
  kCommitTransaction,
  kAbortTransaction,
  kComputeSplitPointsBySize,
  kBulkImport,
  kBulkExport,
  kListStream,
  kDescribeStream,
  kGetShardIterator,
  kGetStreamRecord,
};
inline constexpr int kOperations = static_cast<int>(Operation::kGetStreamRecord) + 1;

// "PutRow".
std::string_view OperationName(Operation operation);
std::optional<Operation> ParseOperation(std::string_view name);
// "/PutRow".
std::string OperationPath(Operation operation);
// True if an operation reads only, so that it may be repeated however the last attempt ended.
bool IsRead(Operation operation);

// `body` is the serialized request message (core/ots/proto/tablestore.proto) of that operation.
struct Request {
  Operation operation = Operation::kListTable;
  std::string body;
  friend bool operator==(const Request&, const Request&) = default;
};

// What Tablestore says when it does not do what was asked.
struct ServiceError {
  int http_status = 0;
  std::string code;  // "OTSServerBusy"; empty if the answer was no error message
  std::string message;
  friend bool operator==(const ServiceError&, const ServiceError&) = default;
};
// "OTSServerBusy (503): Server is busy."
std::string FormatError(const ServiceError& error);

// An answer as it came: `body` is the serialized response message if there is no error.
struct Answer {
  std::string body;
  std::optional<ServiceError> error;
  friend bool operator==(const Answer&, const Answer&) = default;
};

// The body of an error answer, and back. Anything that is no error message becomes one without a
// code, its message naming the status.
std::string EncodeError(const ServiceError& error);
ServiceError DecodeError(int http_status, std::string_view body);

}  // namespace jfs::ots

#endif  // CORE_OTS_EXCHANGE_H_
