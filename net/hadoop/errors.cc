#include "absl/strings/escaping.h"

#include "core/base/check.h"
#include "core/base/concat.h"
#include "core/ns/error_text.h"
#include "net/hadoop/calls.h"
#include "net/hadoop/translate.h"
#include "net/utf8.h"

namespace jfs::net::hadoop {

using ::hadoop::common::RpcResponseHeaderProto;

namespace {

// A name that the client sent and nobody knows: it may be anything, of any length.
std::string Echo(std::string_view name) {
  constexpr size_t kMost = 200;
  const bool whole = name.size() <= kMost;
  const std::string out =
      IsUtf8(name) && whole ? std::string(name) : absl::CHexEscape(ToAbsl(name.substr(0, kMost)));
  return whole ? out : out + "...";
}

}  // namespace

IpcError ErrorOf(const ns::Reply& reply) {
  CHECK(reply.code != ns::Code::kOk);
  ns::ErrorText text = ns::TextOf(reply.code, reply.arguments);
  return {.exception_class = std::move(text.java_class), .message = std::move(text.message)};
}

IpcError ErrorOf(const ServiceFacts& facts, const ns::Reply& reply) {
  IpcError error = ErrorOf(reply);
  // The namespace does not know where it runs.
  if (reply.code == ns::Code::kSafeMode && !facts.host_name.empty()) {
    error.message += " NamenodeHostName:" + facts.host_name;
  }
  return error;
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

IpcError SuperuserError(std::string_view user, std::string_view operation) {
  return AccessError(Concat("Access denied for user ", user, ". Superuser privilege is required",
                            operation.empty() ? "" : " for operation ", operation));
}

IpcError UnsupportedError(std::string message) {
  return {.exception_class = "java.lang.UnsupportedOperationException",
          .message = std::move(message)};
}

IpcError NotFoundError(std::string message) {
  return {.exception_class = "java.io.FileNotFoundException", .message = std::move(message)};
}

IpcError IllegalArgumentError(std::string message) {
  return {.exception_class = "org.apache.hadoop.HadoopIllegalArgumentException",
          .message = std::move(message)};
}

IpcError InvalidPathError(std::string_view path) {
  return {.exception_class = "org.apache.hadoop.fs.InvalidPathException",
          .message = Concat("Invalid path name ", path)};
}

IpcError NoCodingPolicyError(std::string_view policy) {
  return IllegalArgumentError(
      Concat("Policy '", policy,
             "' does not match any enabled erasure coding policies: []. An erasure coding policy "
             "can be enabled by enableErasureCodingPolicy API."));
}

IpcError NoSuchProtocolError(std::string_view protocol) {
  return {.exception_class = "org.apache.hadoop.ipc.RpcNoSuchProtocolException",
          .message = Concat("Unknown protocol: ", Echo(protocol)),
          .detail = RpcResponseHeaderProto::ERROR_NO_SUCH_PROTOCOL};
}

IpcError NoSuchMethodError(std::string_view protocol, std::string_view method) {
  return {.exception_class = "org.apache.hadoop.ipc.RpcNoSuchMethodException",
          .message = Concat("Unknown method ", Echo(method), " called on ", protocol, " protocol."),
          .detail = RpcResponseHeaderProto::ERROR_NO_SUCH_METHOD};
}

IpcError ProtocolVersionError(std::string_view protocol, uint64_t client, uint64_t server) {
  return {.exception_class = "org.apache.hadoop.ipc.RPC$VersionMismatch",
          .message = Concat("Protocol ", protocol, " version mismatch. (client = ", client,
                            ", server = ", server, ")"),
          .detail = RpcResponseHeaderProto::ERROR_RPC_VERSION_MISMATCH};
}

IpcError BadRequestError(std::string_view method, std::string_view missing) {
  return {.exception_class = "org.apache.hadoop.thirdparty.protobuf.InvalidProtocolBufferException",
          .message = missing.empty()
                         ? Concat("The request of ", method,
                                  " cannot be parsed: it is cut short, or is no such message.")
                         : Concat("Message missing required fields: ", missing)};
}

}  // namespace jfs::net::hadoop
