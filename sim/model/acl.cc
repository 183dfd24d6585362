#include "sim/model/acl.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"

#include "sim/model/refusal.h"
#include "sim/model/text.h"

namespace jfs::sim::model {
namespace {

using ns::AclEntry;
using ns::AclScope;
using ns::AclType;

constexpr size_t kMostEntries = 32;
constexpr AclType kRequired[] = {AclType::kUser, AclType::kGroup, AclType::kOther};

std::tuple<AclScope, AclType, std::string> KeyOf(const AclEntry& entry) {
  return {entry.scope, entry.type, entry.name};
}
bool Before(const AclEntry& a, const AclEntry& b) { return KeyOf(a) < KeyOf(b); }

Acl ScopeOf(const Acl& acl, AclScope scope) {
  Acl out;
  for (const AclEntry& entry : acl) {
    if (entry.scope == scope) out.push_back(entry);
  }
  return out;
}

void CheckSize(const Acl& acl) {
  const size_t access = ScopeOf(acl, AclScope::kAccess).size();
  const size_t defaults = acl.size() - access;
  if (access > kMostEntries) {
    throw AclException(absl::StrCat("Invalid ACL: ACL has ", access,
                                    " access entries, which exceeds maximum of ", kMostEntries,
                                    "."));
  }
  if (defaults > kMostEntries) {
    throw AclException(absl::StrCat("Invalid ACL: ACL has ", defaults,
                                    " default entries, which exceeds maximum of ", kMostEntries,
                                    "."));
  }
}

// What a client sent: in order, and not too long.
Acl Checked(Acl entries) {
  std::stable_sort(entries.begin(), entries.end(), Before);
  CheckSize(entries);
  return entries;
}

// The entry of the same scope, type and name. Where a client sent several, the original takes the
// one on which a binary search over everything it sent ends.
const AclEntry* Same(const Acl& sorted, const AclEntry& entry) {
  size_t low = 0;
  size_t high = sorted.size();
  while (low < high) {
    const size_t middle = (low + high - 1) / 2;
    if (KeyOf(sorted[middle]) == KeyOf(entry)) return &sorted[middle];
    if (Before(sorted[middle], entry)) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return nullptr;
}

// A list under construction: the masks come last.
class Builder {
 public:
  void Keep(const AclEntry& entry) {
    if (entry.type == AclType::kMask) {
      masks_[entry.scope] = entry;
    } else {
      entries_.push_back(entry);
    }
  }
  void Change(const AclEntry& entry) {
    Keep(entry);
    Touch(entry);
  }
  void Remove(const AclEntry& entry) { Touch(entry); }
  bool touched(AclScope scope) const { return touched_.count(scope) != 0; }

  Acl Finish() {
    std::stable_sort(entries_.begin(), entries_.end(), Before);
    CompleteDefaults();
    AddMasks();
    Validate();
    return entries_;
  }

 private:
  void Touch(const AclEntry& entry) {
    touched_.insert(entry.scope);
    if (entry.type == AclType::kMask) mask_touched_.insert(entry.scope);
  }

  // Whoever has one default entry has the three unnamed ones: they are copied.
  void CompleteDefaults() {
    if (ScopeOf(entries_, AclScope::kDefault).empty()) return;
    Acl copied;
    for (const AclType type : kRequired) {
      AclEntry entry{AclScope::kDefault, type, "", 0};
      if (Same(entries_, entry) != nullptr) continue;
      const AclEntry* access = Same(entries_, {AclScope::kAccess, type, "", 0});
      if (access == nullptr) continue;
      entry.permission = access->permission;
      copied.push_back(entry);
    }
    entries_.insert(entries_.end(), copied.begin(), copied.end());
  }

  void AddMasks() {
    Acl added;
    for (const AclScope scope : {AclScope::kAccess, AclScope::kDefault}) {
      const Acl entries = ScopeOf(entries_, scope);
      if (entries.empty()) continue;
      bool needed = false;
      uint8_t all = 0;
      for (const AclEntry& entry : entries) {
        needed = needed || !entry.name.empty();
        if (entry.type == AclType::kGroup || !entry.name.empty()) all |= entry.permission;
      }
      const auto given = masks_.find(scope);
      const bool mask_touched = mask_touched_.count(scope) != 0;
      if (given == masks_.end() && needed && mask_touched) {
        throw AclException("Invalid ACL: mask is required and cannot be deleted.");
      }
      if (given != masks_.end() && (!touched(scope) || mask_touched)) {
        added.push_back(given->second);
      } else if (needed || given != masks_.end()) {
        added.push_back({scope, AclType::kMask, "", all});
      }
    }
    entries_.insert(entries_.end(), added.begin(), added.end());
  }

  void Validate() {
    CheckSize(entries_);
    std::stable_sort(entries_.begin(), entries_.end(), Before);
    for (size_t i = 0; i < entries_.size(); ++i) {
      const AclEntry& entry = entries_[i];
      if (i > 0 && KeyOf(entries_[i - 1]) == KeyOf(entry)) {
        throw AclException("Invalid ACL: multiple entries with same scope, type and name.");
      }
      if (!entry.name.empty() && (entry.type == AclType::kMask || entry.type == AclType::kOther)) {
        throw AclException(absl::StrCat(
            "Invalid ACL: this entry type must not have a name: ", TextOf(entry), "."));
      }
    }
    const bool defaults = !ScopeOf(entries_, AclScope::kDefault).empty();
    for (const AclType type : kRequired) {
      if (Same(entries_, {AclScope::kAccess, type, "", 0}) == nullptr) {
        throw AclException("Invalid ACL: the user, group and other entries are required.");
      }
      if (defaults && Same(entries_, {AclScope::kDefault, type, "", 0}) == nullptr) {
        throw AclException("Invalid default ACL: the user, group and other entries are required.");
      }
    }
  }

  Acl entries_;
  std::map<AclScope, AclEntry> masks_;
  std::set<AclScope> touched_, mask_touched_;
};

uint8_t Class(uint16_t mode, int shift) { return static_cast<uint8_t>(mode >> shift & 7); }

uint16_t ModeOf(uint8_t owner, uint8_t group, uint8_t other, uint16_t sticky_of) {
  return static_cast<uint16_t>((sticky_of & 01000) | owner << 6 | group << 3 | other);
}

bool InGroup(const ns::Caller& caller, const std::string& group) {
  return std::find(caller.groups.begin(), caller.groups.end(), group) != caller.groups.end();
}

}  // namespace

Acl WholeAcl(const Node& node) {
  const Acl named = ScopeOf(node.acl, AclScope::kAccess);
  const uint8_t group = Class(node.mode, 3);
  Acl whole = {{AclScope::kAccess, AclType::kUser, "", Class(node.mode, 6)}};
  if (named.empty()) {
    whole.push_back({AclScope::kAccess, AclType::kGroup, "", group});
  } else {
    whole.insert(whole.end(), named.begin(), named.end());
    whole.push_back({AclScope::kAccess, AclType::kMask, "", group});
  }
  whole.push_back({AclScope::kAccess, AclType::kOther, "", Class(node.mode, 0)});
  const Acl defaults = ScopeOf(node.acl, AclScope::kDefault);
  whole.insert(whole.end(), defaults.begin(), defaults.end());
  return whole;
}

Acl Merged(const Acl& acl, Acl changes) {
  changes = Checked(std::move(changes));
  Builder builder;
  for (const AclEntry& entry : acl) {
    const AclEntry* change = Same(changes, entry);
    if (change != nullptr) {
      builder.Change(*change);
    } else {
      builder.Keep(entry);
    }
  }
  for (const AclEntry& change : changes) {
    if (Same(acl, change) == nullptr) builder.Change(change);
  }
  return builder.Finish();
}

Acl Without(const Acl& acl, Acl unwanted) {
  unwanted = Checked(std::move(unwanted));
  Builder builder;
  for (const AclEntry& entry : acl) {
    if (Same(unwanted, entry) != nullptr) {
      builder.Remove(entry);
    } else {
      builder.Keep(entry);
    }
  }
  return builder.Finish();
}

Acl WithoutDefaults(const Acl& acl) { return ScopeOf(acl, AclScope::kAccess); }

Acl Replaced(const Acl& acl, Acl replacement) {
  replacement = Checked(std::move(replacement));
  Builder builder;
  for (const AclEntry& entry : replacement) builder.Change(entry);
  for (const AclEntry& entry : acl) {
    if (!builder.touched(entry.scope)) builder.Keep(entry);
  }
  return builder.Finish();
}

void KeepAcl(const Acl& acl, const std::string& path, Node* node) {
  const Acl access = ScopeOf(acl, AclScope::kAccess);
  const Acl defaults = ScopeOf(acl, AclScope::kDefault);
  if (!defaults.empty() && !node->directory) {
    throw AclException(
        absl::StrCat("Invalid ACL: only directories may have a default ACL. Path: ", path));
  }
  node->acl.clear();
  // Without a mask there is nothing that the mode cannot say.
  if (access.size() > 3) node->acl.assign(access.begin() + 1, access.end() - 2);
  node->acl.insert(node->acl.end(), defaults.begin(), defaults.end());
  // In front of the others' entry stands the mask, or the group's.
  node->mode = ModeOf(access.front().permission, access[access.size() - 2].permission,
                      access.back().permission, node->mode);
}

void DropAcl(Node* node) {
  for (const AclEntry& entry : node->acl) {
    if (KeyOf(entry) != KeyOf({AclScope::kAccess, AclType::kGroup, "", 0})) continue;
    node->mode = ModeOf(Class(node->mode, 6), entry.permission, Class(node->mode, 0), node->mode);
  }
  node->acl.clear();
}

void Inherit(const Node& parent, std::optional<uint16_t> unmasked, Node* child) {
  const Acl handed_down = ScopeOf(parent.acl, AclScope::kDefault);
  if (handed_down.empty()) return;
  if (unmasked.has_value()) child->mode = *unmasked & 01777;
  const bool minimal = handed_down.size() == 3;
  Acl acl;
  for (AclEntry entry : handed_down) {
    entry.scope = AclScope::kAccess;
    const bool unnamed = entry.name.empty();
    // The mode that was asked for takes rights away where a mode has a say.
    if (entry.type == AclType::kUser && unnamed) entry.permission &= Class(child->mode, 6);
    if (entry.type == AclType::kGroup && minimal) entry.permission &= Class(child->mode, 3);
    if (entry.type == AclType::kMask) entry.permission &= Class(child->mode, 3);
    if (entry.type == AclType::kOther) entry.permission &= Class(child->mode, 0);
    acl.push_back(entry);
  }
  if (child->directory) acl.insert(acl.end(), handed_down.begin(), handed_down.end());
  KeepAcl(acl, "", child);
}

std::optional<bool> AclAllows(const Node& node, const ns::Caller& caller, int access) {
  const Acl named = ScopeOf(node.acl, AclScope::kAccess);
  if (named.empty()) return std::nullopt;
  if (node.owner == caller.user) return (Class(node.mode, 6) & access) == access;
  const int mask = Class(node.mode, 3);
  bool matched = false;
  for (const AclEntry& entry : named) {
    const bool grants = (entry.permission & mask & access) == access;
    if (entry.type == AclType::kUser && entry.name == caller.user) return grants;
    if (entry.type != AclType::kGroup) continue;
    if (!InGroup(caller, entry.name.empty() ? node.group : entry.name)) continue;
    if (grants) return true;
    matched = true;
  }
  return !matched && (Class(node.mode, 0) & access) == access;
}

}  // namespace jfs::sim::model
