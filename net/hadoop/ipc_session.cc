#include "net/hadoop/ipc_session.h"

#include <algorithm>
#include <utility>

#include "absl/strings/escaping.h"

#include "core/base/codec.h"
#include "core/base/concat.h"
#include "net/utf8.h"

namespace jfs::net::hadoop {
namespace {

using ::hadoop::common::RpcRequestHeaderProto;
using ::hadoop::common::RpcResponseHeaderProto;
using ::hadoop::common::RpcSaslProto;

// Memory of a frame that has been read is given back when it was more than an everyday call needs.
constexpr size_t kKeepBufferBytes = 16 << 10;
// The same of headers: protobuf's strings keep the capacity of the longest they ever held.
constexpr size_t kKeepHeaderBytes = 1 << 10;

constexpr char kRpcServerException[] = "org.apache.hadoop.ipc.RpcServerException";

// The part that names the user: "alice" of "alice/host@REALM".
std::string_view ShortName(std::string_view name) {
  return name.substr(0, name.find_first_of("/@"));
}

}  // namespace

void IpcSession::Feed(std::string_view bytes) {
  if (closing_) return;
  if (at_ > 0) {
    buffer_.erase(0, at_);
    at_ = 0;
  }
  buffer_.append(bytes);
}

std::string IpcSession::TakeOutput() { return std::exchange(output_, {}); }

void IpcSession::CloseBecause(std::string reason) {
  closing_ = true;
  close_reason_ = std::move(reason);
  std::string().swap(buffer_);
  at_ = 0;
}

void IpcSession::Fatal(const CallIdentity& identity, std::string exception_class,
                       std::string message, RpcResponseHeaderProto::RpcErrorCodeProto detail) {
  CloseBecause(message);
  AppendError(identity, std::nullopt,
              {.exception_class = std::move(exception_class),
               .message = std::move(message),
               .detail = detail},
              &output_);
}

bool IpcSession::ReadHello() {
  const std::string_view in = std::string_view(buffer_).substr(at_);
  if (in.size() < 4) return false;
  if (in.starts_with("GET ")) {
    // Somebody pointed a browser at this port. Everything he sent stays unread.
    const std::string_view text =
        "It looks like you are making an HTTP request to a Hadoop IPC port. This is not the "
        "correct port for the web "
        "interface on this daemon.\r\n";
    output_ = Concat("HTTP/1.1 404 Not Found\r\nContent-type: text/plain\r\nContent-Length: ",
                     text.size(), "\r\nConnection: close\r\n\r\n", text);
    CloseBecause("an HTTP request on the IPC port");
    return false;
  }
  if (in.size() < kIpcHelloBytes) {
    // Whatever is wrong already, seven bytes are needed to tell the client in words it understands.
    if (!kIpcMagic.starts_with(in.substr(0, 4))) {
      CloseBecause(
          Concat("not Hadoop IPC: the first bytes are ", absl::BytesToHexString(ToAbsl(in))));
    }
    return false;
  }
  const uint8_t version = static_cast<uint8_t>(in[4]);
  const uint8_t auth = static_cast<uint8_t>(in[6]);
  if (!in.starts_with(kIpcMagic)) {
    CloseBecause(Concat("not Hadoop IPC: the first bytes are ",
                        absl::BytesToHexString(ToAbsl(in.substr(0, kIpcHelloBytes)))));
    return false;
  }
  if (version != kIpcVersion) {
    const std::string text = Concat("Server IPC version ", kIpcVersion,
                                    " cannot communicate with client version ", version);
    constexpr char kVersionMismatch[] = "org.apache.hadoop.ipc.RPC$VersionMismatch";
    if (version > kIpcVersion) {
      Fatal({}, kVersionMismatch, text, RpcResponseHeaderProto::FATAL_VERSION_MISMATCH);
    } else {
      if (version >= 3) {
        // What clients before version 9 read as an answer: call id, status, class, text.
        Encoder encoder(&output_);
        encoder.U32(0xffffffff);
        encoder.U32(0xffffffff);
        for (const std::string_view part :
             {std::string_view(kVersionMismatch), std::string_view(text)}) {
          encoder.U32(static_cast<uint32_t>(part.size()));
          encoder.Raw(part);
        }
      }
      CloseBecause(text);
    }
    return false;
  }
  if (auth != kAuthNone && auth != kAuthSasl) {
    Fatal({}, "org.apache.hadoop.ipc.IpcException",
          Concat("Unknown auth protocol:", static_cast<int>(static_cast<int8_t>(auth))),
          RpcResponseHeaderProto::FATAL_UNAUTHORIZED);
    return false;
  }
  state_ = auth == kAuthSasl ? State::kNegotiating : State::kContext;
  at_ += kIpcHelloBytes;
  return true;
}

uint32_t IpcSession::MaxFrameBytes() const {
  // What sets a connection up is small; only who has said who it is may fill more memory.
  return state_ == State::kOpen ? limits_.max_frame_bytes
                                : std::min(limits_.max_frame_bytes, limits_.max_header_bytes);
}

size_t IpcSession::memory_bytes() const {
  return sizeof *this + buffer_.capacity() + output_.capacity() + user_.capacity() +
         header_.SpaceUsedLong() + request_header_.SpaceUsedLong();
}

bool IpcSession::Next(IpcCall* call) {
  while (!closing_) {
    if (state_ == State::kHello) {
      if (!ReadHello()) return false;
      continue;
    }
    const std::string_view in = std::string_view(buffer_).substr(at_);
    if (in.size() < 4) break;
    const uint32_t size = Decoder(in).U32();
    if (size > MaxFrameBytes()) {
      CloseBecause(Concat("a frame of ", static_cast<int32_t>(size), " bytes; the limit is ",
                          MaxFrameBytes(),
                          state_ == State::kOpen ? "" : " until the connection is set up"));
      return false;
    }
    if (in.size() - 4 < size) break;
    at_ += 4 + size;
    ++frames_;
    const bool is_call = ReadFrame(in.substr(4, size), call);
    if (std::exchange(large_headers_, false)) {
      header_ = RpcRequestHeaderProto();
      request_header_ = ::hadoop::common::RequestHeaderProto();
    }
    if (is_call) return true;
  }
  if (!closing_ && at_ == buffer_.size()) {
    at_ = 0;
    if (buffer_.capacity() > kKeepBufferBytes) {
      std::string().swap(buffer_);
    } else {
      buffer_.clear();
    }
  }
  return false;
}

bool IpcSession::ReadHeader(std::string_view* frame, const CallIdentity& identity,
                            const char* unreadable, google::protobuf::MessageLite* header) {
  std::string_view bytes;
  const bool whole = TakeDelimited(frame, &bytes);
  if (whole && bytes.size() > limits_.max_header_bytes) {
    Fatal(identity, kRpcServerException,
          Concat("IPC server received a call header of ", bytes.size(), " bytes; the limit is ",
                 limits_.max_header_bytes),
          RpcResponseHeaderProto::FATAL_INVALID_RPC_HEADER);
    return false;
  }
  if (bytes.size() > kKeepHeaderBytes) large_headers_ = true;
  if (!whole || !header->ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    Fatal(identity, kRpcServerException, unreadable,
          RpcResponseHeaderProto::FATAL_DESERIALIZING_REQUEST);
    return false;
  }
  return true;
}

bool IpcSession::ReadFrame(std::string_view frame, IpcCall* call) {
  if (!ReadHeader(&frame, {}, "IPC server unable to read call header", &header_)) return false;
  CallIdentity identity{.call_id = header_.callid(),
                        .retry_count = header_.retrycount(),
                        .client_id = header_.clientid()};
  const auto bad_header = [&](std::string text) {
    Fatal(identity, kRpcServerException, std::move(text),
          RpcResponseHeaderProto::FATAL_INVALID_RPC_HEADER);
    return false;
  };
  if (!header_.has_rpcop()) return bad_header("IPC server received RPC header without rpcOp");
  if (header_.rpcop() != RpcRequestHeaderProto::RPC_FINAL_PACKET) {
    return bad_header(Concat("IPC server does not implement rpc header operation ",
                             RpcRequestHeaderProto::OperationProto_Name(header_.rpcop())));
  }
  if (!header_.has_rpckind()) return bad_header("IPC server received RPC header without rpcKind");
  if (!identity.client_id.empty() && identity.client_id.size() != 16) {
    return bad_header(Concat("IPC server received a client id of ", identity.client_id.size(),
                             " bytes; it has 16 or none"));
  }
  if (identity.call_id < 0) {
    switch (identity.call_id) {
      case kContextCallId:
        ReadContext(identity, frame);
        return false;
      case kPingCallId:
        return false;
      case kSaslCallId:
        ReadSasl(identity, frame);
        return false;
      default:
        return bad_header(Concat("Unknown out of band call #", identity.call_id));
    }
  }
  if (state_ != State::kOpen) {
    return bad_header("Connection context not established");
  }
  if (header_.rpckind() != ::hadoop::common::RPC_PROTOCOL_BUFFER) {
    Fatal(identity, kRpcServerException,
          Concat("Unknown rpc kind in rpc header ",
                 ::hadoop::common::RpcKindProto_Name(header_.rpckind())),
          RpcResponseHeaderProto::FATAL_INVALID_RPC_HEADER);
    return false;
  }
  constexpr char kUnreadable[] = "IPC server unable to read call parameters";
  if (!ReadHeader(&frame, identity, kUnreadable, &request_header_)) return false;
  std::string_view request;
  if (!TakeDelimited(&frame, &request)) {
    Fatal(identity, kRpcServerException, kUnreadable,
          RpcResponseHeaderProto::FATAL_DESERIALIZING_REQUEST);
    return false;
  }
  call->identity = std::move(identity);
  call->protocol = request_header_.declaringclassprotocolname();
  call->protocol_version = request_header_.clientprotocolversion();
  call->method = request_header_.methodname();
  call->request.assign(request);
  call->state_id.reset();
  if (header_.has_stateid()) call->state_id = header_.stateid();
  return true;
}

void IpcSession::ReadContext(const CallIdentity& identity, std::string_view body) {
  const CallIdentity of_connection{.call_id = kNoCallId, .client_id = identity.client_id};
  if (state_ == State::kOpen) {
    return Fatal(of_connection, kRpcServerException, "Connection context already processed",
                 RpcResponseHeaderProto::FATAL_INVALID_RPC_HEADER);
  }
  if (state_ == State::kNegotiating) {
    return Fatal(of_connection, kRpcServerException,
                 "Connection header sent during SASL negotiation",
                 RpcResponseHeaderProto::FATAL_INVALID_RPC_HEADER);
  }
  ::hadoop::common::IpcConnectionContextProto context;
  if (!TakeMessage(&body, &context)) {
    return Fatal(of_connection, kRpcServerException, "IPC server unable to read connection context",
                 RpcResponseHeaderProto::FATAL_DESERIALIZING_REQUEST);
  }
  const std::string& effective = context.userinfo().effectiveuser();
  const std::string& real = context.userinfo().realuser();
  const std::string_view user = ShortName(effective);
  if (user.empty()) {
    return Fatal(of_connection, "org.apache.hadoop.security.AccessControlException",
                 "The connection context names no user.",
                 RpcResponseHeaderProto::FATAL_UNAUTHORIZED);
  }
  if (effective.size() > limits_.max_user_bytes || real.size() > limits_.max_user_bytes) {
    return Fatal(of_connection, "org.apache.hadoop.security.AccessControlException",
                 Concat("The user name is longer than ", limits_.max_user_bytes, " bytes."),
                 RpcResponseHeaderProto::FATAL_UNAUTHORIZED);
  }
  if (!IsUtf8(effective) || !IsUtf8(real)) {
    // It would stand as an owner in answers whose text fields every client reads as UTF-8.
    return Fatal(of_connection, "org.apache.hadoop.security.AccessControlException",
                 Concat("The user name ", absl::CHexEscape(effective), " is not UTF-8."),
                 RpcResponseHeaderProto::FATAL_UNAUTHORIZED);
  }
  if (!real.empty() && real != effective) {
    return Fatal(of_connection, "org.apache.hadoop.security.authorize.AuthorizationException",
                 Concat("User: ", real, " is not allowed to impersonate ", effective),
                 RpcResponseHeaderProto::FATAL_UNAUTHORIZED);
  }
  user_ = std::string(user);
  state_ = State::kOpen;
}

void IpcSession::ReadSasl(const CallIdentity& identity, std::string_view body) {
  RpcSaslProto message;
  if (!TakeMessage(&body, &message)) {
    return Fatal({.call_id = kSaslCallId, .client_id = identity.client_id}, kRpcServerException,
                 "IPC server unable to read SASL message",
                 RpcResponseHeaderProto::FATAL_DESERIALIZING_REQUEST);
  }
  const CallIdentity sasl{.call_id = kSaslCallId};
  const auto refuse = [&](std::string text) {
    Fatal(sasl, "javax.security.sasl.SaslException", std::move(text),
          RpcResponseHeaderProto::FATAL_UNAUTHORIZED);
  };
  if (state_ == State::kOpen) return refuse("SASL message after the connection was set up");
  switch (message.state()) {
    case RpcSaslProto::NEGOTIATE: {
      if (state_ != State::kNegotiating) return refuse("Client already attempted negotiation");
      RpcSaslProto success;
      success.set_state(RpcSaslProto::SUCCESS);
      AppendSuccess(sasl, std::nullopt, success, &output_);
      state_ = State::kContext;
      return;
    }
    case RpcSaslProto::INITIATE:
      // A client that picks SIMPLE goes on at once and expects no answer.
      if (message.auths_size() == 1 && message.auths(0).method() == "SIMPLE") {
        state_ = State::kContext;
        return;
      }
      return refuse(Concat("Client requested ",
                           message.auths_size() > 0 ? message.auths(0).method() : "no method",
                           ", but only SIMPLE authentication is enabled"));
    default:
      return refuse(
          Concat("Client sent unsupported state ", RpcSaslProto::SaslState_Name(message.state())));
  }
}

}  // namespace jfs::net::hadoop
