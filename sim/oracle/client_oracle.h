#ifndef SIM_ORACLE_CLIENT_ORACLE_H_
#define SIM_ORACLE_CLIENT_ORACLE_H_

#include <cstdint>

#include "core/node/io.h"
#include "core/ns/request.h"
#include "sim/oracle/committed_history.h"
#include "sim/world/probes.h"

namespace jfs::sim {

// The clients' side of the linearizability check: the commit order is the witness, every answer
// names its place in it.
//
// If every answer equals the model's at its position, and every position lies behind all operations
// that had completed before the call began, then ordering the operations by position (reads behind
// the write at the same place) is a legal sequential history that respects real time. A system that
// reports wrong positions gains nothing: whatever passes here is linearizable.
class ClientOracle {
 public:
  ClientOracle(CommittedHistory* history, Probes* probes) : history_(history), probes_(probes) {}

  // A call begins. The position it must not be ordered before.
  uint64_t Invoked() const { return completed_; }

  // The caller has received the answer of a write. REQUIRES: reply.outcome is kReply.
  void WriteCompleted(uint64_t floor, const ns::CallId& call, const node::ClientReply& reply);
  // A node has made the answer of a read; it need not arrive.
  void ReadAnswered(const ns::ReadRequest& request, const node::ClientReply& reply);
  // The caller has received the answer of a read.
  void ReadCompleted(uint64_t floor, const node::ClientReply& reply);

  uint64_t writes_completed() const { return writes_; }
  uint64_t reads_completed() const { return reads_; }

 private:
  void Complete(uint64_t floor, const node::ClientReply& reply);

  CommittedHistory* history_;
  Probes* probes_;
  uint64_t completed_ = 0;  // greatest position of any operation completed
  uint64_t writes_ = 0, reads_ = 0;
};

}  // namespace jfs::sim

#endif  // SIM_ORACLE_CLIENT_ORACLE_H_
