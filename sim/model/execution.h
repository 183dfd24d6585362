#ifndef SIM_MODEL_EXECUTION_H_
#define SIM_MODEL_EXECUTION_H_

#include <string>

#include "sim/model/reference_namespace.h"

namespace jfs::sim::model {

// The rules of every mutating call. Each overload works on `state`, throws its refusal, or answers;
// `changed` says whether anything became different.
class ReferenceNamespace::Execution {
 public:
  Execution(State state, const ns::Command& command, uint64_t now)
      : state_(std::move(state)), command_(command), caller_(command.caller), now_(now) {}

  ns::Value operator()(const ns::Mkdirs& call);
  ns::Value operator()(const ns::Create& call);
  ns::Value operator()(const ns::AddBlock& call);
  ns::Value operator()(const ns::Complete& call);
  ns::Value operator()(const ns::Delete& call);
  ns::Value operator()(const ns::Rename& call);
  ns::Value operator()(const ns::Rename2& call);
  ns::Value operator()(const ns::SetTimes& call);
  ns::Value operator()(const ns::SetPermission& call);
  ns::Value operator()(const ns::SetOwner& call);
  ns::Value operator()(const ns::ImportFile& call);
  ns::Value operator()(const ns::CreateNamespace& call);
  ns::Value operator()(const ns::Advance& call);
  ns::Value operator()(const ns::FinishDeletes& call);
  ns::Value operator()(const ns::SetLimits& call);
  template <typename Call>
  ns::Value operator()(const Call&) {
    throw Refusal{"java.lang.UnsupportedOperationException", "This call is not supported yet"};
  }

  bool changed() const { return changed_; }
  State& state() { return state_; }

 private:
  // The tree of the command's namespace. REQUIRES: it exists.
  Tree& root();
  // Puts `node` (null: nothing) at `names`; the directory it is in gets the present time.
  void Put(const Names& names, const Tree& node);
  // Makes the node at `names` like this one; nothing is changed if it is already.
  void Update(const Names& names, const Node& node);
  // Throws if an entry `name` may not be added to the directory at `parent`.
  void CheckLimits(const Names& parent, const std::string& name, bool new_in_parent = true) const;
  // Makes the directories above the last name that are missing, with `mode` and everything for
  // their owner to enter them.
  void MakeParents(const Walk& walk, uint16_t mode);
  void CheckParentExists(const Walk& walk) const;
  Node NewNode(const std::string& group, uint16_t mode);

  // A file being written, found by id or path, that `holder` has open.
  struct OpenFile {
    Names names;
    Tree node;
  };
  OpenFile FindOpen(const std::string& path, ns::InodeId id, const std::string& holder);

  State state_;
  const ns::Command& command_;
  const ns::Caller& caller_;
  const uint64_t now_;
  bool changed_ = false;
};

}  // namespace jfs::sim::model

#endif  // SIM_MODEL_EXECUTION_H_
