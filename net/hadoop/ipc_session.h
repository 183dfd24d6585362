#ifndef NET_HADOOP_IPC_SESSION_H_
#define NET_HADOOP_IPC_SESSION_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "google/protobuf/message_lite.h"

#include "net/hadoop/ipc_message.h"

namespace jfs::net::hadoop {

// One call as it came in. What it asks for has not been looked at.
struct IpcCall {
  CallIdentity identity;
  std::string protocol;
  uint64_t protocol_version = 0;
  std::string method;
  std::string request;              // serialized request message
  std::optional<int64_t> state_id;  // the newest position that the client has seen
};

struct IpcLimits {
  // Of one frame from a client; a longer one ends the connection before anything is kept of it.
  // Hadoop's default is 128 MiB, but no call of a name service comes near one.
  uint32_t max_frame_bytes = 8 << 20;
  // Of either header in front of a request, and of a frame before the connection is set up. Refused
  // before it is parsed. Hadoop's own clients send a few hundred bytes: names, a caller context of
  // 128 bytes and its signature.
  uint32_t max_header_bytes = 64 << 10;
  uint32_t max_user_bytes = 1024;
};

// Server side of one connection of Hadoop IPC version 9, as a state machine over bytes: SIMPLE
// only. A client that asks for SASL is told that there is none and goes on as SIMPLE, as clients do
// that hold tokens.
//
// Set-up errors, malformed frames and limits are answered as Hadoop's own server does; afterwards
// closing() is true, nothing more is read, and the caller closes once TakeOutput() has been sent.
class IpcSession {
 public:
  explicit IpcSession(const IpcLimits& limits = {}) : limits_(limits) {}

  // Adds bytes from the client. What is not whole yet stays inside, at most one frame and what was
  // given here.
  void Feed(std::string_view bytes);

  // True and *call if one more call is complete. Handles everything in front of it: set-up, pings.
  // Call again until false, or stop for a while to let calls wait inside.
  bool Next(IpcCall* call);

  // Bytes to send because of what was read (set-up answers, fatal errors); answers to calls are
  // made with AppendSuccess and AppendError. Empties it.
  std::string TakeOutput();

  bool closing() const { return closing_; }
  // Why, for the log; empty for an ordinary end that nobody needs to hear about.
  const std::string& close_reason() const { return close_reason_; }

  // The user the client says it is, known once the first call has come.
  const std::string& user() const { return user_; }
  bool established() const { return state_ == State::kOpen; }
  size_t buffered_bytes() const { return buffer_.size() - at_; }
  // Frames read so far: if it stands still while bytes are buffered, they are of one frame that is
  // not whole yet.
  uint64_t frames() const { return frames_; }
  // All memory that it keeps, read or unread.
  size_t memory_bytes() const;

 private:
  enum class State : uint8_t { kHello, kNegotiating, kContext, kOpen };

  bool ReadHello();
  uint32_t MaxFrameBytes() const;
  // Reads one header off the front of *frame. False after a fatal error, which says `unreadable` if
  // it is no such message.
  bool ReadHeader(std::string_view* frame, const CallIdentity& identity, const char* unreadable,
                  google::protobuf::MessageLite* header);
  // True if it was a call for the caller.
  bool ReadFrame(std::string_view frame, IpcCall* call);
  void ReadContext(const CallIdentity& identity, std::string_view body);
  void ReadSasl(const CallIdentity& identity, std::string_view body);
  void Fatal(const CallIdentity& identity, std::string exception_class, std::string message,
             ::hadoop::common::RpcResponseHeaderProto::RpcErrorCodeProto detail);
  void CloseBecause(std::string reason);

  const IpcLimits limits_;
  State state_ = State::kHello;
  std::string buffer_;
  size_t at_ = 0;  // buffer_ before this has been read
  uint64_t frames_ = 0;
  std::string output_;
  std::string user_;
  bool closing_ = false;
  std::string close_reason_;
  ::hadoop::common::RpcRequestHeaderProto header_;  // reused: parsing into it allocates little
  ::hadoop::common::RequestHeaderProto request_header_;
  bool large_headers_ = false;  // since they were made anew
};

}  // namespace jfs::net::hadoop

#endif  // NET_HADOOP_IPC_SESSION_H_
