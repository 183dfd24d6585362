#ifndef SIM_ORACLE_COMMITTED_HISTORY_H_
#define SIM_ORACLE_COMMITTED_HISTORY_H_

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "core/base/bytes.h"
#include "core/base/identity.h"
#include "core/base/mutation.h"
#include "core/kv/memory_store.h"
#include "core/ns/namespace.h"
#include "core/raft/types.h"
#include "sim/model/reference_namespace.h"
#include "sim/world/probes.h"

namespace jfs::sim {

// Names one try of one call of one client: travels in the caller's address, and so into the log.
using Attempt = std::string;

// The one sequence of entries that all nodes must agree on, as the first of them to commit an index
// shows it. Every entry is executed twice: by a namespace of the oracle's own, one entry at a time,
// which says what every node's state must hash to at every index; and by the reference model, which
// says what must be answered. Violations are thrown.
class CommittedHistory {
 public:
  struct Command {
    ns::Command command;
    ns::Reply reply;        // what core/ns answers here, agreed to by the model
    bool repeated = false;  // a retry of a call executed before
  };
  struct Entry {
    raft::Term term;
    raft::Term committed_in;  // the term of who first knew: the leader that committed it
    raft::EntryKind kind = raft::EntryKind::kNoop;
    uint64_t payload_hash = 0;
    uint64_t state_hash = 0;  // after it
    uint64_t sequence = 0;    // of the newest mutation after it
    uint64_t version = 0;     // of the reference model after it
    std::vector<Command> commands;
    SharedBytes payload;
  };

  CommittedHistory(Mutations mutations, Probes* probes);

  // `node`, which is in term `in`, holds `entry` to be committed.
  void Observe(NodeId node, raft::Term in, const raft::Entry& entry);
  uint64_t last() const { return entries_.size(); }
  // REQUIRES: 1 <= index <= last().
  const Entry& at(uint64_t index) const { return entries_[index - 1]; }

  // `node`'s state stands at `index` and hashes to `state_hash`.
  void CheckState(NodeId node, uint64_t index, uint64_t state_hash) const;

  // The reference model's answer as of `index`.
  model::Outcome Read(uint64_t index, const ns::ReadRequest& request) const;

  // `attempt` was answered with "did not happen": it must never be found here.
  void MustNotHappen(const Attempt& attempt);

  // This cluster recovers from the mirror of another one, whose history outlives this.
  void RecoverFrom(const CommittedHistory* lost) { lost_ = lost; }
  // The rows that go to a mirror, as of a position: what a cluster that recovers there must have.
  // Violates if no entry ended there.
  kv::MemoryStore::Map MirroredRowsAt(uint64_t sequence) const;
  // Those of now.
  kv::MemoryStore::Map MirroredRows() const;
  const ns::Namespace& state() const { return *namespace_; }

  // Recounts the rows (ns::Fsck) and walks the whole tree, comparing with the model.
  void CheckTree() const;

  const model::ReferenceNamespace& reference() const { return model_; }
  uint64_t mutations() const { return model_.sequence(); }

 private:
  void Execute(Entry& entry, const raft::Entry& source);
  // Of the entry that brought the state to `sequence`.
  uint64_t IndexOf(uint64_t sequence) const;
  void Compare(uint64_t index, const ns::Command& command, const ns::Reply& reply,
               const model::Outcome& outcome) const;
  // Notes the situations that the workload is meant to reach.
  void CountSituations(const ns::Command& command, const ns::Reply& reply,
                       const model::Outcome& outcome, bool changed) const;
  void CheckDirectory(ns::NamespaceId ns, const std::string& path, const model::Tree& tree) const;

  Mutations mutations_;
  Probes* probes_;
  std::vector<Entry> entries_;
  kv::MemoryStore store_;
  std::unique_ptr<ns::Namespace> namespace_;
  model::ReferenceNamespace model_;
  const CommittedHistory* lost_ = nullptr;
  std::map<ns::CallId, uint64_t> executed_;  // where each call took effect
  std::set<Attempt> committed_attempts_;
  std::set<Attempt> refused_attempts_;
};

}  // namespace jfs::sim

#endif  // SIM_ORACLE_COMMITTED_HISTORY_H_
