#ifndef NET_HADOOP_IPC_MESSAGE_H_
#define NET_HADOOP_IPC_MESSAGE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "google/protobuf/message_lite.h"

#include "net/hadoop/proto/rpc_header.pb.h"

// What Hadoop IPC version 9 puts on the wire, and what our server and client share of it.
// Source: Hadoop's RpcHeader.proto, IpcConnectionContext.proto, ipc/Server.java and ipc/Client.java
// (3.3 to 3.5).
namespace jfs::net::hadoop {

inline constexpr std::string_view kIpcMagic = "hrpc";
inline constexpr uint8_t kIpcVersion = 9;
inline constexpr size_t kIpcHelloBytes = 7;
inline constexpr uint8_t kAuthNone = 0x00;
inline constexpr uint8_t kAuthSasl = 0xdf;

inline constexpr int32_t kContextCallId = -3;
inline constexpr int32_t kPingCallId = -4;
inline constexpr int32_t kSaslCallId = -33;
inline constexpr int32_t kNoCallId = -1;  // of errors that belong to the connection

inline constexpr char kClientProtocol[] = "org.apache.hadoop.hdfs.protocol.ClientProtocol";
inline constexpr char kNamenodeProtocol[] =
    "org.apache.hadoop.hdfs.server.protocol.NamenodeProtocol";
inline constexpr char kHaServiceProtocol[] = "org.apache.hadoop.ha.HAServiceProtocol";
inline constexpr char kGetUserMappingsProtocol[] =
    "org.apache.hadoop.tools.GetUserMappingsProtocol";
inline constexpr char kRefreshUserMappingsProtocol[] =
    "org.apache.hadoop.security.RefreshUserMappingsProtocol";
// Ours, on the same port: status, administration and import (docs/formats/jindo-protocol.md).
inline constexpr char kJindoProtocol[] = "jfs.JindoProtocol";

// Names a call for its answer.
struct CallIdentity {
  int32_t call_id = kNoCallId;
  int32_t retry_count = -1;
  std::string client_id;  // 16 bytes, or empty
};

// A failed call as the client will see it: ERROR keeps the connection, FATAL (detail from 10 on)
// ends it.
struct IpcError {
  std::string exception_class;  // full Java name
  // Its first line is what users read, and programs compare.
  std::string message;
  ::hadoop::common::RpcResponseHeaderProto::RpcErrorCodeProto detail =
      ::hadoop::common::RpcResponseHeaderProto::ERROR_APPLICATION;
};

// Appends one response frame. `state_id`, if set, is the position that the answer reflects.
void AppendSuccess(const CallIdentity& call, std::optional<int64_t> state_id,
                   const google::protobuf::MessageLite& response, std::string* out);
// The same for a response that is serialized already.
void AppendSuccess(const CallIdentity& call, std::optional<int64_t> state_id,
                   std::string_view response, std::string* out);
void AppendError(const CallIdentity& call, std::optional<int64_t> state_id, const IpcError& error,
                 std::string* out);

// Client side: the seven bytes, the connection context, one call.
std::string EncodeHello(uint8_t auth);
void AppendContext(std::string_view client_id, std::string_view user, std::string_view protocol,
                   std::string* out);
void AppendCall(const CallIdentity& call, std::string_view protocol, uint64_t version,
                std::string_view method, std::string_view request, std::string* out);

// Reads one varint-delimited part off the front of *in. False if it is not whole.
bool TakeDelimited(std::string_view* in, std::string_view* part);
// And parses it, without copying it first. False also if a required field is missing.
bool TakeMessage(std::string_view* in, google::protobuf::MessageLite* message);

}  // namespace jfs::net::hadoop

#endif  // NET_HADOOP_IPC_MESSAGE_H_
