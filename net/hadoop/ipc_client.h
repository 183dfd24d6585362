#ifndef NET_HADOOP_IPC_CLIENT_H_
#define NET_HADOOP_IPC_CLIENT_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "google/protobuf/message_lite.h"

#include "core/base/random.h"
#include "core/base/time.h"
#include "net/hadoop/ipc_message.h"
#include "net/socket.h"

namespace jfs::net::hadoop {

// Cuts what a server sends into answers. Pure; bytes may be anything.
class ResponseDecoder {
 public:
  explicit ResponseDecoder(uint32_t max_frame_bytes = 128 << 20)
      : max_frame_bytes_(max_frame_bytes) {}

  struct Response {
    int32_t call_id = 0;
    std::optional<IpcError> error;
    bool fatal = false;  // the server closes after this
    std::optional<int64_t> state_id;
    std::string body;  // serialized response message
  };
  void Feed(std::string_view bytes);
  // True if a response is whole; false if more bytes are needed. DataLoss: not Hadoop IPC; give the
  // connection up.
  absl::StatusOr<bool> Next(Response* response);

 private:
  uint32_t max_frame_bytes_;
  std::string buffer_;
  size_t at_ = 0;
};

// Client of a group of masters over Hadoop IPC (SIMPLE): finds the one that leads, keeps any number
// of calls under way, and repeats them with the same client id and call id after a fail-over, so
// that each is done once. Blocks only in Poll and Call. One thread at a time.
//
// What it does with errors is what Hadoop's own HA client does: StandbyException and a lost
// connection lead to the next address, RetriableException to the same one again, both after a
// growing pause; every other error is the answer.
class IpcClient {
 public:
  struct Options {
    std::vector<HostPort> addresses;  // at least one
    std::string user;
    std::string client_id;  // 16 bytes; empty: random
    Duration connect_timeout = 3 * kSecond;
    // A server that owes an answer and sends nothing for this long is taken for dead.
    Duration answer_timeout = 30 * kSecond;
    // The first fail-over comes at once, then base · 2^n up to max, each between half and one and a
    // half of it. Hadoop's own values are 500 ms and 15 s.
    Duration backoff_base = 50 * kMillisecond;
    Duration backoff_max = 2 * kSecond;
    // A call that has no answer after this time fails. 0: never.
    Duration give_up_after = 60 * kSecond;
    uint32_t max_response_bytes = 128 << 20;
  };

  struct Result {
    uint64_t tag = 0;
    int32_t call_id = 0;
    // Not OK: there was no answer; the call may or may not have happened. Says what was tried.
    absl::Status status;
    std::optional<IpcError> error;  // the server's refusal
    std::string response;           // serialized, if there is no error
    std::optional<int64_t> state_id;
    uint32_t attempts = 0;
    bool ok() const { return status.ok() && !error.has_value(); }
  };

  explicit IpcClient(Options options);
  ~IpcClient();
  IpcClient(const IpcClient&) = delete;
  IpcClient& operator=(const IpcClient&) = delete;

  // Queues a call; `tag` comes back with its result. Returns its call id.
  int32_t Submit(std::string_view protocol, std::string_view method, std::string request,
                 uint64_t tag = 0);
  int32_t Submit(std::string_view protocol, std::string_view method,
                 const google::protobuf::MessageLite& request, uint64_t tag = 0);

  // Sends and receives until there is at least one result, nothing is under way, or `max_wait` has
  // passed (0: only what is possible at once). Appends to *results.
  void Poll(Duration max_wait, std::vector<Result>* results);

  // One call and its answer. REQUIRES: nothing else is under way.
  Result Call(std::string_view protocol, std::string_view method,
              const google::protobuf::MessageLite& request);

  // `count` call ids for operations inside a call (importBatch), which no other call of this client
  // will have.
  int32_t ReserveCallIds(int32_t count);

  size_t outstanding() const { return calls_.size(); }
  const std::string& client_id() const { return options_.client_id; }
  // The master that answers at present, or is tried.
  const HostPort& current() const { return options_.addresses[address_]; }
  uint64_t failovers() const { return failovers_; }

 private:
  enum class State : uint8_t { kIdle, kConnecting, kOpen };
  struct Pending {
    uint64_t tag = 0;
    std::string protocol, method, request;
    uint32_t attempts = 0;
    bool sent = false;  // on the present connection
    Micros submitted;
    Micros not_before;     // for RetriableException
    uint32_t retries = 0;  // of RetriableException in a row
  };

  void Advance(Micros now, std::vector<Result>* results);
  void BeginConnect(Micros now);
  void SendDue(Micros now);
  void Write();
  bool Read(std::vector<Result>* results);
  void OnResponse(ResponseDecoder::Response response, std::vector<Result>* results);
  void FailOver(const absl::Status& why);
  void Finish(std::map<int32_t, Pending>::iterator it, Result result, std::vector<Result>* results);
  Duration Backoff(uint32_t n);
  Duration TimeToNextEvent(Micros now) const;

  Options options_;
  Random random_;
  int32_t next_call_id_ = 0;
  std::map<int32_t, Pending> calls_;
  size_t unsent_ = 0;  // of calls_, on the present connection
  State state_ = State::kIdle;
  UniqueFd fd_;
  std::string output_;
  ResponseDecoder decoder_;
  size_t address_ = 0;
  size_t endpoint_ = 0;    // of an address with several
  uint32_t failures_ = 0;  // in a row, without an answer between
  uint64_t failovers_ = 0;
  Micros next_connect_;  // not before
  Micros connect_started_;
  Micros last_received_;
  absl::Status last_error_;
};

// Random bytes for a client id.
std::string RandomClientId();

}  // namespace jfs::net::hadoop

#endif  // NET_HADOOP_IPC_CLIENT_H_
