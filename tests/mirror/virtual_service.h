#ifndef TESTS_MIRROR_VIRTUAL_SERVICE_H_
#define TESTS_MIRROR_VIRTUAL_SERVICE_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/random.h"
#include "core/base/time.h"
#include "core/kv/memory_store.h"
#include "core/ots/requests.h"
#include "core/ots/retrying_call.h"
#include "ots_mock/engine/engine.h"
#include "ots_mock/engine/faults.h"

// Tablestore in virtual time, with faults, for tests of the mirror's machines: the engine and the
// calls of production, and nothing real in between.
namespace jfs::mirror {

class VirtualService {
 public:
  explicit VirtualService(const ots_mock::EngineOptions& options = {}, uint64_t seed = 1);

  Micros now() const { return now_; }
  ots_mock::FaultPlan& faults() { return faults_; }

  // Runs `event` at that time; events of one time run in the order in which they were added.
  void At(Micros time, std::function<void()> event);
  // Runs the next event, moving time there. False if there is none up to `until`; then it is that
  // late.
  bool RunOne(Micros until);
  void RunUntil(Micros until);

  // A call with its retries, as net/ots makes it.
  void Call(const ots::Request& request, const ots::CallOptions& options,
            std::function<void(ots::Outcome)> done);

  // At once and without faults, for setting up and looking; fails the test on an error.
  std::string Do(const ots::Request& request);
  // As Do, returning the error, if any.
  std::optional<ots::ServiceError> Try(const ots::Request& request);
  // All rows of a table, in order.
  std::vector<ots::Row> ReadAll(std::string_view table, const ots::PrimaryKey& any_key);

 private:
  struct UnderWay;
  void Follow(const std::shared_ptr<UnderWay>& call, const ots::NextStep& step);
  void Attempt(const std::shared_ptr<UnderWay>& call, Micros until);
  ots::Answer Execute(const ots::Request& request, const ots_mock::Fault& fault);

  kv::MemoryStore store_;
  std::unique_ptr<ots_mock::Engine> engine_;
  ots_mock::FaultPlan faults_;
  Random random_;
  Micros now_ = Micros(1'000'000);
  std::multimap<Micros, std::function<void()>> events_;
};

}  // namespace jfs::mirror

#endif  // TESTS_MIRROR_VIRTUAL_SERVICE_H_
