#include "ots_mock/server/authentication.h"

#include <algorithm>
#include <array>
#include <utility>

#include "absl/strings/ascii.h"

#include "core/base/concat.h"
#include "core/ots/date.h"
#include "core/ots/error.h"

namespace jfs::ots_mock {
namespace {

using ots::ErrorCode;

std::string ValueOf(std::span<const ots::Header> headers, std::string_view name) {
  for (const ots::Header& header : headers) {
    if (absl::AsciiStrToLower(header.name) == ToAbsl(name)) {
      return std::string(absl::StripAsciiWhitespace(header.value));
    }
  }
  return "";
}

ots::ServiceError Refused(std::string_view message) {
  return ots::MakeError(ErrorCode::kAuthFailed, message);
}

ots::ServiceError Internal(const absl::Status& status) {
  return ots::MakeError(ErrorCode::kInternalServerError, ToStd(status.message()));
}

}  // namespace

CheckedRequest CheckRequest(std::span<const Account> accounts, std::string_view path,
                            std::span<const ots::Header> headers, std::string_view body,
                            int64_t now_millis, int64_t allowed_skew_millis) {
  CheckedRequest out;
  const auto refuse = [&](ots::ServiceError error) {
    out.refusal = std::move(error);
    return out;
  };
  for (const std::string_view name :
       {ots::kApiVersionHeader, ots::kDateHeader, ots::kAccessKeyHeader, ots::kInstanceHeader,
        ots::kContentMd5Header}) {
    if (ValueOf(headers, name).empty()) {
      return refuse(
          ots::MakeError(ErrorCode::kParameterInvalid, Concat("Missing header: ", name, ".")));
    }
  }
  const std::string signature = ValueOf(headers, ots::kSignatureHeader);
  const std::string signature_v4 = ValueOf(headers, ots::kSignatureV4Header);
  if (signature.empty() && signature_v4.empty()) {
    return refuse(ots::MakeError(ErrorCode::kParameterInvalid,
                                 Concat("Missing header: ", ots::kSignatureHeader, ".")));
  }
  const std::string date = ValueOf(headers, ots::kDateHeader);
  const std::optional<int64_t> seconds = ots::ParseDateSeconds(date);
  if (!seconds.has_value()) {
    return refuse(
        ots::MakeError(ErrorCode::kParameterInvalid, Concat("Invalid date format: ", date, ".")));
  }
  const std::string instance = ValueOf(headers, ots::kInstanceHeader);
  const std::string access_key_id = ValueOf(headers, ots::kAccessKeyHeader);
  if (std::none_of(accounts.begin(), accounts.end(),
                   [&](const Account& account) { return account.instance == instance; })) {
    return refuse(Refused("The instance is not found."));
  }
  const auto account = std::find_if(accounts.begin(), accounts.end(), [&](const Account& one) {
    return one.instance == instance && one.access_key_id == access_key_id;
  });
  if (account == accounts.end()) return refuse(Refused("The AccessKeyID does not exist."));

  // From here on the answer can be signed, which two of the official clients insist on.
  out.access_key_id = access_key_id;
  out.response_key = account->secret;
  if (!signature_v4.empty()) {
    absl::StatusOr<std::string> key =
        ots::SigningKeyV4(account->secret, ValueOf(headers, ots::kSignDayHeader),
                          ValueOf(headers, ots::kSignRegionHeader));
    if (!key.ok()) return refuse(Internal(key.status()));
    out.response_key = *std::move(key);
  }
  const int64_t skew = *seconds * 1000 - now_millis;
  if (skew > allowed_skew_millis || skew < -allowed_skew_millis) {
    return refuse(Refused(Concat("Mismatch between system time and x-ots-date: ", date, ".")));
  }
  const absl::StatusOr<std::string> md5 = ots::ContentMd5(body);
  if (!md5.ok()) return refuse(Internal(md5.status()));
  if (*md5 != ValueOf(headers, ots::kContentMd5Header)) {
    return refuse(
        Refused("Mismatch between MD5 value of request body and x-ots-contentmd5 in "
                "header."));
  }
  const std::string text = ots::RequestStringToSign(path, headers);
  const absl::StatusOr<std::string> want =
      signature_v4.empty() ? ots::Sign(account->secret, text) : ots::SignV4(out.response_key, text);
  if (!want.ok()) return refuse(Internal(want.status()));
  if (!ots::SameSignature(*want, signature_v4.empty() ? signature : signature_v4)) {
    return refuse(Refused("Signature mismatch."));
  }
  return out;
}

std::vector<ots::Header> ResponseHeaders(const CheckedRequest& request, std::string_view path,
                                         std::string_view body, std::string_view request_id,
                                         int64_t now_millis) {
  std::vector<ots::Header> headers;
  if (absl::StatusOr<std::string> md5 = ots::ContentMd5(body); md5.ok()) {
    headers.push_back({std::string(ots::kContentMd5Header), *std::move(md5)});
  }
  headers.push_back({std::string(ots::kContentTypeHeader), "protocol buffer"});
  headers.push_back({std::string(ots::kDateHeader), ots::FormatResponseDate(now_millis)});
  headers.push_back({std::string(ots::kRequestIdHeader), std::string(request_id)});
  if (request.response_key.empty()) return headers;
  if (absl::StatusOr<std::string> signature =
          ots::Sign(request.response_key, ots::ResponseStringToSign(path, headers));
      signature.ok()) {
    headers.push_back({std::string(ots::kAuthorizationHeader),
                       Concat("OTS ", request.access_key_id, ":", *signature)});
  }
  return headers;
}

}  // namespace jfs::ots_mock
