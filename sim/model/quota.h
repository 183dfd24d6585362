#ifndef SIM_MODEL_QUOTA_H_
#define SIM_MODEL_QUOTA_H_

#include <cstdint>
#include <optional>
#include <string>

#include "sim/model/tree.h"

// Limits on how many names and how much space lie below a directory.
namespace jfs::sim::model {

struct Charge {
  int64_t names = 0;
  int64_t space = 0;  // bytes times replication
};
// What the node and all below it are charged with.
Charge ChargeOf(const Tree& node);

// `more` is to come into the directory at `directory`: throws if it, or one above, would hold more
// than its quota allows. The nearest one complains. Directories of the first `exempt` names and
// fewer are not looked at: what comes from below them stays below them.
void CheckQuota(const Tree& root, const Names& directory, Charge more,
                std::optional<size_t> exempt = std::nullopt);

// "100 B", "1.50 KB": as Hadoop writes sizes in messages.
std::string BytesInWords(int64_t bytes);

}  // namespace jfs::sim::model

#endif  // SIM_MODEL_QUOTA_H_
