#ifndef SIM_TABLESTORE_TABLESTORE_H_
#define SIM_TABLESTORE_TABLESTORE_H_

#include <cstdint>
#include <memory>

#include "absl/functional/any_invocable.h"

#include "core/base/time.h"
#include "core/kv/memory_store.h"
#include "core/ots/exchange.h"
#include "core/ots/retrying_call.h"
#include "ots_mock/engine/engine.h"
#include "sim/world/probes.h"
#include "sim/world/world.h"

namespace jfs::sim {

struct TablestoreOptions {
  Duration latency_low = 500;
  Duration latency_high = 20 * kMillisecond;
  // Rates of faults per attempt.
  Ratio throttle{1, 30};
  Ratio error{1, 40};
  Ratio late{1, 40};
  Ratio lost{1, 40};
  Ratio partial{1, 20};
  // Of the time, in slots of this length.
  Ratio outage{1, 8};
  Duration outage_slot = 4 * kSecond;
  // The longest a request may float before it lands.
  Duration late_bound = 60 * kSecond;
  bool atomic_batches = true;
};

// The service that mirrors are kept in, as all clusters of a run see it: the engine of the mock,
// and between it and its callers everything that a network and a service under load do to a
// request. A call is a ots::RetryingCall, as in production.
class Tablestore {
 public:
  using Done = absl::AnyInvocable<void(ots::Outcome) &&>;
  using Alive = absl::AnyInvocable<bool() const>;

  Tablestore(World* world, Probes* probes, TablestoreOptions options);

  // Makes the call. `who` names it, for ever. When `alive` is false its process has died: no
  // further attempt is made and `done` is not called, but what was sent lands.
  void Call(Identity who, ots::Request request, const ots::CallOptions& options, Alive alive,
            Done done);

  // All rows, for oracles.
  const kv::MemoryStore& rows() const { return store_; }
  // What a request would be answered with now, without any fault; for oracles. REQUIRES: a read.
  ots::Answer Look(const ots::Request& request);

 private:
  struct UnderWay;

  void Take(std::shared_ptr<UnderWay> call, ots::NextStep step);
  void Attempt(const std::shared_ptr<UnderWay>& call, Micros until);
  // The attempt ends then, if its process still lives.
  void EndAt(Micros at, std::shared_ptr<UnderWay> call, ots::AttemptEnd end);
  ots::Answer Execute(const ots::Request& request, uint64_t row_seed, bool partial);
  // The same for a request whose sender hears nothing of it.
  ots::Answer ExecuteUnheard(const ots::Request& request, uint64_t row_seed, bool partial);
  bool MirrorIsSealed();
  WallMillis ServiceTime() const;

  World* world_;
  Probes* probes_;
  TablestoreOptions options_;
  kv::MemoryStore store_;
  std::unique_ptr<ots_mock::Engine> engine_;
};

}  // namespace jfs::sim

#endif  // SIM_TABLESTORE_TABLESTORE_H_
