#include "core/ns/keys.h"

#include <algorithm>
#include <cstddef>

#include "absl/strings/escaping.h"

#include "core/base/check.h"
#include "core/base/codec.h"

namespace jfs::ns {
namespace {

std::string Start(Prefix prefix, size_t size) {
  std::string key;
  key.reserve(size);
  key.push_back(static_cast<char>(prefix));
  return key;
}

std::string WithNumber(Prefix prefix, uint64_t number, size_t extra = 0) {
  std::string key = Start(prefix, 9 + extra);
  Encoder(&key).U64(number);
  return key;
}

bool TakePrefix(Decoder* in, Prefix prefix) { return in->U8() == static_cast<uint8_t>(prefix); }

}  // namespace

std::string MetaKey(MetaRow row) {
  std::string key = Start(Prefix::kMeta, 2);
  Encoder(&key).U8(static_cast<uint8_t>(row));
  return key;
}

std::string NamespaceKey(NamespaceId id) {
  std::string key = Start(Prefix::kNamespace, 5);
  Encoder(&key).U32(id);
  return key;
}

std::string EntryKey(InodeId directory, std::string_view name) {
  std::string key = WithNumber(Prefix::kEntry, directory, name.size());
  key.append(name);
  return key;
}

std::string DirectoryKey(InodeId id) { return WithNumber(Prefix::kDirectory, id); }

std::string BlockKey(InodeId file, uint32_t index) {
  std::string key = WithNumber(Prefix::kBlock, file, 4);
  Encoder(&key).U32(index);
  return key;
}

std::string FilePlaceKey(InodeId file) { return WithNumber(Prefix::kFilePlace, file); }

std::string OpenFileKey(InodeId file) { return WithNumber(Prefix::kOpenFile, file); }

std::string PendingDeleteKey(InodeId id) { return WithNumber(Prefix::kPendingDelete, id); }

std::string XAttrKey(InodeId inode, const XAttrName& name) {
  std::string key = WithNumber(Prefix::kXAttr, inode, 1 + name.name.size());
  Encoder(&key).U8(static_cast<uint8_t>(name.space));
  key.append(name.name);
  return key;
}

std::string RetryKey(uint64_t index, uint32_t ordinal) {
  std::string key = WithNumber(Prefix::kRetry, index, 4);
  Encoder(&key).U32(ordinal);
  return key;
}

std::string OutboxKey(uint64_t last_sequence) { return WithNumber(Prefix::kOutbox, last_sequence); }

size_t InsertGroupBytes(std::string_view key) {
  // Of a number all but the lowest 16 bits: what is made now lies apart from what was made long
  // ago and changes again, and there are few groups.
  constexpr size_t kNumbered = sizeof(char) + sizeof(uint64_t) - 2;
  constexpr size_t kDirectoryEntries = sizeof(char) + sizeof(InodeId);
  const bool entry = !key.empty() && key[0] == static_cast<char>(Prefix::kEntry);
  return std::min(key.size(), entry ? kDirectoryEntries : kNumbered);
}

std::string EndOf(std::string prefix) {
  while (!prefix.empty() && prefix.back() == '\xff') prefix.pop_back();
  CHECK(!prefix.empty());
  prefix.back() = static_cast<char>(static_cast<uint8_t>(prefix.back()) + 1);
  return prefix;
}

std::string PrefixOf(Prefix prefix) { return Start(prefix, 1); }

std::string EntriesOf(InodeId directory) { return WithNumber(Prefix::kEntry, directory); }

std::string BlocksOf(InodeId file) { return WithNumber(Prefix::kBlock, file); }

std::string XAttrsOf(InodeId inode) { return WithNumber(Prefix::kXAttr, inode); }

bool ParseEntryKey(std::string_view key, InodeId* directory, std::string_view* name) {
  Decoder in(key);
  if (!TakePrefix(&in, Prefix::kEntry)) return false;
  *directory = in.U64();
  *name = in.rest();
  return in.ok() && !name->empty();
}

bool ParseNamespaceKey(std::string_view key, NamespaceId* id) {
  Decoder in(key);
  if (!TakePrefix(&in, Prefix::kNamespace)) return false;
  *id = in.U32();
  return in.Done();
}

bool ParseInodeKey(std::string_view key, Prefix prefix, InodeId* id) {
  Decoder in(key);
  if (!TakePrefix(&in, prefix)) return false;
  *id = in.U64();
  return in.Done();
}

bool ParseOutboxKey(std::string_view key, uint64_t* last_sequence) {
  return ParseInodeKey(key, Prefix::kOutbox, last_sequence);
}

bool ParseBlockKey(std::string_view key, InodeId* file, uint32_t* index) {
  Decoder in(key);
  if (!TakePrefix(&in, Prefix::kBlock)) return false;
  *file = in.U64();
  *index = in.U32();
  return in.Done();
}

bool ParseXAttrKey(std::string_view key, InodeId* inode, XAttrName* name) {
  Decoder in(key);
  if (!TakePrefix(&in, Prefix::kXAttr)) return false;
  *inode = in.U64();
  const uint8_t space = in.U8();
  if (!in.ok() || space > static_cast<uint8_t>(XAttrNamespace::kRaw)) return false;
  name->space = static_cast<XAttrNamespace>(space);
  name->name = std::string(in.rest());  // may be empty, as in HDFS
  return true;
}

bool ParseRetryKey(std::string_view key, uint64_t* index, uint32_t* ordinal) {
  Decoder in(key);
  if (!TakePrefix(&in, Prefix::kRetry)) return false;
  *index = in.U64();
  *ordinal = in.U32();
  return in.Done();
}

std::string KeyText(std::string_view key) {
  if (key.empty()) return "(empty key)";
  InodeId directory = 0;
  std::string_view name;
  std::string text(1, key[0]);
  if (ParseEntryKey(key, &directory, &name)) {
    text.append(":").append(std::to_string(directory)).append("/").append(name);
    return text;
  }
  text.append(":").append(absl::BytesToHexString(std::string(key.substr(1))));
  return text;
}

}  // namespace jfs::ns
