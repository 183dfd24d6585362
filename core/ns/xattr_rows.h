#ifndef CORE_NS_XATTR_ROWS_H_
#define CORE_NS_XATTR_ROWS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

#include "core/kv/view.h"
#include "core/ns/request.h"
#include "core/ns/resolve.h"
#include "core/ns/state.h"
#include "core/ns/xattr.h"

// Extended attributes as they are kept: a row each, and their number with the inode, so that an
// inode without any costs no look for them.
namespace jfs::ns {

struct XAttrRow {
  std::string value;
  uint64_t hash = 0;  // of the row
};

// Unset: the inode has no such attribute. A status is a read error or a damaged row and terminal.
absl::StatusOr<std::optional<XAttrRow>> ReadXAttr(const kv::View& view, InodeId inode,
                                                  const XAttrName& name);
// All of an inode, in order of namespaces and names.
absl::StatusOr<std::vector<XAttr>> ReadXAttrs(const kv::View& view, InodeId inode);

// What a path leads to as the owner of attributes. REQUIRES: at.exists().
InodeId InodeOf(const Resolved& at);
uint32_t XAttrCountOf(const Resolved& at);

// Writes or overwrites (`old`) one attribute, or removes it; the inode's count follows. `at` is as
// it was before and is not to be used for a second change. REQUIRES: at.exists().
void PutXAttr(Transaction* tx, const Resolved& at, const XAttr& xattr,
              const std::optional<XAttrRow>& old);
void DropXAttr(Transaction* tx, const Resolved& at, const XAttrName& name, const XAttrRow& old);

}  // namespace jfs::ns

#endif  // CORE_NS_XATTR_ROWS_H_
