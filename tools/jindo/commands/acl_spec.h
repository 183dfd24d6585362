#ifndef TOOLS_JINDO_COMMANDS_ACL_SPEC_H_
#define TOOLS_JINDO_COMMANDS_ACL_SPEC_H_

#include <string>
#include <string_view>
#include <vector>

#include "tools/jindo/answer.h"
#include "tools/jindo/file_system.h"

// Access control lists as text: [default:]user|group|mask|other:[NAME]:rwx, with commas between.
namespace jfs::tools {

// `with_permissions`: false where entries are only named, to be removed. Misuse if it is no list.
Answer<std::vector<AclEntry>> ParseAclSpec(std::string_view text, bool with_permissions);

// "user:bob:r-x", "default:mask::rwx".
std::string FormatAclEntry(const AclEntry& entry);

// What getfacl prints about one path: the three lines of its header, one line an entry, an empty
// one. `acl` is that of the path if it has one.
std::string FormatAcl(std::string_view shown, const FileStatus& status, const AclStatus* acl);

}  // namespace jfs::tools

#endif  // TOOLS_JINDO_COMMANDS_ACL_SPEC_H_
