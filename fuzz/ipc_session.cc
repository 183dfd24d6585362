// Bytes on the client port. The first byte says where the stream is cut in two.

#include "net/hadoop/ipc_session.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/check.h"

namespace {

using jfs::net::hadoop::IpcCall;
using jfs::net::hadoop::IpcSession;

constexpr jfs::net::hadoop::IpcLimits kLimits = {.max_frame_bytes = 64 << 10};

struct Seen {
  std::vector<std::string> calls;
  std::string output;
};

void Read(IpcSession* session, Seen* seen) {
  IpcCall call;
  while (session->Next(&call)) {
    CHECK(!session->user().empty()) << "a call of nobody";
    CHECK(call.identity.call_id >= 0);
    seen->calls.push_back(call.protocol + '\0' + call.method + '\0' + call.request + '\0' +
                          call.identity.client_id);
  }
  seen->output += session->TakeOutput();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view stream(reinterpret_cast<const char*>(data) + 1, size - 1);
  const size_t at = data[0] % (stream.size() + 1);
  IpcSession one(kLimits), two(kLimits);
  Seen whole, parts;
  one.Feed(stream);
  Read(&one, &whole);
  two.Feed(stream.substr(0, at));
  Read(&two, &parts);
  two.Feed(stream.substr(at));
  Read(&two, &parts);
  CHECK(whole.calls == parts.calls) << "where the stream is cut changes what is read";
  CHECK(whole.output == parts.output);
  CHECK_EQ(one.closing(), two.closing());
  CHECK_LE(one.buffered_bytes(), size_t{kLimits.max_frame_bytes} + 4)
      << "more than one frame is kept";
  return 0;
}
