#ifndef SIM_MODEL_EXECUTION_H_
#define SIM_MODEL_EXECUTION_H_

#include <cstddef>
#include <optional>
#include <string>

#include "sim/model/acl.h"
#include "sim/model/quota.h"
#include "sim/model/reference_namespace.h"

namespace jfs::sim::model {

// The holder of files that wait for the recovery of their last block since their lease ran out.
inline constexpr char kMaster[] = "HDFS_NameNode";

// The rules of every mutating call. Each overload works on `state`, throws its refusal, or answers;
// `changed` says whether anything became different. What a call did before it was refused is not
// done, except what it kept.
class ReferenceNamespace::Execution {
 public:
  Execution(const State& state, const ns::Command& command, uint64_t now)
      : state_(state),
        kept_(state),
        command_(command),
        caller_(command.caller),
        ns_(command.ns),
        now_(now) {}

  // The one entrance: what comes before the rules of the call itself, the call, and what its
  // changes bring about.
  ns::Value Run();

  // tree_calls.cc: names.
  ns::Value operator()(const ns::Mkdirs& call);
  ns::Value operator()(const ns::Create& call);
  ns::Value operator()(const ns::Delete& call);
  ns::Value operator()(const ns::ImportFile& call);
  ns::Value operator()(const ns::CreateNamespace& call);
  ns::Value operator()(const ns::Advance& call);
  ns::Value operator()(const ns::FinishDeletes& call);
  ns::Value operator()(const ns::SetLimits& call);
  ns::Value operator()(const ns::SetSafeMode& call);
  ns::Value operator()(const ns::SetMirror& call);
  ns::Value operator()(const ns::MirrorProgress& call);
  ns::Value operator()(const ns::DisableMirror& call);
  // recovery.cc
  ns::Value operator()(const ns::BeginRecovery& call);
  ns::Value operator()(const ns::LoadRows& call);
  ns::Value operator()(const ns::FinishRecovery& call);
  ns::Value operator()(const ns::ClaimRecovered& call);
  // rename_calls.cc
  ns::Value operator()(const ns::Rename& call);
  ns::Value operator()(const ns::Rename2& call);
  // attribute_calls.cc
  ns::Value operator()(const ns::SetTimes& call);
  ns::Value operator()(const ns::SetPermission& call);
  ns::Value operator()(const ns::SetOwner& call);
  ns::Value operator()(const ns::SetReplication& call);
  ns::Value operator()(const ns::SetQuota& call);
  ns::Value operator()(const ns::SetAccessTime& call);
  ns::Value operator()(const ns::ModifyAclEntries& call);
  ns::Value operator()(const ns::RemoveAclEntries& call);
  ns::Value operator()(const ns::RemoveDefaultAcl& call);
  ns::Value operator()(const ns::RemoveAcl& call);
  ns::Value operator()(const ns::SetAcl& call);
  ns::Value operator()(const ns::SetXAttr& call);
  ns::Value operator()(const ns::RemoveXAttr& call);
  // writing_calls.cc: one writer and his blocks.
  ns::Value operator()(const ns::Append& call);
  ns::Value operator()(const ns::AddBlock& call);
  ns::Value operator()(const ns::Complete& call);
  ns::Value operator()(const ns::AbandonBlock& call);
  ns::Value operator()(const ns::Fsync& call);
  ns::Value operator()(const ns::UpdateBlockForPipeline& call);
  ns::Value operator()(const ns::UpdatePipeline& call);
  // content_calls.cc: closed files; leases that end otherwise than by their holder.
  ns::Value operator()(const ns::Truncate& call);
  ns::Value operator()(const ns::Concat& call);
  ns::Value operator()(const ns::RecoverLease& call);
  ns::Value operator()(const ns::ReleaseLease& call);

  // What is to become the state: after an answer, and after a refusal.
  struct Result {
    State state;
    bool changed = false;
  };
  Result answered() { return {std::move(state_), changed_}; }
  Result refused() { return {std::move(kept_), kept_changed_}; }

 private:
  // The tree that the call is about. REQUIRES: it exists.
  Tree& root();
  // Follows `path` in it; every directory on the way must let the caller pass.
  Walk Resolve(const std::string& path, Purpose purpose = Purpose::kOther);
  // Puts `node` (null: nothing) at `names`; the directory it is in gets the present time.
  void Put(const Names& names, const Tree& node);
  // Puts what is new there: limits and quotas must allow it, and a default ACL is inherited.
  void Add(const Names& names, Node node, std::optional<uint16_t> unmasked);
  // Makes the node at `names` like this one; nothing is changed if it is already.
  void Update(const Names& names, const Node& node);
  // What has been done so far stays done, even if the call is refused in the end.
  void Keep();

  // Throws if an entry `name` may not be added to the directory at `parent`.
  void CheckLimits(const Names& parent, const std::string& name, bool new_in_parent = true) const;
  // Makes the directories above the last name that are missing, one after the other, with `mode`
  // and everything for their owner to enter them. They stay.
  void MakeParents(const Walk& walk, uint16_t mode, std::optional<uint16_t> unmasked);
  void CheckParentExists(const Walk& walk) const;
  Node NewNode(const std::string& group, uint16_t mode);
  // Applies `change` to the list of the node at `path`.
  template <typename Change>
  ns::Value ChangeAcl(const std::string& path, Change change);

  // ---- Leases ----

  // Makes `holder` the writer of `file`, with the lease he has, or a new one.
  void Open(Node* file, const std::string& holder, const std::string& address);
  void Close(Node* file);
  // Only data servers could say how much there is of the last block of `file`: until they do, it
  // stays open, for `holder`.
  void Wait(Node* file, const std::string& holder, const std::string& address);
  // Leases end with the last file that their holder has open.
  void EndLeases();
  // The file at `names` is to be closed without its writer. Whether it is now; if it has to wait,
  // it does so for `next_holder`.
  bool Release(const Names& names, const std::string& next_holder);
  // The file at the end of the walk is to be opened by `holder`, who calls it `operation`: throws
  // if somebody has it open, unless the leader says that its lease has expired. Does nothing to a
  // closed file.
  void TakeOver(const Walk& walk, const std::string& operation, const std::string& holder,
                ns::LeaseId expired);

  // A file being written, found by id or path, that `holder` has open.
  struct OpenFile {
    Names names;
    Tree node;
  };
  OpenFile FindOpen(const std::string& path, ns::InodeId id, const std::string& holder);
  // The open file that `block` is the incomplete last block of, written by `holder`.
  OpenFile FindByBlock(const ns::Block& block, const std::string& holder);

  State state_;
  State kept_;
  const ns::Command& command_;
  const ns::Caller& caller_;
  ns::NamespaceId ns_;
  const uint64_t now_;
  bool changed_ = false;
  bool kept_changed_ = false;
};

// What a file at the end of `walk` must be for calls about content: there, and a file. `path` is as
// the client sent it. Throws.
void CheckFile(const Walk& walk, const std::string& path);
// The node at the end of `walk` must be there for calls about attributes. Throws.
void CheckExists(const Walk& walk);

// What a call is refused with in safe mode; nothing for those that go on.
std::optional<Refusal> RefusalInSafeMode(const ns::Operation& operation);

inline constexpr uint16_t kModeBits = 01777;

inline Names ParentOf(Names names) {
  names.pop_back();
  return names;
}

}  // namespace jfs::sim::model

#endif  // SIM_MODEL_EXECUTION_H_
