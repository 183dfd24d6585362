#include "sim/oracle/lease_oracle.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

#include "sim/oracle/violation.h"

namespace jfs::sim {

void LeaseOracle::Renewed(const std::string& holder, Micros at) {
  renewed_[holder] = std::max(renewed_[holder], at);
}

void LeaseOracle::Released(const ns::ReleaseLease& release, bool effective, Micros now) {
  if (!effective) return;
  const auto renewed = renewed_.find(release.holder);
  if (renewed == renewed_.end()) return;
  const Duration error = hard_ / clock_error_.denominator * clock_error_.numerator;
  if (now.value >= renewed->second.value + hard_ - error) return;
  Violate("lease", absl::StrCat("lease ", release.lease, " of ", release.holder,
                                " is released, but ", (now.value - renewed->second.value) / 1000,
                                " ms ago he was told that he has it for ", hard_ / 1000, " ms"));
}

}  // namespace jfs::sim
