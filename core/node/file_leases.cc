#include "core/node/file_leases.h"

#include <algorithm>
#include <set>
#include <utility>

namespace jfs::node {
namespace {

// How often leases are looked through, and how long a proposal to release one is waited for before
// it is made again: it may have been refused, and applying it twice does no harm.
constexpr Duration kLookInterval = kSecond;
constexpr Duration kProposeAgain = 5 * kSecond;

}  // namespace

void FileLeases::Begin(Micros now) {
  if (!mutations_.Has(Mutation::kN13LeasesNotBegun)) began_ = now;
  holders_.clear();
  next_soft_ = now + limits_.soft;
  next_look_ = now;
}

Micros FileLeases::RenewedAt(std::string_view holder) const {
  const auto at = holders_.find(holder);
  return at == holders_.end() ? began_ : at->second.renewed;
}

bool FileLeases::Renew(const std::string& holder, Micros now) {
  Holder& known = holders_.try_emplace(holder, Holder{.renewed = now}).first->second;
  const bool late = mutations_.Has(Mutation::kN12RenewAfterProposal);
  if (known.releasing != 0 && !late) return false;
  known.renewed = now;
  return true;
}

ns::LeaseId FileLeases::PastSoftLimit(const ns::Namespace::LeaseInfo& lease, Micros now) const {
  return now >= RenewedAt(lease.holder) + limits_.soft ? lease.lease : 0;
}

std::vector<ns::ReleaseLease> FileLeases::Due(const std::vector<ns::Namespace::LeaseInfo>& leases,
                                              Micros now) {
  std::vector<ns::ReleaseLease> due;
  std::set<std::string_view> present;
  next_soft_ = now + limits_.soft;
  for (const ns::Namespace::LeaseInfo& lease : leases) {
    present.insert(lease.holder);
    Holder& holder = holders_.try_emplace(lease.holder, Holder{.renewed = began_}).first->second;
    // What was proposed has been applied: this is a lease that its holder got after.
    if (holder.releasing != 0 && holder.releasing != lease.lease) {
      holder = Holder{.renewed = now};
    }
    next_soft_ = std::min(next_soft_, holder.renewed + limits_.soft);
    if (now < holder.renewed + limits_.hard) continue;
    if (holder.releasing != 0 && now < holder.proposed + kProposeAgain) continue;
    holder.releasing = lease.lease;
    holder.proposed = now;
    due.push_back(ns::ReleaseLease{lease.holder, lease.lease});
  }
  // Who has nothing open is forgotten, but not at once: a lease may be about to be applied that was
  // renewed by the very call that opens the file.
  std::erase_if(holders_, [&](const auto& entry) {
    return present.count(entry.first) == 0 &&
           (entry.second.releasing != 0 || now >= entry.second.renewed + limits_.soft);
  });
  next_look_ = now + kLookInterval;
  return due;
}

}  // namespace jfs::node
