#include "core/ns/xattr_rows.h"

#include <utility>

#include "core/base/check.h"
#include "core/ns/keys.h"
#include "core/ns/records.h"
#include "core/ns/rows.h"
#include "core/ns/tree_changes.h"

namespace jfs::ns {
namespace {

void SetCount(Transaction* tx, const Resolved& at, uint32_t count) {
  if (at.is_file()) {
    FileRecord file = at.file->record.file;
    file.xattr_count = count;
    UpdateFile(tx, at.parent(), at.path.last(), *at.file, file);
    return;
  }
  Directory* const directory = at.directory();
  DirectoryFeatures features = directory->features();
  features.xattr_count = count;
  tx->tree().SetFeatures(directory, std::move(features));
  tx->Touch(directory);
}

}  // namespace

absl::StatusOr<std::optional<XAttrRow>> ReadXAttr(const kv::View& view, InodeId inode,
                                                  const XAttrName& name) {
  const std::string key = XAttrKey(inode, name);
  std::string value;
  bool found = false;
  const absl::Status status = view.Get(key, &value, &found);
  if (!status.ok()) return status;
  std::optional<XAttrRow> row;
  if (!found) return row;
  row.emplace();
  if (!DecodeXAttrValue(value, &row->value)) return DamagedRow(key);
  row->hash = RowHash(key, value);
  return row;
}

absl::StatusOr<std::vector<XAttr>> ReadXAttrs(const kv::View& view, InodeId inode) {
  std::vector<XAttr> xattrs;
  const std::string lower = XAttrsOf(inode);
  const auto at = view.Scan(lower, EndOf(lower));
  for (; at->Valid(); at->Next()) {
    XAttr& xattr = xattrs.emplace_back();
    InodeId owner = 0;
    if (!ParseXAttrKey(at->key(), &owner, &xattr.name) ||
        !DecodeXAttrValue(at->value(), &xattr.value)) {
      return DamagedRow(at->key());
    }
  }
  if (!at->status().ok()) return at->status();
  return xattrs;
}

InodeId InodeOf(const Resolved& at) {
  CHECK(at.exists());
  return at.is_file() ? at.file->record.file.id : at.directory()->id;
}

uint32_t XAttrCountOf(const Resolved& at) {
  CHECK(at.exists());
  return at.is_file() ? at.file->record.file.xattr_count : at.directory()->features().xattr_count;
}

void PutXAttr(Transaction* tx, const Resolved& at, const XAttr& xattr,
              const std::optional<XAttrRow>& old) {
  if (old && old->value == xattr.value) return;
  tx->rows().Replace(XAttrKey(InodeOf(at), xattr.name), old ? old->hash : 0,
                     EncodeXAttrValue(xattr.value));
  const bool drifts = tx->state().mutations.Has(Mutation::kN23XAttrCountDrifts);
  if (!old || drifts) SetCount(tx, at, XAttrCountOf(at) + 1);
  tx->MarkChanged();
}

void DropXAttr(Transaction* tx, const Resolved& at, const XAttrName& name, const XAttrRow& old) {
  CHECK(XAttrCountOf(at) > 0);
  tx->rows().Remove(XAttrKey(InodeOf(at), name), old.hash);
  SetCount(tx, at, XAttrCountOf(at) - 1);
  tx->MarkChanged();
}

}  // namespace jfs::ns
