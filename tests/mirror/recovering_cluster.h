#ifndef TESTS_MIRROR_RECOVERING_CLUSTER_H_
#define TESTS_MIRROR_RECOVERING_CLUSTER_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/mutation.h"
#include "core/base/random.h"
#include "core/mirror/load_cursor.h"
#include "core/mirror/loader.h"
#include "tests/mirror/virtual_service.h"
#include "tests/mirror/written_mirror.h"

namespace jfs::mirror {

// A cluster in recovery, as far as a loader sees it: what is replicated, a leader with a loader,
// and proposals that take a while or are lost.
class RecoveringCluster {
 public:
  struct Options {
    LoadLimits limits;
    Mutations mutations;
    uint64_t seed = 1;
    uint64_t lost_proposals_percent = 0;
    std::string name = "beef";
  };

  RecoveringCluster(const Options& options, VirtualService* service);

  // Takes part in the service's events from now on.
  void Start();
  // The leader is gone with its loader; what it proposed is lost or applied, then another one
  // leads.
  void ChangeLeader();
  // Called with the number of each step, after it.
  void OnStep(std::function<void(uint64_t)> watch) { watch_ = std::move(watch); }

  // Lets time pass until the load has ended, at most so long.
  void RunFor(Duration duration);
  bool ended() const { return failed_.has_value() || cursor_ == Loader::kEnd; }

  // Replicated.
  const std::optional<Fence>& sealed() const { return sealed_; }
  const std::string& cursor() const { return cursor_; }
  const Rows& rows() const { return rows_; }
  const std::optional<std::string>& failed() const { return failed_; }
  Micros sealed_at() const { return sealed_at_; }

  LoadStatus status() const { return loader_->status(); }
  const std::vector<std::string>& notes() const { return notes_; }
  uint64_t steps() const { return steps_; }
  uint64_t chunks_applied() const { return chunks_applied_; }
  uint64_t chunks_refused() const { return chunks_refused_; }

 private:
  void Step();
  void Wake(Micros time);
  void Carry(LoadOutput output);
  void Propose(std::function<void()> apply);
  void Apply(const Chunk& chunk);

  const Options options_;
  VirtualService* const service_;
  Random random_;
  uint64_t term_ = 1;  // what belongs to another one than this is not for this leader
  std::unique_ptr<Loader> loader_;
  std::vector<CallEnded> ended_;
  Micros deadline_ = kNever;
  std::function<void(uint64_t)> watch_;
  uint64_t steps_ = 0;
  uint64_t under_way_ = 0;  // calls of this loader

  std::vector<std::function<void()>> proposals_;  // not applied yet, in order
  std::optional<Fence> sealed_;
  Micros sealed_at_;
  std::string cursor_;
  Rows rows_;
  std::optional<std::string> failed_;
  uint64_t chunks_applied_ = 0, chunks_refused_ = 0;
  std::vector<std::string> notes_;
};

}  // namespace jfs::mirror

#endif  // TESTS_MIRROR_RECOVERING_CLUSTER_H_
