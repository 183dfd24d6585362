#include "core/ns/acl.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <tuple>
#include <utility>

#include "core/base/check.h"

namespace jfs::ns {
namespace {

using Entries = std::vector<AclEntry>;

// The entries that are never missing: the owner's, the owning group's, and others'.
constexpr std::array<AclType, 3> kBaseTypes = {AclType::kUser, AclType::kGroup, AclType::kOther};
constexpr std::array<AclScope, 2> kScopes = {AclScope::kAccess, AclScope::kDefault};

// An entry is known by all but its permission.
auto KeyOf(const AclEntry& entry) { return std::tie(entry.scope, entry.type, entry.name); }
bool KeyLess(const AclEntry& a, const AclEntry& b) { return KeyOf(a) < KeyOf(b); }

// Null if there is none. Where a request has one key twice, the answer depends on which of the two
// is found: this halves the range just as Java's binary search does.
const AclEntry* FindKey(const Entries& sorted, const AclEntry& key) {
  size_t low = 0;
  size_t high = sorted.size();
  while (low < high) {
    const size_t middle = (low + high - 1) / 2;
    const AclEntry& entry = sorted[middle];
    if (KeyLess(entry, key)) {
      low = middle + 1;
    } else if (KeyLess(key, entry)) {
      high = middle;
    } else {
      return &entry;
    }
  }
  return nullptr;
}

const AclEntry* FindUnnamed(const Entries& sorted, AclScope scope, AclType type) {
  return FindKey(sorted, AclEntry{scope, type, "", 0});
}

uint64_t CountOf(const Entries& entries, AclScope scope) {
  return static_cast<uint64_t>(
      std::count_if(entries.begin(), entries.end(),
                    [scope](const AclEntry& entry) { return entry.scope == scope; }));
}

uint8_t ClassOf(uint16_t mode, int shift) { return static_cast<uint8_t>(mode >> shift & 7); }

uint16_t ModeOf(uint16_t sticky_of, uint8_t owner, uint8_t group, uint8_t others) {
  return static_cast<uint16_t>((sticky_of & 01000) | owner << 6 | group << 3 | others);
}

// "default:user:bob:rwx", as it stands in messages.
std::string EntryText(const AclEntry& entry) {
  static constexpr const char* kTypes[] = {"user", "group", "mask", "other"};
  std::string text = entry.scope == AclScope::kDefault ? "default:" : "";
  text.append(kTypes[static_cast<int>(entry.type)]).append(":").append(entry.name).append(":");
  for (int bit = 2; bit >= 0; --bit) {
    text.push_back((entry.permission >> bit & 1) != 0 ? "xwr"[bit] : '-');
  }
  return text;
}

Reply Refused(Code code, const AclSubject& inode, std::vector<std::string> more = {}) {
  Reply reply;
  reply.code = code;
  reply.arguments = {inode.path};
  for (std::string& argument : more) reply.arguments.push_back(std::move(argument));
  return reply;
}

std::optional<Reply> CheckCount(const AclSubject& inode, const Entries& entries) {
  for (const AclScope scope : kScopes) {
    const uint64_t count = CountOf(entries, scope);
    if (count > kMaxAclEntries) {
      return Refused(Code::kAclTooManyEntries, inode,
                     {std::to_string(count), scope == AclScope::kAccess ? "access" : "default",
                      std::to_string(kMaxAclEntries)});
    }
  }
  return std::nullopt;
}

// The list in full, as getfacl shows it: with what is in the mode.
Entries FullAcl(const KeptAcl& acl) {
  const auto access_end =
      std::find_if(acl.entries.begin(), acl.entries.end(),
                   [](const AclEntry& entry) { return entry.scope == AclScope::kDefault; });
  Entries full;
  full.push_back({AclScope::kAccess, AclType::kUser, "", ClassOf(acl.mode, 6)});
  if (access_end == acl.entries.begin()) {
    full.push_back({AclScope::kAccess, AclType::kGroup, "", ClassOf(acl.mode, 3)});
  } else {
    full.insert(full.end(), acl.entries.begin(), access_end);
    full.push_back({AclScope::kAccess, AclType::kMask, "", ClassOf(acl.mode, 3)});
  }
  full.push_back({AclScope::kAccess, AclType::kOther, "", ClassOf(acl.mode, 0)});
  full.insert(full.end(), access_end, acl.entries.end());
  return full;
}

// The other way round. REQUIRES: `full` is in order and its access ACL has what it needs.
KeptAcl KeptFrom(uint16_t sticky_of, const Entries& full) {
  const auto access = static_cast<std::ptrdiff_t>(CountOf(full, AclScope::kAccess));
  CHECK(access >= 3);
  KeptAcl kept;
  // In an ACL of more than the three entries, the last but one is the mask.
  const auto at = full.begin();
  kept.mode =
      ModeOf(sticky_of, at[0].permission, at[access - 2].permission, at[access - 1].permission);
  if (access > 3) kept.entries.assign(at + 1, at + access - 2);
  kept.entries.insert(kept.entries.end(), at + access, full.end());
  return kept;
}

// A list in the making. Masks stay aside until it is known whether they have to be computed anew.
class AclBuilder {
 public:
  explicit AclBuilder(const AclSubject& inode) : inode_(inode) {}

