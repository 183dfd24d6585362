#include "core/ns/loaded_row.h"

#include <initializer_list>

#include "absl/strings/str_cat.h"

#include "core/ns/keys.h"
#include "core/ns/records.h"

namespace jfs::ns {
namespace {

constexpr int kLineageShift = 48;

// Reads rows of one lineage and keeps what is wrong with the first that is.
class Parser {
 public:
  Parser(const LoadRows::Row& row, uint16_t lineage, LoadedRow* out)
      : key_(row.key), value_(row.value), lineage_(lineage), out_(*out) {}

  void Parse() {
    if (key_.empty()) return Fail("has no key");
    switch (static_cast<Prefix>(key_[0])) {
      case Prefix::kBlock:
        return ParseBlock();
      case Prefix::kDirectory:
        return ParseDirectory();
      case Prefix::kEntry:
        return ParseEntry();
      case Prefix::kNamespace:
        return ParseNamespace();
      case Prefix::kOpenFile:
        return ParseOpenFile();
      case Prefix::kPendingDelete:
        return ParsePendingDelete();
      case Prefix::kXAttr:
        return ParseXAttr();
      case Prefix::kFilePlace:
      case Prefix::kMeta:
      case Prefix::kOutbox:
      case Prefix::kRetry:
        break;
    }
    Fail("is of a kind that is not mirrored");
  }

 private:
  void Fail(const std::string& how) {
    if (!out_.fault.empty()) return;
    out_.fault = absl::StrCat("row ", KeyText(key_), " of the mirror ", how);
  }

  void Key(bool parsed) {
    if (!parsed) Fail("has a key that cannot be decoded");
  }

  // False: there is no value, or none that could be decoded.
  template <typename Record>
  bool Value(Record* record) {
    if (!value_ || !out_.fault.empty()) return false;
    const bool decoded = DecodeRecord(*value_, record);
    if (!decoded) Fail("has a value that cannot be decoded");
    return decoded;
  }

  // The next lineage is to give ids that nothing has yet.
  void Ids(std::initializer_list<uint64_t> ids) {
    for (const uint64_t id : ids) {
      if (id >> kLineageShift < lineage_) continue;
      Fail(absl::StrCat("names id ", id, ", which lineage ", lineage_, " cannot have given"));
    }
  }

  void BlockIds(const Block& block) { Ids({block.id, block.generation_stamp}); }

  void ParseBlock() {
    InodeId file = 0;
    uint32_t index = 0;
    Key(ParseBlockKey(key_, &file, &index));
    Ids({file});
    Block block;
    if (Value(&block)) BlockIds(block);
  }

  void ParseDirectory() {
    InodeId id = 0;
    Key(ParseInodeKey(key_, Prefix::kDirectory, &id));
    Ids({id});
    DirectoryRecord record;
    if (Value(&record)) Ids({record.parent});
  }

  void ParseEntry() {
    out_.is_entry = true;
    Key(ParseEntryKey(key_, &out_.directory, &out_.name));
    Ids({out_.directory});
    EntryRecord record;
    if (!Value(&record)) return;
    if (record.type == FileType::kDirectory) return Ids({record.directory});
    out_.file = record.file.id;
    Ids({record.file.id});
    for (const Block& block : record.file.inline_blocks) BlockIds(block);
  }

  void ParseNamespace() {
    NamespaceId id = 0;
    Key(ParseNamespaceKey(key_, &id));
    NamespaceRecord record;
    if (Value(&record)) Ids({record.root});
  }

  void ParseOpenFile() {
    InodeId file = 0;
    Key(ParseInodeKey(key_, Prefix::kOpenFile, &file));
    Ids({file});
    OpenFileRecord record;
    if (Value(&record)) Ids({record.directory});
  }

  void ParsePendingDelete() {
    InodeId id = 0;
    Key(ParseInodeKey(key_, Prefix::kPendingDelete, &id));
    Ids({id});
    PendingDeleteRecord record;
    Value(&record);
  }

  void ParseXAttr() {
    InodeId inode = 0;
    XAttrName name;
    Key(ParseXAttrKey(key_, &inode, &name));
    Ids({inode});
    std::string text;
    if (value_ && !DecodeXAttrValue(*value_, &text)) Fail("has a value that cannot be decoded");
  }

  const std::string& key_;
  const std::optional<std::string>& value_;
  const uint16_t lineage_;
  LoadedRow& out_;
};

}  // namespace

LoadedRow ParseLoadedRow(const LoadRows::Row& row, uint16_t lineage) {
  LoadedRow parsed;
  Parser(row, lineage, &parsed).Parse();
  return parsed;
}

bool FileOfEntry(std::string_view value, std::optional<InodeId>* file) {
  EntryRecord record;
  if (!DecodeRecord(value, &record)) return false;
  file->reset();
  if (record.type == FileType::kFile) *file = record.file.id;
  return true;
}

}  // namespace jfs::ns
