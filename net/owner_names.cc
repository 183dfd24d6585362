#include "net/owner_names.h"

#include <string_view>
#include <variant>
#include <vector>

#include "core/base/concat.h"

namespace jfs::net {
namespace {

using Refusal = std::optional<std::string>;

Refusal Check(std::string_view what, std::string_view name) {
  if (name.size() <= kMaxOwnerNameBytes) return std::nullopt;
  return Concat(what, " is ", name.size(), " bytes long; the limit is ", kMaxOwnerNameBytes, ".");
}

Refusal CheckOwner(std::string_view user, std::string_view group) {
  Refusal refusal = Check("The name of the owner", user);
  return refusal.has_value() ? refusal : Check("The name of the group", group);
}

Refusal CheckEntries(const std::vector<ns::AclEntry>& entries) {
  for (const ns::AclEntry& entry : entries) {
    Refusal refusal = Check("A name in the access control list", entry.name);
    if (refusal.has_value()) return refusal;
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::string> TooLongOwnerName(const ns::Operation& operation) {
  return std::visit(
      [](const auto& op) -> Refusal {
        if constexpr (requires { op.user->size(); }) {
          return CheckOwner(op.user.has_value() ? *op.user : std::string_view(),
                            op.group.has_value() ? *op.group : std::string_view());
        } else if constexpr (requires { op.user; }) {
          return CheckOwner(op.user, op.group);
        } else if constexpr (requires { op.entries; }) {
          return CheckEntries(op.entries);
        } else {
          return std::nullopt;
        }
      },
      operation);
}

}  // namespace jfs::net
