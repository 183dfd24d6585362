#ifndef CORE_RAFT_PROGRESS_H_
#define CORE_RAFT_PROGRESS_H_

#include <cstddef>
#include <cstdint>
#include <deque>

#include "core/base/identity.h"
#include "core/base/time.h"
#include "core/raft/types.h"

namespace jfs::raft {

// What a leader knows of one follower. Three states:
//   probe      where the logs agree is being searched: one append at a time
//   replicate  they agree up to next - 1: appends are pipelined optimistically, within a budget
//   snapshot   the entries it needs are gone: nothing is sent until the transfer is over
// Invariants: match < next; in flight only while replicating.
class Progress {
 public:
  enum class State : uint8_t { kProbe, kReplicate, kSnapshot };

  Progress(Member member, LogIndex next) : member_(member), next_(next) {}

  // ---- Who answers ----

  const Member& member() const { return member_; }
  // Not zero: the run of the process that asks to be admitted; nothing it says counts.
  uint64_t session() const { return session_; }
  // Another disk, or another run of a damaged node, answers: nothing known about the one before
  // holds.
  void Replace(Member member, uint64_t session, LogIndex next);
  // The same disk and run, before or after it learned of its admission.
  void SetSession(uint64_t session);

  // The request under way for `asked_session()`.
  uint64_t asked_session() const { return asked_session_; }
  LogIndex admission_index;  // of the kAdmit entry this leader proposed last; zero: none
  Micros admission_proposed_at;
  bool admission_committed = false;

  // ---- Replication ----

  State state() const { return state_; }
  LogIndex match() const { return match_; }
  LogIndex next() const { return next_; }
  LogIndex snapshot_pin() const { return snapshot_pin_; }

  // Whether an append may be sent now, given the budget.
  bool MaySend(size_t max_messages, size_t max_bytes) const;
  // An append with entries up to `last` (next - 1 if none) was sent.
  void Sent(LogIndex last, size_t bytes);
  // The follower has everything up to `index` on disk. Returns whether that was news.
  bool Acknowledged(LogIndex index);
  // An append was refused; the logs may agree up to `agree`, and match falls to it if it was above.
  // Returns whether something is to be sent again.
  bool Refused(LogIndex agree);
  // The follower wants no entries for now and goes on behind `index`.
  void Busy(LogIndex index);
  // A heartbeat interval has passed: what was held back may be tried again.
  void Resume();
  // Nothing was acknowledged since the last call although something is in flight: it may be lost.
  bool Stalled();
  // Searches again from what was acknowledged.
  void Rewind();
  void StartSnapshot(LogIndex pin);
  // The transfer has ended; the follower's own answers will tell how far it is.
  void EndSnapshot(bool ok, LogIndex installed);

  // While entries are being read back from disk nothing else is sent.
  bool reading = false;

  // ---- Liveness ----

  Micros last_heard;
  uint64_t round = 0;  // highest round answered
  bool disk_low = false;

  size_t in_flight_messages() const { return in_flight_.size(); }
  size_t in_flight_bytes() const { return in_flight_bytes_; }

 private:
  void BecomeProbe(LogIndex next);

  struct InFlight {
    LogIndex last;
    size_t bytes;
  };

  Member member_;
  uint64_t session_ = 0;
  uint64_t asked_session_ = 0;
  State state_ = State::kProbe;
  LogIndex match_;
  LogIndex next_;
  LogIndex snapshot_pin_;
  bool held_ = false;        // probe sent, busy, or a transfer failed: wait for an answer or Resume
  bool progressed_ = false;  // acknowledged something since the last Stalled
  std::deque<InFlight> in_flight_;
  size_t in_flight_bytes_ = 0;
};

}  // namespace jfs::raft

#endif  // CORE_RAFT_PROGRESS_H_
