#ifndef SIM_MODEL_REFERENCE_NAMESPACE_H_
#define SIM_MODEL_REFERENCE_NAMESPACE_H_

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/ns/reply.h"
#include "core/ns/request.h"
#include "sim/model/permission.h"
#include "sim/model/refusal.h"
#include "sim/model/tree.h"

namespace jfs::sim::model {

// What a call must be answered with.
struct Outcome {
  std::optional<Refusal> refusal;
  ns::Value value;  // without refusal
  // Mutations counted up to and including this call, as it was when the call was first executed.
  uint64_t sequence = 0;
  // The call had been executed before: this is its first answer once more.
  bool repeated = false;
};

// The namespace as HDFS's client protocol describes it, written from that description alone and for
// clarity only: plain recursion over a tree of maps, everything counted anew whenever it is asked
// for, nothing of core/ns but the data that goes in and out. What core/ns answers is held against
// it. Past versions stay readable by their number until they are forgotten.
class ReferenceNamespace {
 public:
  // Numbers of the first things made. The description fixes only that they rise.
  struct FirstIds {
    ns::InodeId inode = 16385;
    ns::BlockId block = 1073741825;
    uint64_t generation_stamp = 1001;
  };

  ReferenceNamespace() : ReferenceNamespace(FirstIds{}) {}
  explicit ReferenceNamespace(FirstIds first);

  // Executes the commands of one log entry in order; one outcome each. Of a recovery from a mirror
  // the model does not read the rows: it takes them for right.
  std::vector<Outcome> Apply(const ns::CommandBatch& batch);

  // What a recovery that finishes from now on brings back: what `lost` held at that version.
  // REQUIRES: it is not forgotten there.
  void ExpectRecovered(const ReferenceNamespace& lost, uint64_t version);

  // Answers from the newest version, or from an older one. REQUIRES: not forgotten.
  Outcome Read(const ns::ReadRequest& request) const;
  Outcome Read(uint64_t version, const ns::ReadRequest& request) const;

  // Drops all versions older than this one; the newest always stays.
  void Forget(uint64_t version);

  uint64_t sequence() const { return state_.sequence; }
  uint16_t lineage() const { return state_.lineage; }
  // Rises with everything that a read can see: mutations, and safe mode and recoveries, which are
  // none.
  uint64_t version() const { return version_; }
  // Everything in all namespaces as text, one line per inode, with a line of totals before each
  // tree.
  std::string Dump() const;
  // REQUIRES: the namespace exists.
  const Tree& root(ns::NamespaceId ns) const;
  const ns::SetLimits& limits() const { return state_.limits; }
  const std::map<std::string, ns::LeaseId>& leases() const { return state_.leases; }
  bool safe_mode() const { return state_.safe_mode; }
  size_t remembered_calls() const { return remembered_.size(); }

 private:
  struct NamedTree {
    std::string name;
    Tree root;
  };
  using Trees = std::map<ns::NamespaceId, NamedTree>;
  using Leases = std::map<std::string, ns::LeaseId>;

  enum class Recovery { kNone, kLoading, kFinished, kFailed };

  struct Version {
    Trees trees;
    bool safe_mode = false;
    uint64_t sequence = 0;
    Recovery recovery = Recovery::kNone;
    // What is not read, but comes back with a recovery.
    Leases leases = {};
    ns::LeaseId next_lease = 1;
  };

  // All that a command can change. A copy costs little because trees are shared.
  struct State {
    Trees trees;
    FirstIds next;
    ns::SetLimits limits;
    bool safe_mode = false;
    // Of all who have a file open, by name; a name means the same client in all namespaces.
    Leases leases;
    ns::LeaseId next_lease = 1;
    uint64_t sequence = 0;
    uint16_t lineage = 1;
    bool mirror_decided = false;
    Recovery recovery = Recovery::kNone;
    ns::BeginRecovery source;  // what is recovered, and how far that is
    std::string cursor;
    std::shared_ptr<const Version> expected;
    uint64_t least_wall = 0;  // a recovered tree may come from a clock ahead of ours
  };

  struct Remembered {
    Outcome outcome;
    uint64_t log_millis = 0;  // when it was executed
    size_t operation = 0;     // what it was, and whose
    std::string user;
  };

  // One command at work on a copy of the state.
  class Execution;

  Outcome Execute(const ns::Command& command);
  // What a command is answered with because of a recovery; nothing if it is executed.
  std::optional<Outcome> AnswerUnderRecovery(const ns::Command& command) const;
  Version Newest() const;
  void ExpireRemembered();

  State state_;
  uint64_t wall_ = 0;
  uint64_t log_millis_ = 0;
  std::map<ns::CallId, Remembered> remembered_;
  uint64_t oldest_remembered_ = 0;  // no row was executed before
  uint64_t version_ = 0;
  std::map<uint64_t, Version> versions_;
};

// The status of `node` as getFileInfo gives it, or under `name` in a listing.
ns::FileStatus StatusOf(const Node& node, const std::string& name);

// Answers `query` from one tree; throws what it is refused with.
ns::Value Answer(const Tree& root, bool safe_mode, const ns::Caller& caller,
                 const ns::Query& query);

}  // namespace jfs::sim::model

#endif  // SIM_MODEL_REFERENCE_NAMESPACE_H_