  // An entry of the old list that the request does not mention.
  void Keep(const AclEntry& entry) {
    if (entry.type == AclType::kMask) {
      at(entry).mask = entry;
    } else {
      entries_.push_back(entry);
    }
  }
  // An entry of the request.
  void Put(const AclEntry& entry) {
    at(entry).changed = true;
    if (entry.type == AclType::kMask) at(entry).mask_changed = true;
    Keep(entry);
  }
  // An entry of the old list that the request takes away.
  void Drop(const AclEntry& entry) {
    at(entry).changed = true;
    if (entry.type == AclType::kMask) at(entry).mask_changed = true;
  }
  bool changed(AclScope scope) const { return scopes_[static_cast<size_t>(scope)].changed; }

  AclOutcome Build() && {
    CopyMissingDefaults();
    for (const AclScope scope : kScopes) {
      if (std::optional<Reply> refused = SettleMask(scope)) return *std::move(refused);
    }
    std::stable_sort(entries_.begin(), entries_.end(), KeyLess);
    if (std::optional<Reply> refused = Check()) return *std::move(refused);
    if (!inode_.directory && CountOf(entries_, AclScope::kDefault) != 0) {
      return Refused(Code::kAclDefaultOnFile, inode_);
    }
    return KeptFrom(inode_.acl.mode, entries_);
  }

 private:
  struct Scope {
    std::optional<AclEntry> mask;
    bool changed = false, mask_changed = false;
  };
  Scope& at(const AclEntry& entry) { return scopes_[static_cast<size_t>(entry.scope)]; }

  // A default ACL that lacks a base entry takes the one of the access ACL.
  void CopyMissingDefaults() {
    std::stable_sort(entries_.begin(), entries_.end(), KeyLess);
    if (CountOf(entries_, AclScope::kDefault) == 0) return;
    Entries copied;
    for (const AclType type : kBaseTypes) {
      if (FindUnnamed(entries_, AclScope::kDefault, type) != nullptr) continue;
      const AclEntry* const access = FindUnnamed(entries_, AclScope::kAccess, type);
      if (access == nullptr) continue;
      copied.push_back({AclScope::kDefault, type, "", access->permission});
    }
    entries_.insert(entries_.end(), copied.begin(), copied.end());
  }

  // A mask that the request gives, or that stands in a scope it leaves alone, is taken as it is.
  // Otherwise it lets through what any entry that it masks grants.
  std::optional<Reply> SettleMask(AclScope wanted) {
    const Scope& scope = scopes_[static_cast<size_t>(wanted)];
    bool found = false;
    bool needed = false;
    uint8_t granted = 0;
    for (const AclEntry& entry : entries_) {
      if (entry.scope != wanted) continue;
      found = true;
      if (!entry.name.empty()) needed = true;
      if (entry.type == AclType::kGroup || !entry.name.empty()) granted |= entry.permission;
    }
    if (!found) return std::nullopt;
    if (!scope.mask && needed && scope.mask_changed) {
      return Refused(Code::kAclMaskRequired, inode_);
    }
    if (scope.mask && (!scope.changed || scope.mask_changed)) {
      entries_.push_back(*scope.mask);
    } else if (needed || scope.mask) {
      entries_.push_back({wanted, AclType::kMask, "", granted});
    }
    return std::nullopt;
  }

  std::optional<Reply> Check() const {
    for (size_t i = 0; i < entries_.size(); ++i) {
      const AclEntry& entry = entries_[i];
      if (i > 0 && KeyOf(entries_[i - 1]) == KeyOf(entry)) {
        return Refused(Code::kAclDuplicateEntries, inode_);
      }
      const bool nameless = entry.type == AclType::kMask || entry.type == AclType::kOther;
      if (nameless && !entry.name.empty()) {
        return Refused(Code::kAclNameNotAllowed, inode_, {EntryText(entry)});
      }
    }
    if (std::optional<Reply> refused = CheckCount(inode_, entries_)) return refused;
    const bool has_default = CountOf(entries_, AclScope::kDefault) != 0;
    for (const AclType type : kBaseTypes) {
      if (FindUnnamed(entries_, AclScope::kAccess, type) == nullptr ||
          (has_default && FindUnnamed(entries_, AclScope::kDefault, type) == nullptr)) {
        return Refused(Code::kAclBaseEntriesMissing, inode_);
      }
    }
    return std::nullopt;
  }

