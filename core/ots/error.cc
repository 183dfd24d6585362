#include "core/ots/error.h"

#include <array>
#include <string>

#include "core/base/check.h"

namespace jfs::ots {
namespace {

using enum ErrorCode;
using enum RetryClass;

constexpr std::string_view kTooFrequent = "Too frequent table operations.";

constexpr auto kTable = std::to_array<ErrorInfo>({
    {kParameterInvalid, "OTSParameterInvalid", 400, "Parse PBMessage from RawString failed.",
     kNever},
    {kInvalidPrimaryKey, "OTSInvalidPK", 400, "Primary key schema mismatch.", kNever},
    {kOutOfColumnCountLimit, "OTSOutOfColumnCountLimit", 400,
     "The number of columns in one row exceeded the limit.", kNever},
    {kOutOfRowSizeLimit, "OTSOutOfRowSizeLimit", 400,
     "The total data size of columns in one row exceeded the limit.", kNever},
    {kForbiddenUpdateCapacityUnit, "OTSForbiddenUpdateCapacityUnit", 400,
     "Your instance is forbidden to update capacity unit.", kNever},
    {kAuthFailed, "OTSAuthFailed", 403, "Signature mismatch.", kNever},
    {kNoPermissionAccess, "OTSNoPermissionAccess", 403,
     "You have no permission to access the requested resource.", kNever},
    {kConditionCheckFail, "OTSConditionCheckFail", 403, "Condition check failed.", kNever},
    {kQuotaExhausted, "OTSQuotaExhausted", 403, "Number of tables exceeded the quota.", kNever},
    {kNotEnoughCapacityUnit, "OTSNotEnoughCapacityUnit", 403,
     "Remaining capacity unit is not enough.", kAlways},
    {kCapacityUnitExhausted, "OTSCapacityUnitExhausted", 403, "Capacity unit is not enough.",
     kNever},
    {kTooFrequentThroughputAdjustment, "OTSTooFrequentReservedThroughputAdjustment", 403,
     "Capacity unit adjustment is too frequent.", kNever},
    {kObjectNotExist, "OTSObjectNotExist", 404, "Requested table does not exist.", kNever},
    {kTableNotReady, "OTSTableNotReady", 404, "The table is not ready.", kAlways},
    {kMethodNotAllowed, "OTSMethodNotAllowed", 405, "Only POST method for requests is supported.",
     kNever},
    {kRequestTimeout, "OTSRequestTimeout", 408, "Request timeout.", kNever},
    {kObjectAlreadyExist, "OTSObjectAlreadyExist", 409, "Requested table already exists.", kNever},
    {kRowOperationConflict, "OTSRowOperationConflict", 409,
     "Data is being modified by the other request.", kAlways},
    {kRequestBodyTooLarge, "OTSRequestBodyTooLarge", 413, "The size of POST data is too large.",
     kNever},
    {kInternalServerError, "OTSInternalServerError", 500, "Internal server error.", kIfRepeatable},
    {kServerBusy, "OTSServerBusy", 503, "Server is busy.", kAlways},
    {kPartitionUnavailable, "OTSPartitionUnavailable", 503, "The partition is not available.",
     kAlways},
    {kTimeout, "OTSTimeout", 503, "Operation timeout.", kIfRepeatable},
    {kServerUnavailable, "OTSServerUnavailable", 503, "Server is not available.", kIfRepeatable},
    {kOperationThrottled, "OTSOperationThrottled", 503, "The operation is throttled.", kAlways},
    {kStorageServerBusy, "OTSStorageServerBusy", 503, "Storage server is busy.", kAlways},
    {kSessionNotExist, "OTSSessionNotExist", 400, "Session not exist or may be timeout.", kNever},
    {kSessionBusy, "OTSSessionBusy", 400, "Session is busy.", kNever},
    {kDataOutOfRange, "OTSDataOutOfRange", 400, "Data out of scope.", kNever},
    {kOutOfTransactionDataSizeLimit, "OTSOutOfTransactionDataSizeLimit", 400,
     "The data size of the transaction exceeds the limit.", kNever},
});

constexpr bool TableIsInOrder() {
  for (size_t i = 0; i < kTable.size(); ++i) {
    if (static_cast<size_t>(kTable[i].code) != i + 1) return false;
  }
  return true;
}
static_assert(TableIsInOrder(), "InfoOf finds an entry by its number");

}  // namespace

std::span<const ErrorInfo> ErrorTable() { return kTable; }

ErrorCode ParseErrorCode(std::string_view name) {
  for (const ErrorInfo& info : kTable) {
    if (info.name == name) return info.code;
  }
  return kUnknown;
}

const ErrorInfo& InfoOf(ErrorCode code) {
  CHECK(code != kUnknown);
  return kTable[static_cast<size_t>(code) - 1];
}

ServiceError MakeError(ErrorCode code) { return MakeError(code, InfoOf(code).message); }

ServiceError MakeError(ErrorCode code, std::string_view message) {
  const ErrorInfo& info = InfoOf(code);
  return {.http_status = info.http_status,
          .code = std::string(info.name),
          .message = std::string(message)};
}

RetryClass Classify(const ServiceError& error) {
  const ErrorCode code = ParseErrorCode(error.code);
  if (code == kQuotaExhausted && error.message == kTooFrequent) return kAlways;
  if (code != kUnknown) return InfoOf(code).retry;
  return error.http_status >= 500 ? kIfRepeatable : kNever;
}

}  // namespace jfs::ots
