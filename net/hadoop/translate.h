#ifndef NET_HADOOP_TRANSLATE_H_
#define NET_HADOOP_TRANSLATE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/ns/reply.h"
#include "core/ns/request.h"
#include "net/hadoop/ipc_message.h"

// The calls of Hadoop's clients in terms of the namespace, and the namespace's replies in terms of
// Hadoop's protocols. Pure functions over bytes that may be anything. Field meanings: Hadoop's
// ClientNamenodeProtocol.proto and hdfs.proto. What every method of ClientProtocol answers stands
// in docs/client-protocol.md.
namespace jfs::net::hadoop {

// What a master that does not lead says no to, as in "Operation category READ is not supported in
// state standby".
enum class Category : uint8_t { kUnchecked, kRead, kWrite };

// How far a method is served.
enum class Support : uint8_t {
  kServed,
  // What it is about does not exist here, and it answers as HDFS does where that is switched off or
  // was never used: with the same exceptions, or with nothing.
  kFeatureOff,
  // Says no where HDFS would do something, and why.
  kRefused,
};

// Facts about the service that calls are answered from.
struct ServiceFacts {
  uint64_t default_block_size = 128 << 20;
  uint32_t default_replication = 1;
  uint32_t bytes_per_checksum = 512;
  uint32_t write_packet_bytes = 64 << 10;
  uint32_t file_buffer_bytes = 4096;
  uint64_t trash_interval_minutes = 0;
  uint32_t listing_limit = 1000;
  // Data servers known to be alive. There are none before the data service exists.
  uint32_t live_data_servers = 0;
  std::string cluster_id;     // as clients see it: "CID-…"
  std::string block_pool_id;  // "BP-…"; blocks of another pool are refused
  uint32_t namespace_number = 0;
  std::string software_version;
  std::string host_name;  // of this master; refusals in safe mode end with it
};

struct Answer {
  std::string response;  // serialized response message, if there is no error
  std::optional<IpcError> error;
};

// ---- What is to be done for a call ----

// Asks the state machine for a change.
struct Mutation {
  ns::Operation operation;
};
// Asks it for what is there.
struct Read {
  ns::Query query;
};
// Several reads, answered together by AnswerToAll.
struct Reads {
  std::vector<ns::Query> queries;
};
// Answered by the leader, once it is sure that it leads: a read whose answer is only its position.
struct Confirm {};
// Answered from what the master knows about itself.
struct Local {};
// The lease holders that a client says are alive.
struct RenewLease {
  std::vector<std::string> holders;
};
// The groups of a user, as this master sees them.
struct GroupsOf {
  std::string user;
};
// Forget what is remembered of users' groups.
struct RefreshGroups {};
struct Refusal {
  IpcError error;
};

struct Plan;
struct LocalState;

struct Plan {
  Category category = Category::kUnchecked;
  // Set: only superusers may do this, which comes before everything else that `action` says. It is
  // the operation's name in the refusal.
  std::string_view superuser_operation;
  std::variant<Refusal, Mutation, Read, Reads, Confirm, Local, RenewLease, GroupsOf, RefreshGroups>
      action;

  // For the answer; nobody else's business.
  Answer (*answer)(const ServiceFacts&, const Plan&, const ns::Reply&) = nullptr;
  // Of a Read too: then a master that does not lead answers with it.
  Answer (*answer_locally)(const ServiceFacts&, const Plan&, const LocalState&) = nullptr;
  bool answers_refusals = false;  // `answer` also wants to see replies that are not kOk
  std::string subject;            // what the call is about, as the client wrote it: mostly a path
  // Of Reads: all that the call is about, and the first of them that is read now.
  std::vector<std::string> subjects;
  size_t first_subject = 0;
  uint32_t subjects_checksum = 0;
  uint64_t block_bytes = 0;  // of the block that the call is about
  bool names_types = false;  // of listOpenFiles: the client said which ones it means

  // Who asks. To be set between Translate and AnswerTo if the answer depends on it.
  bool needs_caller = false;
  std::string user;
  bool superuser = false;
};

// Decides what to do for one call. Another protocol than ClientProtocol, HAServiceProtocol,
// NamenodeProtocol and the two about users' groups, an unknown method, another version, or a
// request that cannot be parsed is a Refusal.
Plan Translate(const ServiceFacts& facts, std::string_view protocol, uint64_t version,
               std::string_view method, std::string_view request);

// The answer to a call whose plan was a Mutation, a Read or a Confirm, or a RenewLease that the
// namespace took.
// REQUIRES: `reply` answers plan.action (a reply of another kind is a bug).
Answer AnswerTo(const ServiceFacts& facts, const Plan& plan, const ns::Reply& reply);
// To one that was Reads: one reply a query, in order.
Answer AnswerToAll(const ServiceFacts& facts, const Plan& plan,
                   const std::vector<ns::Reply>& replies);

// What a master knows at the moment of a Local call.
struct LocalState {
  enum class Role : uint8_t { kStarting, kLeader, kFollower };
  Role role = Role::kStarting;
  // Totals of the caller's namespace, and the space behind it.
  uint64_t capacity = 0, used = 0, remaining = 0;
  bool safe_mode = false;
};
Answer AnswerLocally(const ServiceFacts& facts, const Plan& plan, const LocalState& state);
// The answers to RenewLease, GroupsOf and RefreshGroups, once that is done.
Answer LeasesRenewedAnswer();
Answer GroupsAnswer(const std::vector<std::string>& groups);
Answer GroupsRefreshedAnswer();

// The methods of a protocol that are answered with more than "unknown method", by name. Empty for
// an unknown protocol.
struct MethodInfo {
  std::string_view name;
  Support support = Support::kServed;
};
std::vector<MethodInfo> MethodsOf(std::string_view protocol);

// ---- Errors in the words of Hadoop ----

// REQUIRES: not kOk
IpcError ErrorOf(const ns::Reply& reply);
IpcError ErrorOf(const ServiceFacts& facts, const ns::Reply& reply);
IpcError StandbyError(Category category);
// The master is there but cannot serve yet, or not now: the client asks it again after a while.
IpcError RetriableError(std::string why);
IpcError IoError(std::string message);
IpcError AccessError(std::string message);
// `operation` may be empty.
IpcError SuperuserError(std::string_view user, std::string_view operation);
IpcError UnsupportedError(std::string message);
IpcError NotFoundError(std::string message);
IpcError IllegalArgumentError(std::string message);  // Hadoop's own class of that name
IpcError InvalidPathError(std::string_view path);
IpcError NoSuchProtocolError(std::string_view protocol);
IpcError NoSuchMethodError(std::string_view protocol, std::string_view method);
IpcError ProtocolVersionError(std::string_view protocol, uint64_t client, uint64_t server);
// `missing`: the required fields that are not there; empty if it is no message at all.
IpcError BadRequestError(std::string_view method, std::string_view missing = {});

}  // namespace jfs::net::hadoop

#endif  // NET_HADOOP_TRANSLATE_H_
