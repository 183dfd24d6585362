#include "net/hadoop/ipc_message.h"

#include <limits>

#include "core/base/check.h"

namespace jfs::net::hadoop {
namespace {

using google::protobuf::MessageLite;
using ::hadoop::common::RpcRequestHeaderProto;
using ::hadoop::common::RpcResponseHeaderProto;

void AppendVarint(uint32_t value, std::string* out) {
  while (value >= 0x80) {
    out->push_back(static_cast<char>(value | 0x80));
    value >>= 7;
  }
  out->push_back(static_cast<char>(value));
}

void AppendDelimited(const MessageLite& message, std::string* out) {
  const size_t size = message.ByteSizeLong();
  CHECK_LE(size, static_cast<size_t>(std::numeric_limits<int32_t>::max()));
  AppendVarint(static_cast<uint32_t>(size), out);
  const size_t at = out->size();
  out->resize(at + size);
  message.SerializeWithCachedSizesToArray(reinterpret_cast<uint8_t*>(out->data() + at));
}

void AppendDelimited(std::string_view bytes, std::string* out) {
  AppendVarint(static_cast<uint32_t>(bytes.size()), out);
  out->append(bytes);
}

// Leaves room for the length of the frame, and fills it in when the frame is whole.
class Frame {
 public:
  explicit Frame(std::string* out) : out_(out), at_(out->size()) { out->append(4, '\0'); }
  ~Frame() {
    const uint32_t size = static_cast<uint32_t>(out_->size() - at_ - 4);
    for (int i = 0; i < 4; ++i) (*out_)[at_ + i] = static_cast<char>(size >> (24 - 8 * i));
  }
  Frame(const Frame&) = delete;
  Frame& operator=(const Frame&) = delete;

 private:
  std::string* const out_;
  const size_t at_;
};

void FillHeader(const CallIdentity& call, std::optional<int64_t> state_id,
                RpcResponseHeaderProto* header) {
  header->set_callid(static_cast<uint32_t>(call.call_id));
  header->set_serveripcversionnum(kIpcVersion);
  header->set_clientid(call.client_id);
  header->set_retrycount(call.retry_count);
  if (state_id.has_value()) header->set_stateid(*state_id);
}

void FillRequestHeader(const CallIdentity& call, RpcRequestHeaderProto* header) {
  header->set_rpckind(::hadoop::common::RPC_PROTOCOL_BUFFER);
  header->set_rpcop(RpcRequestHeaderProto::RPC_FINAL_PACKET);
  header->set_callid(call.call_id);
  header->set_clientid(call.client_id);
  header->set_retrycount(call.retry_count);
}

}  // namespace

void AppendSuccess(const CallIdentity& call, std::optional<int64_t> state_id,
                   const MessageLite& response, std::string* out) {
  RpcResponseHeaderProto header;
  FillHeader(call, state_id, &header);
  header.set_status(RpcResponseHeaderProto::SUCCESS);
  const Frame frame(out);
  AppendDelimited(header, out);
  AppendDelimited(response, out);
}

void AppendSuccess(const CallIdentity& call, std::optional<int64_t> state_id,
                   std::string_view response, std::string* out) {
  RpcResponseHeaderProto header;
  FillHeader(call, state_id, &header);
  header.set_status(RpcResponseHeaderProto::SUCCESS);
  const Frame frame(out);
  AppendDelimited(header, out);
  AppendDelimited(response, out);
}

void AppendError(const CallIdentity& call, std::optional<int64_t> state_id, const IpcError& error,
                 std::string* out) {
  RpcResponseHeaderProto header;
  FillHeader(call, state_id, &header);
  header.set_status(error.detail >= RpcResponseHeaderProto::FATAL_UNKNOWN
                        ? RpcResponseHeaderProto::FATAL
                        : RpcResponseHeaderProto::ERROR);
  header.set_exceptionclassname(error.exception_class);
  header.set_errormsg(error.message);
  header.set_errordetail(error.detail);
  const Frame frame(out);
  AppendDelimited(header, out);
}

std::string EncodeHello(uint8_t auth) {
  std::string out(kIpcMagic);
  out.push_back(static_cast<char>(kIpcVersion));
  out.push_back('\0');  // service class
  out.push_back(static_cast<char>(auth));
  return out;
}

void AppendContext(std::string_view client_id, std::string_view user, std::string_view protocol,
                   std::string* out) {
  RpcRequestHeaderProto header;
  FillRequestHeader({.call_id = kContextCallId, .client_id = std::string(client_id)}, &header);
  ::hadoop::common::IpcConnectionContextProto context;
  context.mutable_userinfo()->set_effectiveuser(std::string(user));
  context.set_protocol(std::string(protocol));
  const Frame frame(out);
  AppendDelimited(header, out);
  AppendDelimited(context, out);
}

void AppendCall(const CallIdentity& call, std::string_view protocol, uint64_t version,
                std::string_view method, std::string_view request, std::string* out) {
  RpcRequestHeaderProto header;
  FillRequestHeader(call, &header);
  ::hadoop::common::RequestHeaderProto request_header;
  request_header.set_methodname(std::string(method));
  request_header.set_declaringclassprotocolname(std::string(protocol));
  request_header.set_clientprotocolversion(version);
  const Frame frame(out);
  AppendDelimited(header, out);
  AppendDelimited(request_header, out);
  AppendDelimited(request, out);
}

bool TakeDelimited(std::string_view* in, std::string_view* part) {
  uint64_t size = 0;
  size_t at = 0;
  while (true) {
    // Five bytes hold any length that could follow.
    if (at >= in->size() || at >= 5) return false;
    const uint8_t byte = static_cast<uint8_t>((*in)[at]);
    size |= uint64_t{byte & 0x7fu} << (7 * at);
    ++at;
    if ((byte & 0x80) == 0) break;
  }
  if (size > in->size() - at) return false;
  *part = in->substr(at, size);
  in->remove_prefix(at + size);
  return true;
}

bool TakeMessage(std::string_view* in, MessageLite* message) {
  std::string_view part;
  return TakeDelimited(in, &part) &&
         message->ParseFromArray(part.data(), static_cast<int>(part.size()));
}

}  // namespace jfs::net::hadoop
