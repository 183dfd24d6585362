#ifndef NET_HADOOP_TRANSLATE_H_
#define NET_HADOOP_TRANSLATE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "core/ns/reply.h"
#include "core/ns/request.h"
#include "net/hadoop/ipc_message.h"

// ClientProtocol's calls in terms of the namespace, and the namespace's replies in terms of
// ClientProtocol. Pure functions over bytes that may be anything. Field meanings: Hadoop's
// ClientNamenodeProtocol.proto and hdfs.proto.
namespace jfs::net::hadoop {

// The calls that are answered.
enum class Method : uint8_t {
  // ClientProtocol: changes of the tree
  kMkdirs,
  kCreate,
  kAddBlock,
  kComplete,
  kDelete,
  kRename,
  kRename2,
  kSetTimes,
  kSetPermission,
  kSetOwner,
  // ClientProtocol: reads of the tree
  kGetFileInfo,
  kGetFileLinkInfo,
  kGetListing,
  kGetContentSummary,
  kGetBlockLocations,
  kGetPreferredBlockSize,
  kIsFileClosed,
  kMsync,
  // ClientProtocol: about the service
  kGetServerDefaults,
  kGetFsStats,
  kGetDatanodeReport,
  kRenewLease,
  kSetSafeMode,
  kGetHaServiceState,
  // HAServiceProtocol
  kGetServiceStatus,
  kMonitorHealth,
  // NamenodeProtocol
  kVersionRequest,
};

// What a master that does not lead says no to, as in "Operation category READ is not supported in
// state standby".
enum class Category : uint8_t { kUnchecked, kRead, kWrite };

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
};

// Asks the state machine; `method` says how its reply becomes the answer.
struct Mutation {
  ns::Operation operation;
};
struct Read {
  ns::Query query;
};
// Answered by the leader, once it is sure that it leads: a read whose answer is only its position.
struct Confirm {};
// Answered from what the master knows about itself.
struct Local {
  // getDatanodeReport and setSafeMode(GET, LEAVE) need nothing more.
};
struct Refusal {
  IpcError error;
};

struct Plan {
  Method method = Method::kGetFileInfo;
  Category category = Category::kUnchecked;
  bool superuser_only = false;
  std::variant<Mutation, Read, Confirm, Local, Refusal> action;
  std::string path;  // as the client wrote it: some answers are checked against it in words
};

// Decides what to do for one call of ClientProtocol, HAServiceProtocol or NamenodeProtocol. Another
// protocol, an unknown method, another version, or a request that cannot be parsed is a Refusal.
Plan Translate(const ServiceFacts& facts, std::string_view protocol, uint64_t version,
               std::string_view method, std::string_view request);

// The answer to a call whose plan was a Mutation, a Read or a Confirm.
// REQUIRES: `reply` answers plan.action (a reply of another kind is a bug).
struct Answer {
  std::string response;  // serialized response message, if there is no error
  std::optional<IpcError> error;
};
Answer AnswerTo(const ServiceFacts& facts, const Plan& plan, const ns::Reply& reply);

// What a master knows at the moment of a Local call.
struct LocalState {
  enum class Role : uint8_t { kStarting, kLeader, kFollower };
  Role role = Role::kStarting;
  // Totals of the caller's namespace, and the space behind it.
  uint64_t capacity = 0, used = 0, remaining = 0;
};
Answer AnswerLocally(const ServiceFacts& facts, const Plan& plan, const LocalState& state);

// ---- Errors in the words of Hadoop ----

IpcError ErrorOf(const ns::Reply& reply);  // REQUIRES: not kOk
IpcError StandbyError(Category category);
// The master is there but cannot serve yet, or not now: the client asks it again after a while.
IpcError RetriableError(std::string why);
IpcError IoError(std::string message);
IpcError AccessError(std::string message);
IpcError NoSuchProtocolError(std::string_view protocol);
IpcError NoSuchMethodError(std::string_view protocol, std::string_view method);
IpcError ProtocolVersionError(std::string_view protocol, uint64_t client, uint64_t server);
IpcError BadRequestError(std::string_view method);

}  // namespace jfs::net::hadoop

#endif  // NET_HADOOP_TRANSLATE_H_
