#include "core/ots/signature.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <array>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"

#include "core/base/check.h"
#include "core/base/concat.h"
#include "core/ots/date.h"

namespace jfs::ots {
namespace {

absl::Status NoDigest(std::string_view name) {
  return absl::InternalError(Concat("libcrypto refuses ", name,
                                    ", which Tablestore's protocol needs: is this machine's "
                                    "OpenSSL restricted to FIPS algorithms?"));
}

absl::StatusOr<std::string> Hmac(const EVP_MD* digest, std::string_view name, std::string_view key,
                                 std::string_view message) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> out{};
  unsigned int size = 0;
  if (HMAC(digest, key.data(), static_cast<int>(key.size()),
           reinterpret_cast<const unsigned char*>(message.data()), message.size(), out.data(),
           &size) == nullptr) {
    return NoDigest(name);
  }
  return std::string(reinterpret_cast<const char*>(out.data()), size);
}

absl::StatusOr<std::string> HmacSha256(std::string_view key, std::string_view message) {
  return Hmac(EVP_sha256(), "HMAC-SHA256", key, message);
}

std::string Base64(std::string_view bytes) { return absl::Base64Escape(ToAbsl(bytes)); }

// The lines "name:value" of the headers that are signed, sorted by name.
std::string CanonicalHeaders(std::span<const Header> headers) {
  std::vector<std::pair<std::string, std::string>> lines;
  for (const Header& header : headers) {
    std::string name = absl::AsciiStrToLower(header.name);
    if (!std::string_view(name).starts_with(kHeaderPrefix)) continue;
    if (name == kSignatureHeader || name == kSignatureV4Header) continue;
    lines.emplace_back(std::move(name), absl::StripAsciiWhitespace(header.value));
  }
  std::sort(lines.begin(), lines.end());
  std::string out;
  for (const auto& [name, value] : lines) out += Concat(name, ":", value, "\n");
  return out;
}

}  // namespace

std::string Sha256(std::string_view bytes) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> out{};
  unsigned int size = 0;
  CHECK_EQ(EVP_Digest(bytes.data(), bytes.size(), out.data(), &size, EVP_sha256(), nullptr), 1);
  return std::string(reinterpret_cast<const char*>(out.data()), size);
}

absl::StatusOr<std::string> ContentMd5(std::string_view body) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> out{};
  unsigned int size = 0;
  if (EVP_Digest(body.data(), body.size(), out.data(), &size, EVP_md5(), nullptr) != 1) {
    return NoDigest("MD5");
  }
  return Base64(std::string_view(reinterpret_cast<const char*>(out.data()), size));
}

std::string RequestStringToSign(std::string_view path, std::span<const Header> headers) {
  // The empty line is the canonical query, which no operation has.
  return Concat(path, "\nPOST\n\n", CanonicalHeaders(headers));
}

std::string ResponseStringToSign(std::string_view path, std::span<const Header> headers) {
  return Concat(CanonicalHeaders(headers), path);
}

absl::StatusOr<std::string> Sign(std::string_view secret, std::string_view string_to_sign) {
  absl::StatusOr<std::string> mac = Hmac(EVP_sha1(), "HMAC-SHA1", secret, string_to_sign);
  if (!mac.ok()) return mac.status();
  return Base64(*mac);
}

absl::StatusOr<std::string> SigningKeyV4(std::string_view secret, std::string_view day,
                                         std::string_view region) {
  absl::StatusOr<std::string> key = Concat("aliyun_v4", secret);
  for (const std::string_view part :
       {day, region, std::string_view("ots"), std::string_view("aliyun_v4_request")}) {
    key = HmacSha256(*key, part);
    if (!key.ok()) return key.status();
  }
  return Base64(*key);
}

absl::StatusOr<std::string> SignV4(std::string_view signing_key, std::string_view string_to_sign) {
  absl::StatusOr<std::string> mac = HmacSha256(signing_key, Concat(string_to_sign, "ots"));
  if (!mac.ok()) return mac.status();
  return Base64(*mac);
}

absl::StatusOr<std::vector<Header>> SignedRequestHeaders(const Credentials& credentials,
                                                         std::string_view instance,
                                                         std::string_view path,
                                                         std::string_view body,
                                                         int64_t milliseconds) {
  absl::StatusOr<std::string> md5 = ContentMd5(body);
  if (!md5.ok()) return md5.status();
  std::vector<Header> headers;
  headers.push_back({std::string(kAccessKeyHeader), credentials.access_key_id});
  headers.push_back({std::string(kApiVersionHeader), std::string(kApiVersion)});
  headers.push_back({std::string(kContentMd5Header), *std::move(md5)});
  headers.push_back({std::string(kDateHeader), FormatRequestDate(milliseconds)});
  headers.push_back({std::string(kInstanceHeader), std::string(instance)});
  if (!credentials.security_token.empty()) {
    headers.push_back({std::string(kSecurityTokenHeader), credentials.security_token});
  }
  absl::StatusOr<std::string> signature =
      Sign(credentials.secret, RequestStringToSign(path, headers));
  if (!signature.ok()) return signature.status();
  headers.push_back({std::string(kSignatureHeader), *std::move(signature)});
  return headers;
}

bool SameSignature(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  int difference = 0;
  for (size_t i = 0; i < a.size(); ++i) difference |= a[i] ^ b[i];
  return difference == 0;
}

}  // namespace jfs::ots
