#ifndef CORE_NS_OPERATIONS_H_
#define CORE_NS_OPERATIONS_H_

#include "absl/status/statusor.h"

#include "core/kv/view.h"
#include "core/ns/reply.h"
#include "core/ns/request.h"
#include "core/ns/state.h"

namespace jfs::ns {

// Who calls, in which namespace.
struct CallContext {
  const Caller& caller;
  Directory* root;
};

// One overload per mutating operation on a tree, each with HDFS's results, order of checks and
// refusals (hdfs-client-protocol 3). A refused call has changed nothing, but where HDFS leaves
// something behind as well: directories made before a limit was met, and a file taken from a writer
// that is gone. A status is a read error and terminal.
absl::StatusOr<Reply> Execute(Transaction* tx, const CallContext& call, const Mkdirs& op);
absl::StatusOr<Reply> Execute(Transaction* tx, const CallContext& call, const Create& op);
absl::StatusOr<Reply> Execute(Transaction* tx, const CallContext& call, const AddBlock& op);
absl::StatusOr<Reply> Execute(Transaction* tx, const CallContext& call, const Complete& op);
absl::StatusOr<Reply> Execute(Transaction* tx, const CallContext& call, const Delete& op);
absl::StatusOr<Reply> Execute(Transaction* tx, const CallContext& call, const Rename& op);
absl::StatusOr<Reply> Execute(Transaction* tx, const CallContext& call, const Rename2& op);
absl::StatusOr<Reply> Execute(Transaction* tx, const CallContext& call, const SetTimes& op);
absl::StatusOr<Reply> Execute(Transaction* tx, const CallContext& call, const SetPermission& op);
absl::StatusOr<Reply> Execute(Transaction* tx, const CallContext& call, const SetOwner& op);
absl::StatusOr<Reply> Execute(Transaction* tx, const CallContext& call, const ImportFile& op);
absl::StatusOr<Reply> Execute(Transaction* tx, const CallContext& call, const Append& op);
absl::StatusOr<Reply> Execute(Transaction* tx, const CallContext& call, const AbandonBlock& op);
absl::StatusOr<Reply> Execute(Transaction* tx, const CallContext& call, const Fsync& op);
absl::StatusOr<Reply> Execute(Transaction* tx, const CallContext& call,
                              const UpdateBlockForPipeline& op);
absl::StatusOr<Reply> Execute(Transaction* tx, const CallContext& call, const UpdatePipeline& op);
absl::StatusOr<Reply> Execute(Transaction* tx, const CallContext& call, const RecoverLease& op);
absl::StatusOr<Reply> Execute(Transaction* tx, const CallContext& call, const Truncate& op);
absl::StatusOr<Reply> Execute(Transaction* tx, const CallContext& call, const Concat& op);
absl::StatusOr<Reply> Execute(Transaction* tx, const CallContext& call, const SetReplication& op);
absl::StatusOr<Reply> Execute(Transaction* tx, const CallContext& call, const SetQuota& op);
absl::StatusOr<Reply> Execute(Transaction* tx, const CallContext& call, const SetAccessTime& op);
// In whatever namespaces the holder has files open.
absl::Status ReleaseLeaseNow(Transaction* tx, const ReleaseLease& op);
absl::StatusOr<Reply> Execute(Transaction* tx, const CallContext& call, const ModifyAclEntries& op);
absl::StatusOr<Reply> Execute(Transaction* tx, const CallContext& call, const RemoveAclEntries& op);
absl::StatusOr<Reply> Execute(Transaction* tx, const CallContext& call, const RemoveDefaultAcl& op);
absl::StatusOr<Reply> Execute(Transaction* tx, const CallContext& call, const RemoveAcl& op);
absl::StatusOr<Reply> Execute(Transaction* tx, const CallContext& call, const SetAcl& op);
absl::StatusOr<Reply> Execute(Transaction* tx, const CallContext& call, const SetXAttr& op);
absl::StatusOr<Reply> Execute(Transaction* tx, const CallContext& call, const RemoveXAttr& op);

// Queries; `view` shows what memory shows.
absl::StatusOr<Reply> Answer(const State& state, const kv::View& view, const CallContext& call,
                             const GetFileInfo& query);
absl::StatusOr<Reply> Answer(const State& state, const kv::View& view, const CallContext& call,
                             const GetListing& query);
absl::StatusOr<Reply> Answer(const State& state, const kv::View& view, const CallContext& call,
                             const GetContentSummary& query);
absl::StatusOr<Reply> Answer(const State& state, const kv::View& view, const CallContext& call,
                             const GetBlockLocations& query);
absl::StatusOr<Reply> Answer(const State& state, const kv::View& view, const CallContext& call,
                             const GetLocatedFileInfo& query);
absl::StatusOr<Reply> Answer(const State& state, const kv::View& view, const CallContext& call,
                             const GetQuotaUsage& query);
absl::StatusOr<Reply> Answer(const State& state, const kv::View& view, const CallContext& call,
                             const IsFileClosed& query);
absl::StatusOr<Reply> Answer(const State& state, const kv::View& view, const CallContext& call,
                             const ListOpenFiles& query);
absl::StatusOr<Reply> Answer(const State& state, const kv::View& view, const CallContext& call,
                             const struct CheckAccess& query);
absl::StatusOr<Reply> Answer(const State& state, const kv::View& view, const CallContext& call,
                             const GetAclStatus& query);
absl::StatusOr<Reply> Answer(const State& state, const kv::View& view, const CallContext& call,
                             const GetXAttrs& query);
absl::StatusOr<Reply> Answer(const State& state, const kv::View& view, const CallContext& call,
                             const ListXAttrs& query);

}  // namespace jfs::ns

#endif  // CORE_NS_OPERATIONS_H_
