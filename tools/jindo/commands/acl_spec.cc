#include "tools/jindo/commands/acl_spec.h"

#include <optional>

#include "core/base/concat.h"
#include "tools/jindo/commands/command_arguments.h"
#include "tools/jindo/commands/java_text.h"

namespace jfs::tools {
namespace {

constexpr std::string_view kActions[] = {"---", "--x", "-w-", "-wx", "r--", "r-x", "rw-", "rwx"};

// Java's split(":"): empty parts at the end do not count.
std::vector<std::string> SplitAtColons(std::string_view text) {
  std::vector<std::string> out = {""};
  for (const char c : text) {
    if (c == ':') {
      out.emplace_back();
    } else {
      out.back() += c;
    }
  }
  if (out.size() == 1) return out;
  while (!out.empty() && out.back().empty()) out.pop_back();
  return out;
}

Answer<AclEntry> ParseEntry(std::string_view text, bool with_permissions) {
  const Failure invalid = Misuse(Concat("Invalid <aclSpec> : ", text));
  const std::vector<std::string> parts = SplitAtColons(text);
  size_t at = 0;
  AclEntry out;
  out.set_scope(AclEntry::ACCESS);
  out.set_permissions(AclEntry::NONE);
  if (parts.empty()) return invalid;
  if (parts[0] == "default") {
    out.set_scope(AclEntry::DEFAULT);
    ++at;
  }
  if (at >= parts.size()) return invalid;
  AclEntry::AclEntryTypeProto type = AclEntry::USER;
  if (!AclEntry::AclEntryTypeProto_Parse(ToUpperAscii(parts[at]), &type)) {
    return Misuse(Concat("Invalid type of acl in <aclSpec> :", text));
  }
  out.set_type(type);
  ++at;
  if (at < parts.size()) {
    if (!parts[at].empty()) out.set_name(parts[at]);
    ++at;
  }
  if (with_permissions) {
    if (at >= parts.size()) return invalid;
    std::optional<uint32_t> action;
    for (uint32_t i = 0; i < 8; ++i) {
      if (kActions[i] == parts[at]) action = i;
    }
    if (!action.has_value()) {
      return Misuse(Concat("Invalid permission in <aclSpec> : ", text));
    }
    out.set_permissions(static_cast<AclEntry::FsActionProto>(*action));
    ++at;
  }
  if (at < parts.size()) return invalid;
  return out;
}

AclEntry Implied(AclEntry::AclEntryTypeProto type, uint32_t bits) {
  AclEntry out;
  out.set_type(type);
  out.set_scope(AclEntry::ACCESS);
  out.set_permissions(static_cast<AclEntry::FsActionProto>(bits & 7));
  return out;
}

}  // namespace

Answer<std::vector<AclEntry>> ParseAclSpec(std::string_view text, bool with_permissions) {
  std::vector<AclEntry> out;
  while (!text.empty()) {
    const size_t comma = text.find(',');
    const std::string_view one = text.substr(0, comma);
    text.remove_prefix(comma == std::string_view::npos ? text.size() : comma + 1);
    if (one.empty()) continue;
    const Answer<AclEntry> entry = ParseEntry(one, with_permissions);
    if (!entry.ok()) return entry.failure();
    out.push_back(*entry);
  }
  return out;
}

std::string FormatAclEntry(const AclEntry& entry) {
  return Concat(entry.scope() == AclEntry::DEFAULT ? "default:" : "",
                ToLower(AclEntry::AclEntryTypeProto_Name(entry.type())), ":", entry.name(), ":",
                kActions[entry.permissions() & 7]);
}

std::string FormatAcl(std::string_view shown, const FileStatus& status, const AclStatus* acl) {
  const uint32_t mode = status.permission().perm();
  std::string out =
      Concat("# file: ", shown, "\n# owner: ", status.owner(), "\n# group: ", status.group(), "\n");
  if ((mode & 01000) != 0) out += Concat("# flags: --", (mode & 1) != 0 ? "t" : "T", "\n");

  // The server keeps what the mode does not say: owner, mask and others come from there.
  std::vector<AclEntry> access = {Implied(AclEntry::USER, mode >> 6)};
  std::vector<AclEntry> defaults;
  if (acl != nullptr) {
    for (const AclEntry& entry : acl->entries()) {
      (entry.scope() == AclEntry::DEFAULT ? defaults : access).push_back(entry);
    }
  }
  access.push_back(Implied(access.size() > 1 ? AclEntry::MASK : AclEntry::GROUP, mode >> 3));
  access.push_back(Implied(AclEntry::OTHER, mode));

  const uint32_t group_bits =
      (acl != nullptr && acl->has_permission() ? acl->permission().perm() : mode) >> 3 & 7;
  const auto print = [&](const std::vector<AclEntry>& entries, uint32_t mask) {
    for (const AclEntry& entry : entries) {
      out += FormatAclEntry(entry);
      const bool masked = entry.has_name() || entry.type() == AclEntry::GROUP;
      const uint32_t permissions = static_cast<uint32_t>(entry.permissions());
      const uint32_t effective = permissions & mask;
      // Three entries are the mode's own, which nothing masks.
      if (entries.size() > 3 && masked && effective != permissions) {
        out += Concat("\t#effective:", kActions[effective]);
      }
      out += '\n';
    }
  };
  print(access, group_bits);
  if (!defaults.empty()) {
    // The last but one is the mask, or the group itself where there is none.
    const size_t mask = defaults.size() >= 2 ? defaults.size() - 2 : 0;
    print(defaults, defaults[mask].permissions());
  }
  return out + "\n";
}

}  // namespace jfs::tools
