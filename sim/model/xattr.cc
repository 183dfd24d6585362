#include "sim/model/xattr.h"

#include "absl/strings/str_cat.h"

#include "sim/model/refusal.h"

namespace jfs::sim::model {

using ns::XAttrNamespace;

ns::XAttrName UnreadableBySuperuser() {
  return {XAttrNamespace::kSecurity, "hdfs.unreadable.by.superuser"};
}

std::string XAttrText(const ns::XAttrName& name) {
  static constexpr const char* kPrefixes[] = {"user.", "trusted.", "security.", "system.", "raw."};
  return kPrefixes[static_cast<int>(name.space)] + name.name;
}

bool IsSeenRaw(const std::string& path) { return path.rfind("/.reserved/raw", 0) == 0; }

bool ShowsXAttr(const ns::Caller& caller, const ns::XAttrName& name, bool raw) {
  return (name.space == XAttrNamespace::kRaw && raw) || name.space == XAttrNamespace::kUser ||
         (name.space == XAttrNamespace::kTrusted && caller.superuser) ||
         name == UnreadableBySuperuser();
}

void CheckXAttrName(const ns::Caller& caller, const ns::XAttrName& name, const std::string& value,
                    bool raw) {
  if (!ShowsXAttr(caller, name, raw)) {
    throw AccessControl(absl::StrCat("User doesn't have permission for xattr: ", XAttrText(name)));
  }
  if (name == UnreadableBySuperuser() && !value.empty()) {
    throw AccessControl(absl::StrCat("Attempt to set a value for '", XAttrText(name),
                                     "'. Values are not allowed for this xattr."));
  }
}

void CheckXAttrChange(const Walk& walk, const ns::Caller& caller, const ns::XAttrName& name) {
  if (walk.last() == nullptr || name.space != XAttrNamespace::kUser) return;
  const bool sticky = walk.last()->directory && (walk.last()->mode & 01000) != 0;
  if (sticky) {
    CheckOwner(walk, caller);
  } else {
    CheckAccess(walk, walk.names.size(), caller, kWrite);
  }
}

}  // namespace jfs::sim::model
