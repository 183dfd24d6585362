#ifndef NET_CLIENT_SERVICE_H_
#define NET_CLIENT_SERVICE_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"

#include "core/base/identity.h"
#include "core/node/io.h"
#include "net/hadoop/ipc_server.h"
#include "net/hadoop/translate.h"
#include "net/jindo/proto/jindo.pb.h"

// Between the clients' calls and the node: decides what a call is, resolves its caller, hands
// commands and reads to the node, and turns the node's replies into answers. Lives on the loop's
// thread.
namespace jfs::net {

struct CallerGroups {
  std::vector<std::string> groups;  // the first is the primary one
  bool superuser = false;
};

// Who belongs to which groups, as this master sees it.
class CallerResolver {
 public:
  virtual ~CallerResolver() = default;
  // What is known now; null: call Resolve. Valid until the next call of either function.
  virtual const CallerGroups* Find(const std::string& user) = 0;
  // Calls `done` on the loop's thread, later, when Find has an answer for `user`, or when there is
  // none to be had for now: then Find still gives null.
  virtual void Resolve(const std::string& user, std::function<void()> done) = 0;
  // Forgets what it learned, so that changes in the system's groups are seen at once.
  virtual void Refresh() {}
};

// The daemon around the service.
class ServiceHost {
 public:
  virtual ~ServiceHost() = default;
  // To the node in this turn, in order. Answered through ClientService::OnReply, each exactly once.
  virtual void Submit(node::ClientCommand command) = 0;
  virtual void Submit(node::ClientRead read) = 0;
  // A client says that it is alive: the leases of `holders` are to last on. True: taken, and
  // answered through OnReply like a read. False: there is nothing to refresh, and a master that
  // leads answers at once.
  virtual bool RenewLeases(node::CallHandle, ns::NamespaceId,
                           const std::vector<std::string>& /*holders*/) {
    return false;
  }

  // The namespace behind a port of the IPC server.
  virtual ns::NamespaceId NamespaceOf(uint32_t listener) = 0;
  // Whether this master leads and is ready, as far as it knows.
  virtual bool Serving() = 0;
  virtual hadoop::LocalState Local(ns::NamespaceId ns) = 0;
  // Of a leader that cannot serve because its namespaces come out of a mirror: how reads are
  // refused meanwhile.
  virtual std::optional<ns::Reply> Recovering() { return std::nullopt; }

  virtual void MetaStatus(::jfs::jindo::MetaStatusResponseProto* out) = 0;
  virtual void StateHash(ns::NamespaceId ns, ::jfs::jindo::StateHashResponseProto* out) = 0;
  // `address` empty: whoever is best. Not OK is shown to the caller.
  virtual absl::Status TransferLeadership(const std::string& address) = 0;
  // A page of the mirrored rows. REQUIRES: Serving(). Not OK is shown to the caller.
  virtual absl::Status MirroredRows(const ::jfs::jindo::MirroredRowsRequestProto& in,
                                    ::jfs::jindo::MirroredRowsResponseProto* out) = 0;
};

class ClientService : public hadoop::CallHandler {
 public:
  struct MethodStats {
    uint64_t calls = 0, errors = 0;
  };

  // All outlive the service. `server` may be set later, but before the first call.
  ClientService(hadoop::ServiceFacts facts, CallerResolver* callers, ServiceHost* host);
  ~ClientService() override;
  void set_server(hadoop::IpcServer* server) { server_ = server; }
  hadoop::ServiceFacts& facts() { return facts_; }

  void OnCall(const hadoop::IncomingCall& call) override;

  // One per command and read that was submitted. A read decided by the leader lease is checked by
  // the host before: it turns a lapsed one into kNotReady.
  void OnReply(const node::ClientReply& reply);

  size_t pending() const { return pending_.size(); }
  // Calls that wait for the groups of a user may take this much memory; who comes beyond that is
  // told to come again.
  static constexpr size_t kMaxParkedBytes = 64 << 20;
  static constexpr size_t kMaxParkedCalls = 10'000;
  // By method name; names that are not served count as "(unknown)".
  const std::map<std::string, MethodStats, std::less<>>& stats() const { return stats_; }

 private:
  // Operations of importBatch, or the reads of one call.
  struct Batch {
    hadoop::CallHandle handle = 0;
    std::optional<hadoop::Plan> plan;  // of the reads
    std::vector<node::ClientReply> replies;
    size_t missing = 0;
    MethodStats* stats = nullptr;
  };
  struct Pending {
    hadoop::CallHandle handle = 0;
    hadoop::Plan plan;             // its action has gone to the node
    std::shared_ptr<Batch> batch;  // set: a part of it
    size_t place = 0;              // in the batch
    MethodStats* stats = nullptr;
  };
  // A call with what is needed of its surroundings, kept while the caller's groups are looked up.
  struct Request {
    hadoop::CallHandle handle = 0;
    uint32_t listener = 0;
    hadoop::IpcCall call;
    std::string user, address;
  };

  // Waits for the groups of `user`, then calls `go_on` with them. Answers the call itself if they
  // do not become known, or if too much waits already: `bytes` is what the call takes meanwhile.
  void Park(hadoop::CallHandle handle, const std::string& user, size_t bytes, MethodStats* stats,
            std::function<void(const CallerGroups&)> go_on);
  void Handle(Request request, const CallerGroups& groups);
  void Carry(Request request, ns::Caller caller, hadoop::Plan plan, MethodStats* stats);
  void ReadAll(hadoop::CallHandle handle, ns::NamespaceId ns, const ns::Caller& caller,
               hadoop::Plan plan, MethodStats* stats);
  void AnswerGroups(hadoop::CallHandle handle, const std::string& user, MethodStats* stats);
  void HandleJindo(const Request& request, const ns::Caller& caller);
  void TransferLeadership(const Request& request, MethodStats* stats);
  void DisableMirror(const Request& request, const ns::Caller& caller, MethodStats* stats);
  void MirroredRows(const Request& request, MethodStats* stats);
  // What a call is told that only a serving master answers.
  hadoop::IpcError NotServing(hadoop::Category category);
  void ImportBatch(const Request& request, const ns::Caller& caller, MethodStats* stats);
  void AnswerNode(const Pending& pending, const node::ClientReply& reply);
  void AnswerBatch(const Batch& batch);
  void AnswerOperations(const Batch& batch);
  void AnswerReads(const Batch& batch);
  void Respond(hadoop::CallHandle handle, std::optional<int64_t> state_id,
               const hadoop::Answer& answer, MethodStats* stats);
  void Succeed(hadoop::CallHandle handle, std::optional<int64_t> state_id,
               std::string_view response);
  void Refuse(hadoop::CallHandle handle, const hadoop::IpcError& error, MethodStats* stats);
  node::CallHandle Remember(Pending pending);
  MethodStats* StatsOf(std::string_view method);

  hadoop::ServiceFacts facts_;
  CallerResolver* const callers_;
  ServiceHost* const host_;
  hadoop::IpcServer* server_ = nullptr;
  absl::flat_hash_map<uint64_t, Pending> pending_;
  uint64_t next_call_ = 1;
  std::map<std::string, MethodStats, std::less<>> stats_;
  size_t parked_calls_ = 0, parked_bytes_ = 0;
  const std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace jfs::net

#endif  // NET_CLIENT_SERVICE_H_
