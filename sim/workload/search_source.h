#ifndef SIM_WORKLOAD_SEARCH_SOURCE_H_
#define SIM_WORKLOAD_SEARCH_SOURCE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "sim/oracle/search_checker.h"
#include "sim/workload/call_source.h"
#include "sim/world/world.h"

namespace jfs::sim {

// Calls of one client on the directory whose history is checked by search, and what came of them.
// Several sources share one history.
class SearchSource : public CallSource {
 public:
  static constexpr uint8_t kNames = 4;

  SearchSource(const World* world, int client, std::vector<SearchOperation>* history)
      : world_(world), client_(client), history_(history) {}

  Call Next() override;
  void Answered(const ns::Reply* reply) override;

 private:
  const World* world_;
  int client_;
  std::vector<SearchOperation>* history_;
  uint64_t calls_ = 0;
  size_t current_ = 0;  // place in the history
};

}  // namespace jfs::sim

#endif  // SIM_WORKLOAD_SEARCH_SOURCE_H_
