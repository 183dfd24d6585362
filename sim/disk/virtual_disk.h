#ifndef SIM_DISK_VIRTUAL_DISK_H_
#define SIM_DISK_VIRTUAL_DISK_H_

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/any_invocable.h"

#include "core/base/identity.h"
#include "core/base/time.h"
#include "core/log/disk.h"
#include "sim/world/probes.h"
#include "sim/world/world.h"

namespace jfs::sim {

struct DiskOptions {
  uint32_t block_bytes = 512;  // what is written atomically
  Duration latency_low = 60;
  Duration latency_high = 400;
  // Extra time of a request that makes or removes a file.
  Duration file_latency = 500;
};

// The log's disk of one node: carries out core/log's requests in virtual time. What a request
// writes is on the disk when it completes. What is under way at a crash survives block by block in
// any subset. Faults beyond that are ordered from outside (they are budgeted over the cluster):
// errors, no space, hanging, slowness, syncs that lie, misdirected writes, rot, lost directory
// changes, loss of everything.
class VirtualDisk {
 public:
  using Files = std::map<std::string, std::string>;
  using Done = absl::AnyInvocable<void(log::DiskCompletion) &&>;

  VirtualDisk(World* world, Probes* probes, NodeId node, DiskOptions options);

  // Requests are started in the order of these calls and complete in any order. `done` is called
  // once, unless Crash() or Wipe() comes first.
  void Start(const log::DiskRequest& request, Done done);

  // The process or its machine dies: nothing under way completes any more, and what the disk holds
  // is what would be found after a power failure. `may_forget`: whether orders below may make it
  // lose something it had promised in such a way that nothing left on it tells. If not, lying syncs
  // turn out to have been honest, directory changes stay, and damage is taken back where no later
  // write gives it away.
  void Crash(bool may_forget);
  // A new, empty disk.
  void Wipe();

  // What a crash now would leave at worst: nothing that is under way, nothing of what a lying sync
  // holds back.
  Files DurableFiles() const;
  const Files& files() const { return files_; }

  // ---- Faults ----

  // The next request fails with EIO.
  void FailNext() { fail_next_ = true; }
  // An error ordered by FailNext has not met a request yet.
  bool failure_pending() const { return fail_next_; }
  // CreateFile fails with ENOSPC.
  void SetFull(bool full) { full_ = full; }
  void HangUntil(Micros until) { hang_until_ = until; }
  void SlowUntil(Micros until, uint32_t factor);
  // Requests complete without being durable; the next honest sync makes up for it, a crash before
  // it loses any part.
  void LieUntil(Micros until) { lie_until_ = until; }
  // The next write lands elsewhere.
  void MisdirectNext() { misdirect_next_ = true; }
  // The next rename or removal is undone by the next crash.
  void LoseNextRename() { lose_next_rename_ = true; }
  // Flips bits in one block that is in use. False if there is none.
  bool Rot(Identity identity);
  // Whether a crash now would meet requests under way.
  bool writing() const { return !under_way_.empty(); }
  // Whether a crash now could lose anything that had been promised, or something promised is
  // already gone.
  bool untrustworthy() const { return shadow_.has_value() || !undone_.empty() || !damage_.empty(); }
  // Ends every order above. What is damaged stays so.
  void Repair();
  // The log has found damage on this disk, and says so in these words, which name a file and an
  // offset.
  void FoundDamage(std::string_view words) { known_damage_ += words; }
  // Blocks damaged by rot or misdirection that nobody has overwritten since get their intended
  // contents back, except from the offset on of a file that FoundDamage() named: what the log has
  // found and dealt with must not come back to life.
  void RestoreDamage();

 private:
  struct UnderWay {
    log::DiskAction action;
    log::DiskToken token;
    uint64_t started = 0;  // batches_written_ when the request was made
    bool fail = false;
    Done done;
  };
  // A whole write into a segment that has its name: a batch. It says which batches were durable
  // when it was made.
  struct BatchWritten {
    std::string file;
    uint64_t offset = 0;
    uint64_t bytes = 0;
    uint64_t started = 0;  // how many had been completed when it was made
    uint64_t number = 0;   // from 1
  };
  struct Damage {
    std::string intended;
    uint64_t batch = 0;  // the batch it belongs to; 0: long ago
  };
  struct UndoneRename {
    std::string from, to;
    std::optional<std::string> replaced;  // contents of `to` before
    std::optional<std::string> moved;     // contents of `from` (removals: of the file)
  };
  using BlockAt = std::pair<std::string, uint64_t>;

  void Complete(uint64_t number);
  log::DiskCompletion CarryOut(UnderWay& request);
  void WriteBlock(const std::string& file, uint64_t offset, std::string_view block);
  void WriteAll(const std::string& file, uint64_t offset, std::string_view data);
  void Misdirect(const log::WriteFile& write, Identity identity);
  void BeforeChange();
  void CrashUnderWay(const UnderWay& request, Identity identity);
  void CrashShadow();
  void NoteBatch(const log::WriteFile& write, uint64_t started);
  uint64_t BatchAt(const std::string& file, uint64_t offset) const;
  bool GivenAway(const Damage& damage) const;
  void TakeBackSilentDamage();
  void PutBack(const BlockAt& block, const std::string& intended);
  void ForgetDamage(const std::string& file);
  void MoveDamage(const std::string& from, const std::string& to);

  World* world_;
  Probes* probes_;
  NodeId node_;
  DiskOptions options_;
  Files files_;
  uint64_t next_number_ = 1;
  uint64_t crashes_ = 0;
  std::map<uint64_t, UnderWay> under_way_;

  bool fail_next_ = false;
  bool full_ = false;
  bool misdirect_next_ = false;
  bool lose_next_rename_ = false;
  Micros hang_until_, slow_until_, lie_until_;
  uint32_t slow_factor_ = 1;
  // What is really durable while syncs have lied; unset: files_ is.
  std::optional<Files> shadow_;
  std::vector<UndoneRename> undone_;
  // Blocks that do not hold what they should.
  std::map<BlockAt, Damage> damage_;
  std::string known_damage_;  // in the log's own words
  uint64_t batches_written_ = 0;
  std::deque<BatchWritten> recent_batches_;
};

}  // namespace jfs::sim

#endif  // SIM_DISK_VIRTUAL_DISK_H_
