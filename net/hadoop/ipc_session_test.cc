#include "net/hadoop/ipc_session.h"

#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/escaping.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "net/hadoop/ipc_message.h"

// The hex below is what Hadoop's own definitions give for client id 00 01 … 0f and user alice.
namespace jfs::net::hadoop {
namespace {

using testing::HasSubstr;

constexpr char kHelloHex[] = "68727063090000";
constexpr char kContextHex[] =
    "000000551a0802100018052210000102030405060708090a0b0c0d0e0f28013912070a05616c6963651a2e6f72672e"
    "61706163"
    "68652e6861646f6f702e686466732e70726f746f636f6c2e436c69656e7450726f746f636f6c";
constexpr char kGetFileInfoHex[] =
    "0000005f1a0802100018002210000102030405060708090a0b0c0d0e0f28003f0a0b67657446696c65496e666f122e"
    "6f72672e"
    "6170616368652e6861646f6f702e686466732e70726f746f636f6c2e436c69656e7450726f746f636f6c1801030a01"
    "2f";
constexpr char kNoSuchFileHex[] =
    "0000001c1a0800100018093a10000102030405060708090a0b0c0d0e0f400000";
constexpr char kStandbyHex[] =
    "0000004e4d08001001180922266f72672e6170616368652e6861646f6f702e6970632e5374616e6462794578636570"
    "74696f6e"
    "2a077374616e64627930013a10000102030405060708090a0b0c0d0e0f4000";
constexpr char kPingHex[] = "0000001b1a0802100018072210000102030405060708090a0b0c0d0e0f2801";
constexpr char kSaslNegotiateHex[] = "0000000e0a08021000184122002801021001";
constexpr char kSaslSuccessHex[] = "000000120e08dfffffff0f100018093a004001021000";

std::string Hex(const char* hex) { return absl::HexStringToBytes(hex); }
std::string ClientId() { return Hex("000102030405060708090a0b0c0d0e0f"); }

TEST(IpcSession, FirstCallOfAJavaClientByteByByte) {
  // As one piece, and cut at every place.
  const std::string bytes = Hex(kHelloHex) + Hex(kContextHex) + Hex(kGetFileInfoHex);
  for (size_t cut = 0; cut <= bytes.size(); ++cut) {
    SCOPED_TRACE(cut);
    IpcSession session;
    IpcCall call;
    session.Feed(std::string_view(bytes).substr(0, cut));
    bool got = session.Next(&call);
    EXPECT_EQ(got, cut == bytes.size());
    if (!got) {
      session.Feed(std::string_view(bytes).substr(cut));
      got = session.Next(&call);
    }
    ASSERT_TRUE(got);
    EXPECT_EQ(call.identity.call_id, 0);
    EXPECT_EQ(call.identity.client_id, ClientId());
    EXPECT_EQ(call.identity.retry_count, 0);
    EXPECT_EQ(call.method, "getFileInfo");
    EXPECT_EQ(call.protocol, kClientProtocol);
    EXPECT_EQ(call.protocol_version, 1u);
    EXPECT_EQ(call.request, std::string("\x0a\x01/"));
    EXPECT_FALSE(call.state_id.has_value());
    EXPECT_EQ(session.user(), "alice");
    EXPECT_FALSE(session.Next(&call));
    EXPECT_FALSE(session.closing());
    EXPECT_EQ(session.TakeOutput(), "");
    EXPECT_EQ(session.buffered_bytes(), 0u);
  }
}

TEST(IpcSession, AnswersHaveHadoopsBytes) {
  const CallIdentity call{.call_id = 0, .retry_count = 0, .client_id = ClientId()};
  std::string out;
  AppendSuccess(call, std::nullopt, "", &out);
  EXPECT_EQ(absl::BytesToHexString(out), kNoSuchFileHex);
  out.clear();
  AppendError(call, std::nullopt,
              {.exception_class = "org.apache.hadoop.ipc.StandbyException", .message = "standby"},
              &out);
  EXPECT_EQ(absl::BytesToHexString(out), kStandbyHex);
}

TEST(IpcSession, RequestsHaveHadoopsBytes) {
  EXPECT_EQ(absl::BytesToHexString(EncodeHello(kAuthNone)), kHelloHex);
  std::string out;
  AppendContext(ClientId(), "alice", kClientProtocol, &out);
  EXPECT_EQ(absl::BytesToHexString(out), kContextHex);
  out.clear();
  AppendCall({.call_id = 0, .retry_count = 0, .client_id = ClientId()}, kClientProtocol, 1,
             "getFileInfo", std::string("\x0a\x01/"), &out);
  EXPECT_EQ(absl::BytesToHexString(out), kGetFileInfoHex);
}

TEST(IpcSession, PingIsSilentlyDropped) {
  IpcSession session;
  IpcCall call;
  session.Feed(Hex(kHelloHex) + Hex(kContextHex) + Hex(kPingHex) + Hex(kGetFileInfoHex));
  EXPECT_TRUE(session.Next(&call));
  EXPECT_EQ(call.method, "getFileInfo");
  EXPECT_FALSE(session.Next(&call));
  EXPECT_EQ(session.TakeOutput(), "");
}

TEST(IpcSession, ClientWithTokensIsToldToGoOnAsSimple) {
  IpcSession session;
  IpcCall call;
  session.Feed(Hex("687270630900df") + Hex(kSaslNegotiateHex));
  EXPECT_FALSE(session.Next(&call));
  EXPECT_EQ(absl::BytesToHexString(session.TakeOutput()), kSaslSuccessHex);
  session.Feed(Hex(kContextHex) + Hex(kGetFileInfoHex));
  EXPECT_TRUE(session.Next(&call));
  EXPECT_FALSE(session.closing());
}

TEST(IpcSession, ClientThatPicksSimpleByItselfGetsNoAnswer) {
  IpcSession session;
  IpcCall call;
  // INITIATE with SIMPLE, as a 3.5.0 client sent it.
  session.Feed(Hex("687270630900df") +
               Hex("0000001a0a080210001841220028010e1002220a0a0653494d504c451200") +
               Hex(kContextHex) + Hex(kGetFileInfoHex));
  EXPECT_TRUE(session.Next(&call));
  EXPECT_EQ(session.TakeOutput(), "");
}

// What a refused client gets to read.
struct Refusal {
  bool fatal = false;
  int32_t call_id = 0;
  std::string exception_class, message;
  int detail = 0;
};
Refusal ReadRefusal(std::string_view output) {
  Refusal out;
  if (output.size() < 4) {
    ADD_FAILURE() << "no answer";
    return out;
  }
  std::string_view body = output.substr(4);
  ::hadoop::common::RpcResponseHeaderProto header;
  EXPECT_TRUE(TakeMessage(&body, &header));
  EXPECT_TRUE(body.empty());
  EXPECT_EQ(header.serveripcversionnum(), 9u);
  out.fatal = header.status() == ::hadoop::common::RpcResponseHeaderProto::FATAL;
  out.call_id = static_cast<int32_t>(header.callid());
  out.exception_class = header.exceptionclassname();
  out.message = header.errormsg();
  out.detail = header.errordetail();
  return out;
}

std::string Frame(const std::string& body) {
  std::string out(4, '\0');
  for (int i = 0; i < 4; ++i)
    out[static_cast<size_t>(i)] = static_cast<char>(body.size() >> (24 - 8 * i));
  return out + body;
}
std::string Delimited(const google::protobuf::MessageLite& message) {
  const std::string body = message.SerializeAsString();
  EXPECT_LT(body.size(), 128u);
  return std::string(1, static_cast<char>(body.size())) + body;
}
::hadoop::common::RpcRequestHeaderProto Header(int32_t call_id) {
  ::hadoop::common::RpcRequestHeaderProto header;
  header.set_rpckind(::hadoop::common::RPC_PROTOCOL_BUFFER);
  header.set_rpcop(::hadoop::common::RpcRequestHeaderProto::RPC_FINAL_PACKET);
  header.set_callid(call_id);
  header.set_clientid(ClientId());
  return header;
}
std::string ContextOf(const char* effective, const char* real) {
  ::hadoop::common::IpcConnectionContextProto context;
  context.mutable_userinfo()->set_effectiveuser(effective);
  if (real != nullptr) context.mutable_userinfo()->set_realuser(real);
  return Frame(Delimited(Header(kContextCallId)) + Delimited(context));
}

struct SetupCase {
  const char* name;
  std::string bytes;
  int32_t call_id;
  const char* exception_class;
  const char* message;
  int detail;
};

TEST(IpcSession, SetupErrorsAreFatalAndInHadoopsWords) {
  const std::string hello = Hex(kHelloHex), open = hello + Hex(kContextHex);
  auto no_op = Header(0), no_kind = Header(0), continued = Header(0), writable = Header(0),
       odd_client = Header(0);
  no_op.clear_rpcop();
  no_kind.clear_rpckind();
  continued.set_rpcop(::hadoop::common::RpcRequestHeaderProto::RPC_CONTINUATION_PACKET);
  writable.set_rpckind(::hadoop::common::RPC_WRITABLE);
  odd_client.set_clientid("seven b");
  constexpr char kServer[] = "org.apache.hadoop.ipc.RpcServerException";
  constexpr char kAccess[] = "org.apache.hadoop.security.AccessControlException";
  const SetupCase cases[] = {
      {"version 10", Hex("687270630a0000"), -1, "org.apache.hadoop.ipc.RPC$VersionMismatch",
       "Server IPC version 9 cannot communicate with client version 10", 14},
      {"unknown auth", Hex("68727063090051"), -1, "org.apache.hadoop.ipc.IpcException",
       "Unknown auth protocol:81", 15},
      {"negative auth", Hex("687270630900fe"), -1, "org.apache.hadoop.ipc.IpcException",
       "Unknown auth protocol:-2", 15},
      {"user not UTF-8", hello + ContextOf("al\xff", ""), -1, kAccess,
       "The user name al\\xff is not UTF-8.", 15},
      {"proxy user", hello + ContextOf("bob", "oozie"), -1,
       "org.apache.hadoop.security.authorize.AuthorizationException",
       "User: oozie is not allowed to impersonate bob", 15},
      {"no user", hello + ContextOf("", nullptr), -1, kAccess,
       "The connection context names no user.", 15},
      {"only a host", hello + ContextOf("/h@R", nullptr), -1, kAccess,
       "The connection context names no user.", 15},
      {"call before context", hello + Hex(kGetFileInfoHex), 0, kServer,
       "Connection context not established", 12},
      {"second context", open + Hex(kContextHex), -1, kServer,
       "Connection context already processed", 12},
      {"broken header", open + Frame("\xff\xff\xff\xff"), -1, kServer,
       "IPC server unable to read call header", 13},
      {"empty frame", open + Frame(""), -1, kServer, "IPC server unable to read call header", 13},
      {"no rpcOp", open + Frame(Delimited(no_op)), 0, kServer,
       "IPC server received RPC header without rpcOp", 12},
      {"no rpcKind", open + Frame(Delimited(no_kind)), 0, kServer,
       "IPC server received RPC header without rpcKind", 12},
      {"continuation", open + Frame(Delimited(continued)), 0, kServer,
       "IPC server does not implement rpc header operation RPC_CONTINUATION_PACKET", 12},
      {"writable", open + Frame(Delimited(writable)), 0, kServer,
       "Unknown rpc kind in rpc header RPC_WRITABLE", 12},
      {"unknown negative id", open + Frame(Delimited(Header(-7))), -7, kServer,
       "Unknown out of band call #-7", 12},
      {"client id of 7 bytes", open + Frame(Delimited(odd_client)), 0, kServer,
       "IPC server received a client id of 7 bytes; it has 16 or none", 12},
      {"no request", open + Frame(Delimited(Header(5))), 5, kServer,
       "IPC server unable to read call parameters", 13},
      {"SASL when open", open + Hex(kSaslNegotiateHex), kSaslCallId,
       "javax.security.sasl.SaslException", "SASL message after the connection was set up", 15},
      {"negotiate twice", Hex("687270630900df") + Hex(kSaslNegotiateHex) + Hex(kSaslNegotiateHex),
       kSaslCallId, "javax.security.sasl.SaslException", "Client already attempted negotiation",
       15},
  };
  for (const SetupCase& c : cases) {
    SCOPED_TRACE(c.name);
    IpcSession session;
    IpcCall call;
    session.Feed(c.bytes);
    EXPECT_FALSE(session.Next(&call));
    EXPECT_TRUE(session.closing());
    std::string output = session.TakeOutput();
    if (std::string_view(c.name) == "negotiate twice") output.erase(0, Hex(kSaslSuccessHex).size());
    const Refusal got = ReadRefusal(output);
    EXPECT_TRUE(got.fatal);
    EXPECT_EQ(got.call_id, c.call_id);
    EXPECT_EQ(got.exception_class, c.exception_class);
    EXPECT_EQ(got.message, c.message);
    EXPECT_EQ(got.detail, c.detail);
    // Nothing that comes later is looked at.
    session.Feed(Hex(kGetFileInfoHex));
    EXPECT_FALSE(session.Next(&call));
    EXPECT_EQ(session.buffered_bytes(), 0u);
  }
}

TEST(IpcSession, OldClientGetsAnAnswerThatItUnderstands) {
  IpcSession session;
  IpcCall call;
  session.Feed(Hex("68727063080000"));
  EXPECT_FALSE(session.Next(&call));
  EXPECT_TRUE(session.closing());
  const std::string output = session.TakeOutput();
  EXPECT_EQ(output.substr(0, 8), std::string(8, '\xff'));
  EXPECT_THAT(output, HasSubstr("org.apache.hadoop.ipc.RPC$VersionMismatch"));
  EXPECT_THAT(output, HasSubstr("Server IPC version 9 cannot communicate with client version 8"));
}

TEST(IpcSession, BrowserIsToldThatThisIsNotAWebPort) {
  IpcSession session;
  IpcCall call;
  session.Feed("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_FALSE(session.Next(&call));
  EXPECT_TRUE(session.closing());
  const std::string output = session.TakeOutput();
  EXPECT_EQ(output.rfind("HTTP/1.1 404 Not Found\r\n", 0), 0u);
}

TEST(IpcSession, StrangersAreClosedWithoutAWord) {
  for (const char* bytes : {"\x16\x03\x01\x02", "SSH-2.0-x", "hrpb\x09\x01\x01"}) {
    IpcSession session;
    IpcCall call;
    session.Feed(bytes);
    EXPECT_FALSE(session.Next(&call));
    EXPECT_TRUE(session.closing());
    EXPECT_EQ(session.TakeOutput(), "");
    EXPECT_THAT(session.close_reason(), HasSubstr("not Hadoop IPC"));
  }
}

TEST(IpcSession, OversizedFrameEndsTheConnectionBeforeItIsKept) {
  for (const char* length : {"00000401", "ffffffff", "80000000"}) {
    IpcSession session({.max_frame_bytes = 1024});
    IpcCall call;
    session.Feed(Hex(kHelloHex) + Hex(length) + "xx");
    EXPECT_FALSE(session.Next(&call));
    EXPECT_TRUE(session.closing());
    EXPECT_THAT(session.close_reason(), HasSubstr("the limit is 1024"));
    EXPECT_EQ(session.buffered_bytes(), 0u);
  }
}

TEST(IpcSession, FramesBeforeTheConnectionIsSetUpAreSmall) {
  IpcSession session;
  IpcCall call;
  session.Feed(Hex(kHelloHex) + Hex("00010001") + "xx");
  EXPECT_FALSE(session.Next(&call));
  EXPECT_TRUE(session.closing());
  EXPECT_EQ(session.close_reason(),
            "a frame of 65537 bytes; the limit is 65536 until the connection is set up");
}

std::string LongDelimited(const google::protobuf::MessageLite& message) {
  std::string out;
  const std::string body = message.SerializeAsString();
  size_t size = body.size();
  for (; size >= 128; size >>= 7) out += static_cast<char>(size | 0x80);
  out += static_cast<char>(size);
  return out + body;
}

TEST(IpcSession, HeadersAreBoundedBeforeTheyAreParsed) {
  auto header = Header(5);
  ::hadoop::common::RequestHeaderProto request;
  request.set_methodname("getFileInfo");
  request.set_declaringclassprotocolname("p");
  request.set_clientprotocolversion(1);
  const auto refused = [](const std::string& frame, int32_t call_id) {
    IpcSession session;
    IpcCall call;
    session.Feed(Hex(kHelloHex) + Hex(kContextHex) + Frame(frame));
    EXPECT_FALSE(session.Next(&call));
    EXPECT_TRUE(session.closing());
    const Refusal got = ReadRefusal(session.TakeOutput());
    EXPECT_TRUE(got.fatal);
    EXPECT_EQ(got.call_id, call_id);
    EXPECT_EQ(got.exception_class, "org.apache.hadoop.ipc.RpcServerException");
    EXPECT_THAT(got.message, HasSubstr("IPC server received a call header of "));
    EXPECT_THAT(got.message, HasSubstr(" bytes; the limit is 65536"));
    EXPECT_LT(session.memory_bytes(), size_t{4} << 10);
  };
  auto long_header = header;
  long_header.mutable_callercontext()->set_context(std::string(7 << 20, 'c'));
  refused(LongDelimited(long_header) + Delimited(request) + std::string(1, '\0'), -1);
  auto long_request = request;
  long_request.set_methodname(std::string(7 << 20, 'm'));
  refused(Delimited(header) + LongDelimited(long_request) + std::string(1, '\0'), 5);
}

TEST(IpcSession, NothingOfALargeCallIsKept) {
  IpcSession session;
  IpcCall call;
  session.Feed(Hex(kHelloHex) + Hex(kContextHex));
  for (int i = 0; i < 3; ++i) {
    auto header = Header(i);
    header.mutable_callercontext()->set_context(std::string(60'000, 'c'));
    ::hadoop::common::RequestHeaderProto request;
    request.set_methodname(std::string(60'000, 'm'));
    request.set_declaringclassprotocolname("p");
    request.set_clientprotocolversion(1);
    session.Feed(Frame(LongDelimited(header) + LongDelimited(request) + std::string(1, '\0')));
    ASSERT_TRUE(session.Next(&call));
    EXPECT_EQ(call.method.size(), 60'000u);
    ASSERT_FALSE(session.Next(&call));
    EXPECT_LT(session.memory_bytes(), size_t{4} << 10);
  }
}

TEST(IpcSession, KerberosPartsOfTheNameAreStripped) {
  IpcSession session;
  IpcCall call;
  session.Feed(Hex(kHelloHex) + ContextOf("alice/host@EXAMPLE.COM", nullptr) +
               Hex(kGetFileInfoHex));
  EXPECT_TRUE(session.Next(&call));
  EXPECT_EQ(session.user(), "alice");
}

TEST(IpcSession, SameRealUserIsNoImpersonation) {
  IpcSession session;
  IpcCall call;
  session.Feed(Hex(kHelloHex) + ContextOf("alice", "alice") + Hex(kGetFileInfoHex));
  EXPECT_TRUE(session.Next(&call));
}

TEST(IpcSession, StateIdOfTheClientIsPassedOn) {
  auto header = Header(9);
  header.set_stateid(0x1000000000005);
  ::hadoop::common::RequestHeaderProto request;
  request.set_methodname("msync");
  request.set_declaringclassprotocolname("p");
  request.set_clientprotocolversion(1);
  IpcSession session;
  IpcCall call;
  session.Feed(Hex(kHelloHex) + Hex(kContextHex) +
               Frame(Delimited(header) + Delimited(request) + std::string(1, '\0')));
  ASSERT_TRUE(session.Next(&call));
  EXPECT_EQ(call.state_id, 0x1000000000005);
  EXPECT_EQ(call.request, "");
}

}  // namespace
}  // namespace jfs::net::hadoop
