#ifndef OTS_MOCK_SERVER_AUTHENTICATION_H_
#define OTS_MOCK_SERVER_AUTHENTICATION_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/ots/exchange.h"
#include "core/ots/signature.h"

// Whether a request comes from who it says, as the service checks it.
namespace jfs::ots_mock {

// A key that may be used on an instance. `secret` must not get into a log.
struct Account {
  std::string instance;
  std::string access_key_id;
  std::string secret;
};

struct CheckedRequest {
  // Nothing: everything is right.
  std::optional<ots::ServiceError> refusal;
  // With what the answer is to be signed; empty if the caller is unknown, and then it is not.
  std::string access_key_id;
  std::string response_key;
};

// Checks the headers of a request, the digest of its body as it was sent, and the signature, of
// either version. `allowed_skew_millis` is how far the date may be from `now_millis`.
CheckedRequest CheckRequest(std::span<const Account> accounts, std::string_view path,
                            std::span<const ots::Header> headers, std::string_view body,
                            int64_t now_millis, int64_t allowed_skew_millis);

// The headers of an answer to `path`, the signature among them if the caller is known.
std::vector<ots::Header> ResponseHeaders(const CheckedRequest& request, std::string_view path,
                                         std::string_view body, std::string_view request_id,
                                         int64_t now_millis);

}  // namespace jfs::ots_mock

#endif  // OTS_MOCK_SERVER_AUTHENTICATION_H_