  const AclSubject& inode_;
  Entries entries_;
  std::array<Scope, 2> scopes_;
};

}  // namespace

AclOutcome ModifyAcl(const AclSubject& inode, std::vector<AclEntry> entries) {
  std::stable_sort(entries.begin(), entries.end(), KeyLess);
  if (std::optional<Reply> refused = CheckCount(inode, entries)) return *std::move(refused);
  AclBuilder builder(inode);
  const Entries full = FullAcl(inode.acl);
  for (const AclEntry& old : full) {
    const AclEntry* const replacement = FindKey(entries, old);
    if (replacement != nullptr) {
      builder.Put(*replacement);
    } else {
      builder.Keep(old);
    }
  }
  for (const AclEntry& entry : entries) {
    if (FindKey(full, entry) == nullptr) builder.Put(entry);
  }
  return std::move(builder).Build();
}

AclOutcome RemoveFromAcl(const AclSubject& inode, std::vector<AclEntry> entries) {
  std::stable_sort(entries.begin(), entries.end(), KeyLess);
  if (std::optional<Reply> refused = CheckCount(inode, entries)) return *std::move(refused);
  AclBuilder builder(inode);
  for (const AclEntry& old : FullAcl(inode.acl)) {
    if (FindKey(entries, old) != nullptr) {
      builder.Drop(old);
    } else {
      builder.Keep(old);
    }
  }
  return std::move(builder).Build();
}

AclOutcome ReplaceAcl(const AclSubject& inode, std::vector<AclEntry> entries) {
  if (entries.empty()) return WithoutAcl(inode.acl);
  std::stable_sort(entries.begin(), entries.end(), KeyLess);
  if (std::optional<Reply> refused = CheckCount(inode, entries)) return *std::move(refused);
  AclBuilder builder(inode);
  for (const AclEntry& entry : entries) builder.Put(entry);
  for (const AclEntry& old : FullAcl(inode.acl)) {
    if (!builder.changed(old.scope)) builder.Keep(old);
  }
  return std::move(builder).Build();
}

KeptAcl WithoutDefaultAcl(KeptAcl acl) {
  const auto is_default = [](const AclEntry& entry) { return entry.scope == AclScope::kDefault; };
  acl.entries.erase(std::find_if(acl.entries.begin(), acl.entries.end(), is_default),
                    acl.entries.end());
  return acl;
}

KeptAcl WithoutAcl(KeptAcl acl) {
  const AclEntry* const group = FindUnnamed(acl.entries, AclScope::kAccess, AclType::kGroup);
  if (group != nullptr) {
    acl.mode = ModeOf(acl.mode, ClassOf(acl.mode, 6), group->permission, ClassOf(acl.mode, 0));
  }
  acl.entries.clear();
  return acl;
}

KeptAcl InheritedAcl(const std::vector<AclEntry>& parent, uint16_t mode,
                     std::optional<uint16_t> unmasked, bool directory) {
  const auto defaults = std::find_if(parent.begin(), parent.end(), [](const AclEntry& entry) {
    return entry.scope == AclScope::kDefault;
  });
  if (defaults == parent.end()) return {mode, {}};
  const uint16_t asked = unmasked.value_or(mode);
  const bool minimal = parent.end() - defaults == 3;
  Entries full;
  for (auto entry = defaults; entry != parent.end(); ++entry) {
    AclEntry own = *entry;
    own.scope = AclScope::kAccess;
    // What was asked for limits the three classes; the group's is the mask if there is one.
    if (own.type == AclType::kUser && own.name.empty()) {
      own.permission &= ClassOf(asked, 6);
    } else if (own.type == AclType::kMask || (own.type == AclType::kGroup && minimal)) {
      own.permission &= ClassOf(asked, 3);
    } else if (own.type == AclType::kOther) {
      own.permission &= ClassOf(asked, 0);
    }
    full.push_back(std::move(own));
  }
  if (directory) full.insert(full.end(), defaults, parent.end());
  return KeptFrom(asked, full);
}

}  // namespace jfs::ns
