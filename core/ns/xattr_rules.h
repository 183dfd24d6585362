#ifndef CORE_NS_XATTR_RULES_H_
#define CORE_NS_XATTR_RULES_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/ns/reply.h"
#include "core/ns/request.h"
#include "core/ns/xattr.h"

// HDFS's rules for extended attributes that depend on nothing but names and values
// (hdfs-client-protocol 3, "XAttr").
namespace jfs::ns {

// Attributes of an inode in the namespaces that users see, user and trusted.
inline constexpr uint32_t kMaxXAttrs = 32;
// Bytes of one attribute's name, without its prefix, and value.
inline constexpr size_t kMaxXAttrBytes = 16384;

// "user.a".
std::string PrefixedName(const XAttrName& name);

// Counts towards kMaxXAttrs.
bool CountsAsVisible(XAttrNamespace space);

// An attribute without a value that keeps superusers from reading a file. Whoever reaches the file
// may set it; nobody can remove it.
XAttrName UnreadableBySuperuser();

// Whether `path` is one of /.reserved/raw, where the raw namespace is open.
bool IsRawPath(std::string_view path);

// Whether a caller may know of attributes of that name at all.
bool MaySee(const Caller& caller, const XAttrName& name, bool raw_path);
// The refusal of a call that names an attribute; `has_value` if it would set one.
std::optional<Reply> CheckXAttrName(const Caller& caller, const XAttrName& name, bool has_value,
                                    bool raw_path);

}  // namespace jfs::ns

#endif  // CORE_NS_XATTR_RULES_H_
