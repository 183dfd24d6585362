// What a server sends to our client.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/base/check.h"
#include "net/hadoop/ipc_client.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  jfs::net::hadoop::ResponseDecoder decoder(64 << 10);
  decoder.Feed(std::string_view(reinterpret_cast<const char*>(data), size));
  jfs::net::hadoop::ResponseDecoder::Response response;
  while (true) {
    const absl::StatusOr<bool> more = decoder.Next(&response);
    if (!more.ok() || !*more) return 0;
    CHECK(!response.fatal || response.error.has_value());
    CHECK(response.body.empty() || !response.error.has_value());
  }
}
