#ifndef CORE_OTS_SIGNATURE_H_
#define CORE_OTS_SIGNATURE_H_

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

// How requests and answers of Tablestore are signed. The digests are libcrypto's: functions of
// their arguments, and the only thing in core that needs it.
namespace jfs::ots {

struct Header {
  std::string name;
  std::string value;
  friend bool operator==(const Header&, const Header&) = default;
};

// Who calls. `secret` must never get into a log or a message: this struct has no text form.
struct Credentials {
  std::string access_key_id;
  std::string secret;
  std::string security_token;  // only with temporary credentials
};

// Names of the headers that decide something.
inline constexpr std::string_view kHeaderPrefix = "x-ots-";
inline constexpr std::string_view kDateHeader = "x-ots-date";
inline constexpr std::string_view kApiVersionHeader = "x-ots-apiversion";
inline constexpr std::string_view kAccessKeyHeader = "x-ots-accesskeyid";
inline constexpr std::string_view kInstanceHeader = "x-ots-instancename";
inline constexpr std::string_view kContentMd5Header = "x-ots-contentmd5";
inline constexpr std::string_view kSignatureHeader = "x-ots-signature";
inline constexpr std::string_view kSecurityTokenHeader = "x-ots-ststoken";
inline constexpr std::string_view kSignatureV4Header = "x-ots-signaturev4";
inline constexpr std::string_view kSignDayHeader = "x-ots-signdate";
inline constexpr std::string_view kSignRegionHeader = "x-ots-signregion";
inline constexpr std::string_view kRequestIdHeader = "x-ots-requestid";
inline constexpr std::string_view kContentTypeHeader = "x-ots-contenttype";
inline constexpr std::string_view kAuthorizationHeader = "Authorization";
inline constexpr std::string_view kApiVersion = "2015-12-31";

// The 32 bytes of the SHA-256 of `bytes`; no configuration refuses this one.
std::string Sha256(std::string_view bytes);

// All functions below return Internal if libcrypto refuses a digest, as a machine set up for FIPS
// does with MD5.

// Base64 of the MD5 of `body`.
absl::StatusOr<std::string> ContentMd5(std::string_view body);

// What a request's signature covers. `path` begins with '/'. Only headers that begin with x-ots-
// count, whatever their case, without the two that hold signatures.
std::string RequestStringToSign(std::string_view path, std::span<const Header> headers);
// Base64 of HMAC-SHA1.
absl::StatusOr<std::string> Sign(std::string_view secret, std::string_view string_to_sign);

// Version 4: a key of its own for each day and region, then HMAC-SHA256. The key is text.
absl::StatusOr<std::string> SigningKeyV4(std::string_view secret, std::string_view day,
                                         std::string_view region);
absl::StatusOr<std::string> SignV4(std::string_view signing_key, std::string_view string_to_sign);

// What an answer's signature covers; it is made by Sign with the caller's secret, or with the
// signing key if the request was signed by version 4.
std::string ResponseStringToSign(std::string_view path, std::span<const Header> headers);

// All headers of a request to `path`, the signature among them, for `body` as it is sent at
// `milliseconds` since 1970. An attempt that is repeated is signed anew.
absl::StatusOr<std::vector<Header>> SignedRequestHeaders(const Credentials& credentials,
                                                         std::string_view instance,
                                                         std::string_view path,
                                                         std::string_view body,
                                                         int64_t milliseconds);

// Whether two signatures are equal, in a time that does not tell where they differ.
bool SameSignature(std::string_view a, std::string_view b);

}  // namespace jfs::ots

#endif  // CORE_OTS_SIGNATURE_H_
