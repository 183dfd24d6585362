#ifndef NET_OTS_CLIENT_H_
#define NET_OTS_CLIENT_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"

#include "core/base/time.h"
#include "core/ots/exchange.h"
#include "core/ots/retrying_call.h"
#include "core/ots/signature.h"

// Tablestore over HTTP. It carries out what a pure machine emits as ots::Request and
// ots::CallOptions, and returns the ots::Outcome that the simulator's service would; attempts,
// pauses and their judgement are ots::RetryingCall, the same code in both.
namespace jfs::net::ots {

struct ClientOptions {
  // "https://INSTANCE.REGION.ots.aliyuncs.com", without path and query.
  std::string endpoint;
  std::string instance;
  jfs::ots::Credentials credentials;
  // Connections at once; further attempts wait for one, within their time.
  int max_connections = 16;
  Duration connect_timeout = 5 * kSecond;
  // An answer that is larger ends its attempt.
  uint64_t max_answer_bytes = uint64_t{16} << 20;
  // Whether an answer must carry the right digest and signature. An answer that does not counts as
  // none: the attempt is in doubt.
  bool verify_answers = true;
  // A file of certificates to trust instead of the system's; empty: the system's.
  std::string ca_file;
  // Random numbers for pauses; called by the client's thread. Unset: of the system's generator.
  std::function<uint64_t()> jitter;
  // Milliseconds since 1970, for the date in requests. Unset: the system's clock.
  std::function<int64_t()> wall_clock;
  // For deadlines and pauses; called by the client's thread. It must go on while the machine is
  // suspended: a write that waits must not go out, signed anew, long after its deadline, when the
  // caller takes it for refused. Unset: EventLoop::Now.
  std::function<Micros()> clock;
};

struct ClientStats {
  uint64_t calls = 0;      // ended
  uint64_t attempts = 0;   // ended
  uint64_t throttled = 0;  // attempts answered with OTSServerBusy or the like
  uint64_t failed = 0;     // attempts that got no answer
  uint64_t bytes_sent = 0;
  uint64_t bytes_received = 0;  // bodies of answers
};

// Threads: all functions may be called by any thread. The client has one thread of its own, which
// makes the requests and calls back.
class Client {
 public:
  using Done = std::function<void(jfs::ots::Outcome)>;

  // InvalidArgument, naming the option, if one cannot be right. Does not connect.
  static absl::StatusOr<std::unique_ptr<Client>> Create(ClientOptions options);
  // Ends all calls: those not sent are refused, the others unknown; each is called back before this
  // returns. Must not run on the client's own thread.
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // Makes the call and then `done` with its outcome, once, on the client's thread: it must not
  // block. No message of an outcome has a secret in it.
  void Call(jfs::ots::Request request, const jfs::ots::CallOptions& options, Done done);
  // As Call, waiting for the outcome. Must not run on the client's own thread.
  jfs::ots::Outcome CallAndWait(jfs::ots::Request request, const jfs::ots::CallOptions& options);

  ClientStats stats() const;

 private:
  class Impl;
  explicit Client(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace jfs::net::ots

#endif  // NET_OTS_CLIENT_H_
