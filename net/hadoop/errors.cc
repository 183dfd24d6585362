#include "core/base/check.h"
#include "core/base/concat.h"
#include "core/ns/error_text.h"
#include "net/hadoop/translate.h"

namespace jfs::net::hadoop {

using ::hadoop::common::RpcResponseHeaderProto;

IpcError ErrorOf(const ns::Reply& reply) {
  CHECK(reply.code != ns::Code::kOk);
  ns::ErrorText text = ns::TextOf(reply.code, reply.arguments);
  return {.exception_class = std::move(text.java_class), .message = std::move(text.message)};
}

IpcError StandbyError(Category category) {
  return {.exception_class = "org.apache.hadoop.ipc.StandbyException",
          .message =
              Concat("Operation category ",
                     category == Category::kWrite  ? "WRITE"
                     : category == Category::kRead ? "READ"
                                                   : "UNCHECKED",
                     " is not supported in state standby. Visit https://s.apache.org/sbnn-error")};
}

IpcError RetriableError(std::string why) {
  return {.exception_class = "org.apache.hadoop.ipc.RetriableException", .message = std::move(why)};
}

IpcError IoError(std::string message) {
  return {.exception_class = "java.io.IOException", .message = std::move(message)};
}

IpcError AccessError(std::string message) {
  return {.exception_class = "org.apache.hadoop.security.AccessControlException",
          .message = std::move(message)};
}

IpcError NoSuchProtocolError(std::string_view protocol) {
  return {.exception_class = "org.apache.hadoop.ipc.RpcNoSuchProtocolException",
          .message = Concat("Unknown protocol: ", protocol),
          .detail = RpcResponseHeaderProto::ERROR_NO_SUCH_PROTOCOL};
}

IpcError NoSuchMethodError(std::string_view protocol, std::string_view method) {
  return {.exception_class = "org.apache.hadoop.ipc.RpcNoSuchMethodException",
          .message = Concat("Unknown method ", method, " called on ", protocol, " protocol."),
          .detail = RpcResponseHeaderProto::ERROR_NO_SUCH_METHOD};
}

IpcError ProtocolVersionError(std::string_view protocol, uint64_t client, uint64_t server) {
  return {.exception_class = "org.apache.hadoop.ipc.RPC$VersionMismatch",
          .message = Concat("Protocol ", protocol, " version mismatch. (client = ", client,
                            ", server = ", server, ")"),
          .detail = RpcResponseHeaderProto::ERROR_RPC_VERSION_MISMATCH};
}

IpcError BadRequestError(std::string_view method) {
  return {.exception_class = "org.apache.hadoop.ipc.RpcServerException",
          .message = Concat("The request of ", method, " cannot be parsed."),
          .detail = RpcResponseHeaderProto::FATAL_DESERIALIZING_REQUEST};
}

}  // namespace jfs::net::hadoop
