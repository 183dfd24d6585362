#include "core/node/file_leases.h"

#include <algorithm>
#include <iterator>
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
  if (!mutations_.Has(Mutation::kN13LeasesNotBegun)) all_known_at_ = now;
  holders_.clear();
  strangers_.clear();
  next_soft_ = now + limits_.soft;
  next_look_ = now;
}

Micros FileLeases::RenewedAt(std::string_view holder) const {
  const auto at = holders_.find(holder);
  return at == holders_.end() ? all_known_at_ : at->second.renewed;
}

bool FileLeases::Renew(const std::string& holder, Micros now) {
  const auto known = holders_.find(holder);
  if (known == holders_.end()) return true;
  const bool late = mutations_.Has(Mutation::kN12RenewAfterProposal);
  if (known->second.releasing != 0 && !late) {
    known->second.asked = known->second.takeover;
    return false;
  }
  known->second.renewed = now;
  return true;
}

bool FileLeases::RenewOpener(const std::string& holder, Micros now) {
  if (holder.size() > kMaxNameBytes) return true;
  const auto [at, added] = holders_.try_emplace(holder, Holder{.renewed = now});
  if (!added) return Renew(holder, now);
  strangers_.push_back(holder);
  if (strangers_.size() > kStrangers) {
    const auto oldest = holders_.find(strangers_.front());
    // What it wanted to open has long been opened, or not.
    if (oldest != holders_.end() && !oldest->second.has_lease) holders_.erase(oldest);
    strangers_.pop_front();
  }
  return true;
}

ns::LeaseId FileLeases::Judge(const ns::Namespace::LeaseInfo& lease, uint64_t call, Micros now) {
  if (now < RenewedAt(lease.holder) + limits_.soft) return 0;
  Holder& holder =
      holders_.try_emplace(lease.holder, Holder{.renewed = all_known_at_}).first->second;
  // Got behind the release of the one before, by a call that came after: it is not as old as that.
  if (holder.releasing != 0 && holder.releasing != lease.lease) return 0;
  // Were it judged again and again, refused takeovers by anybody could keep it silent until its
  // files are closed.
  if (holder.asked) return 0;
  if (holder.releasing == 0) {
    holder.releasing = lease.lease;
    holder.takeover = true;
  }
  holder.has_lease = true;
  holder.last_call = call;
  return lease.lease;
}

std::vector<ns::ReleaseLease> FileLeases::Due(const std::vector<ns::Namespace::LeaseInfo>& leases,
                                              bool may_release, uint64_t decided,
                                              uint64_t next_call, Micros now) {
  std::vector<ns::ReleaseLease> due;
  std::set<std::string_view> present;
  next_soft_ = now + limits_.soft;
  for (const ns::Namespace::LeaseInfo& lease : leases) {
    present.insert(lease.holder);
    Holder& holder =
        holders_.try_emplace(lease.holder, Holder{.renewed = all_known_at_}).first->second;
    // What was proposed has been applied: this is a lease that its holder got after.
    if (holder.releasing != 0 && holder.releasing != lease.lease) {
      holder = Holder{.renewed = now};
    }
    // The takeover was refused, or took a file but not the last one.
    if (holder.takeover && holder.last_call <= decided) {
      holder = Holder{.renewed = holder.asked ? now : holder.renewed};
    }
    next_soft_ = std::min(next_soft_, holder.renewed + limits_.soft);
    if (!may_release) {
      // What was proposed has come to nothing: the holder may go on.
      if (holder.last_call <= decided) holder.releasing = 0;
      continue;
    }
    if (holder.asked || now < holder.renewed + limits_.hard) continue;
    if (holder.releasing != 0 && !holder.takeover && now < holder.proposed + kProposeAgain)
      continue;
    holder.releasing = lease.lease;
    holder.takeover = false;
    holder.proposed = now;
    holder.last_call = next_call + due.size();
    due.push_back(ns::ReleaseLease{lease.holder, lease.lease});
  }
  // Who has nothing open is forgotten, but not at once: a lease may be about to be applied that was
  // renewed by the very call that opens the file.
  for (auto at = holders_.begin(); at != holders_.end();) {
    Holder& holder = at->second;
    holder.has_lease = present.count(at->first) != 0;
    const bool old = holder.releasing != 0 || now >= holder.renewed + limits_.soft;
    at = !holder.has_lease && old ? holders_.erase(at) : std::next(at);
  }
  while (!strangers_.empty() && holders_.find(strangers_.front()) == holders_.end()) {
    strangers_.pop_front();
  }
  // Whoever comes up from now on has got his lease since, even if what opened the file was heard so
  // long ago that it has been forgotten.
  all_known_at_ = now;
  next_look_ = now + kLookInterval;
  return due;
}

}  // namespace jfs::node
