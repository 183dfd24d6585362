#ifndef CORE_OTS_ERROR_H_
#define CORE_OTS_ERROR_H_

#include <cstdint>
#include <span>
#include <string_view>

#include "core/ots/exchange.h"

// The error codes of Tablestore and what the official clients do about them
// (docs/formats/tablestore.md).
namespace jfs::ots {

enum class ErrorCode : uint8_t {
  kUnknown,  // a code that is not in the table, or none
  kParameterInvalid,
  kInvalidPrimaryKey,
  kOutOfColumnCountLimit,
  kOutOfRowSizeLimit,
  kForbiddenUpdateCapacityUnit,
  kAuthFailed,
  kNoPermissionAccess,
  kConditionCheckFail,
  kQuotaExhausted,
  kNotEnoughCapacityUnit,
  kCapacityUnitExhausted,
  kTooFrequentThroughputAdjustment,
  kObjectNotExist,
  kTableNotReady,
  kMethodNotAllowed,
  kRequestTimeout,
  kObjectAlreadyExist,
  kRowOperationConflict,
  kRequestBodyTooLarge,
  kInternalServerError,
  kServerBusy,
  kPartitionUnavailable,
  kTimeout,
  kServerUnavailable,
  kOperationThrottled,
  kStorageServerBusy,
  kSessionNotExist,
  kSessionBusy,
  kDataOutOfRange,
  kOutOfTransactionDataSizeLimit,
};

// When the official clients send a request again after a code.
enum class RetryClass : uint8_t {
  kNever,
  kIfRepeatable,  // nobody knows whether the operation happened: only where twice is like once
  kAlways,        // the operation did not happen: any operation
};

struct ErrorInfo {
  ErrorCode code;
  std::string_view name;
  int http_status;
  std::string_view message;  // the service's usual words
  RetryClass retry;
};

// Every known code, in the order of ErrorCode and without kUnknown.
std::span<const ErrorInfo> ErrorTable();

ErrorCode ParseErrorCode(std::string_view name);
// REQUIRES: not kUnknown.
const ErrorInfo& InfoOf(ErrorCode code);
inline bool Is(const ServiceError& error, ErrorCode code) {
  return ParseErrorCode(error.code) == code;
}

// An error as the service words it; with a message of one's own instead of the usual one.
ServiceError MakeError(ErrorCode code);
ServiceError MakeError(ErrorCode code, std::string_view message);

// Whether an error answer calls for another attempt. Beyond the table: of the quota errors only
// the one about frequency passes; an answer without a code counts by its status, where 5xx means
// that nobody knows.
RetryClass Classify(const ServiceError& error);

}  // namespace jfs::ots

#endif  // CORE_OTS_ERROR_H_
