#ifndef SIM_MODEL_XATTR_H_
#define SIM_MODEL_XATTR_H_

#include <cstddef>
#include <string>

#include "core/ns/request.h"
#include "sim/model/permission.h"

// Extended attributes: which names are whose, by the section "XAttr" of the protocol's description.
namespace jfs::sim::model {

inline constexpr ptrdiff_t kMostXAttrs = 32;      // of users and of superusers
inline constexpr size_t kMostXAttrBytes = 16384;  // name and value

// The one name of the system's that users may set: even a superuser then cannot read the file.
ns::XAttrName UnreadableBySuperuser();

// "user.a", as in messages.
std::string XAttrText(const ns::XAttrName& name);

// Whether a path is one of those below which attributes of the name space "raw" are shown.
bool IsSeenRaw(const std::string& path);

// Whether attributes of that name are shown to the caller.
bool ShowsXAttr(const ns::Caller& caller, const ns::XAttrName& name, bool raw);

// Whether the caller may name it at all in a call, with that value. Throws.
void CheckXAttrName(const ns::Caller& caller, const ns::XAttrName& name, const std::string& value,
                    bool raw);

// Whether the caller may change it at the end of the walk; passes if nothing is there. Throws.
void CheckXAttrChange(const Walk& walk, const ns::Caller& caller, const ns::XAttrName& name);

}  // namespace jfs::sim::model

#endif  // SIM_MODEL_XATTR_H_
