#ifndef SIM_ORACLE_SEARCH_CHECKER_H_
#define SIM_ORACLE_SEARCH_CHECKER_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/base/time.h"

// A second opinion on linearizability that knows nothing of log positions: a search over all orders
// of a small history (Wing and Gong 1993, with Lowe's memory of states visited). The object is a
// directory with a handful of names, simple enough to be written down in a few lines and shared
// with nothing else.
namespace jfs::sim {

struct SearchOperation {
  enum class Kind : uint8_t {
    kMake,    // mkdirs of a name: succeeds always, true
    kDelete,  // result: whether there was something to delete
    kRename,  // rename2 without overwrite; result: succeeds iff source exists and target does not
    kExists,  // result: whether it exists
  };
  Kind kind = Kind::kExists;
  uint8_t name = 0;    // bit number, below 16
  uint8_t target = 0;  // kRename
  Micros invoked;
  // Unset: never answered; it may have happened at any time since, or not at all.
  std::optional<Micros> returned;
  bool result = false;
};

enum class SearchVerdict : uint8_t {
  kLinearizable,
  kNotLinearizable,
  kUnknown,  // the budget of steps was used up
};

SearchVerdict SearchLinearization(const std::vector<SearchOperation>& history, uint64_t max_steps);

std::string Describe(const SearchOperation& operation);

}  // namespace jfs::sim

#endif  // SIM_ORACLE_SEARCH_CHECKER_H_
