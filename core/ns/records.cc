#include "core/ns/records.h"

#include <algorithm>

#include "core/base/codec.h"
#include "core/base/hash.h"
#include "core/ns/codec.h"

namespace jfs::ns {
namespace {

// Record versions, one for all kinds so far.
constexpr uint8_t kRecordVersion = 2;
// First byte after the version of an entry.
constexpr uint8_t kDirectoryEntry = 1;
constexpr uint8_t kFileEntry = 2;
constexpr uint8_t kOpenFileEntry = 3;

// What an inode has besides its attributes, as bits: only what is there takes room.
constexpr uint64_t kHasAcl = 1;
constexpr uint64_t kHasXAttrs = 2;
constexpr uint64_t kHasNameQuota = 4;    // directories
constexpr uint64_t kHasSpaceQuota = 8;   // directories
constexpr uint64_t kHasOpenBlock = 16;   // files
constexpr uint64_t kIsRecovering = 32;   // files
constexpr uint64_t kHasTruncation = 64;  // files
constexpr uint64_t kDirectoryFeatures = kHasAcl | kHasXAttrs | kHasNameQuota | kHasSpaceQuota;
constexpr uint64_t kFileFeatures =
    kHasAcl | kHasXAttrs | kHasOpenBlock | kIsRecovering | kHasTruncation;

constexpr uint64_t kRowSeed = 0x6a66732d726f77;

template <typename Write>
std::string Record(const Write& write) {
  std::string bytes;
  Encoder out(&bytes);
  out.U8(kRecordVersion);
  write(out);
  return bytes;
}

Decoder Start(std::string_view bytes) {
  Decoder in(bytes);
  if (in.U8() != kRecordVersion) in.Fail();
  return in;
}

void PutBlock(const Block& block, Encoder& out) {
  out.Varint(block.id);
  out.Varint(block.generation_stamp);
  out.Varint(block.bytes);
}

void GetBlock(Decoder& in, Block* block) {
  block->id = in.Varint();
  block->generation_stamp = in.Varint();
  block->bytes = in.Varint();
}

template <typename Inode>
void PutAttributes(const Inode& inode, Encoder& out) {
  out.U16(inode.mode);
  out.Bytes(inode.owner);
  out.Bytes(inode.group);
  out.Varint(inode.mtime.value);
  out.Varint(inode.atime.value);
}

template <typename Inode>
void GetAttributes(Decoder& in, Inode* inode) {
  inode->mode = in.U16();
  inode->owner = std::string(in.Bytes());
  inode->group = std::string(in.Bytes());
  inode->mtime.value = in.Varint();
  inode->atime.value = in.Varint();
}

void PutAcl(const std::vector<AclEntry>& acl, Encoder& out) {
  out.Varint(acl.size());
  for (const AclEntry& entry : acl) {
    out.U8(static_cast<uint8_t>(entry.scope));
    out.U8(static_cast<uint8_t>(entry.type));
    out.Bytes(entry.name);
    out.U8(entry.permission);
  }
}

void GetAcl(Decoder& in, std::vector<AclEntry>* acl) {
  const uint64_t count = in.VarintUpTo(in.rest().size());
  for (uint64_t i = 0; i < count && in.ok(); ++i) {
    AclEntry& entry = acl->emplace_back();
    const uint8_t scope = in.U8();
    const uint8_t type = in.U8();
    entry.name = std::string(in.Bytes());
    entry.permission = in.U8();
    if (scope > 1 || type > 3 || entry.permission > 7) in.Fail();
    entry.scope = static_cast<AclScope>(scope);
    entry.type = static_cast<AclType>(type);
  }
  // One encoding for each: an empty list is a missing bit.
  if (acl->empty()) in.Fail();
}

uint32_t GetCount(Decoder& in) {
  const auto count = static_cast<uint32_t>(in.VarintUpTo(UINT32_MAX));
  if (count == 0) in.Fail();
  return count;
}

uint64_t Bit(bool set, uint64_t bit) { return set ? bit : 0; }

void PutFeatures(const DirectoryFeatures& features, Encoder& out) {
  uint64_t bits = 0;
  bits |= Bit(!features.acl.empty(), kHasAcl);
  bits |= Bit(features.xattr_count != 0, kHasXAttrs);
  bits |= Bit(features.name_quota >= 0, kHasNameQuota);
  bits |= Bit(features.space_quota >= 0, kHasSpaceQuota);
  out.Varint(bits);
  if ((bits & kHasAcl) != 0) PutAcl(features.acl, out);
  if ((bits & kHasXAttrs) != 0) out.Varint(features.xattr_count);
  if ((bits & kHasNameQuota) != 0) out.Varint(static_cast<uint64_t>(features.name_quota));
  if ((bits & kHasSpaceQuota) != 0) out.Varint(static_cast<uint64_t>(features.space_quota));
}

void GetFeatures(Decoder& in, DirectoryFeatures* features) {
  const uint64_t bits = in.Varint();
  if ((bits & ~kDirectoryFeatures) != 0) in.Fail();
  if ((bits & kHasAcl) != 0) GetAcl(in, &features->acl);
  if ((bits & kHasXAttrs) != 0) features->xattr_count = GetCount(in);
  if ((bits & kHasNameQuota) != 0) {
    features->name_quota = static_cast<int64_t>(in.VarintUpTo(INT64_MAX));
  }
  if ((bits & kHasSpaceQuota) != 0) {
    features->space_quota = static_cast<int64_t>(in.VarintUpTo(INT64_MAX));
  }
}

void PutFeatures(const FileRecord& file, Encoder& out) {
  uint64_t bits = 0;
  bits |= Bit(!file.acl.empty(), kHasAcl);
  bits |= Bit(file.xattr_count != 0, kHasXAttrs);
  bits |= Bit(file.open_block_bytes.has_value(), kHasOpenBlock);
  bits |= Bit(file.recovering, kIsRecovering);
  bits |= Bit(file.truncated_block_bytes.has_value(), kHasTruncation);
  out.Varint(bits);
  if ((bits & kHasAcl) != 0) PutAcl(file.acl, out);
  if ((bits & kHasXAttrs) != 0) out.Varint(file.xattr_count);
  if ((bits & kHasOpenBlock) != 0) out.Varint(*file.open_block_bytes);
  if ((bits & kHasTruncation) != 0) out.Varint(*file.truncated_block_bytes);
}

void GetFeatures(Decoder& in, FileRecord* file) {
  const uint64_t bits = in.Varint();
  if ((bits & ~kFileFeatures) != 0) in.Fail();
  if ((bits & kHasAcl) != 0) GetAcl(in, &file->acl);
  if ((bits & kHasXAttrs) != 0) file->xattr_count = GetCount(in);
  if ((bits & kHasOpenBlock) != 0) file->open_block_bytes = in.Varint();
  if ((bits & kHasTruncation) != 0) file->truncated_block_bytes = in.Varint();
  file->recovering = (bits & kIsRecovering) != 0;
}

}  // namespace

std::string EncodeRecord(const EntryRecord& record) {
  return Record([&](Encoder& out) {
    if (record.type == FileType::kDirectory) {
      out.U8(kDirectoryEntry);
      out.Varint(record.directory);
      return;
    }
    const FileRecord& file = record.file;
    out.U8(file.open ? kOpenFileEntry : kFileEntry);
    out.Varint(file.id);
    PutAttributes(file, out);
    PutFeatures(file, out);
    out.Varint(file.replication);
    out.Varint(file.block_size);
    out.Varint(file.length);
    out.Varint(file.block_count);
    for (const Block& block : file.inline_blocks) PutBlock(block, out);
    if (file.open) {
      out.Bytes(file.holder);
      out.Bytes(file.holder_address);
    }
  });
}

bool DecodeRecord(std::string_view bytes, EntryRecord* record) {
  *record = EntryRecord{};
  Decoder in = Start(bytes);
  const uint8_t kind = in.U8();
  if (kind == kDirectoryEntry) {
    record->type = FileType::kDirectory;
    record->directory = in.Varint();
    return in.Done();
  }
  if (kind != kFileEntry && kind != kOpenFileEntry) return false;
  FileRecord& file = record->file;
  file.open = kind == kOpenFileEntry;
  file.id = in.Varint();
  GetAttributes(in, &file);
  GetFeatures(in, &file);
  file.replication = static_cast<uint32_t>(in.VarintUpTo(UINT32_MAX));
  file.block_size = in.Varint();
  file.length = in.Varint();
  file.block_count = in.Varint();
  const uint64_t inline_blocks = std::min(file.block_count, kInlineBlocks);
  for (uint64_t i = 0; i < inline_blocks && in.ok(); ++i) {
    GetBlock(in, &file.inline_blocks.emplace_back());
  }
  if (file.open) {
    file.holder = std::string(in.Bytes());
    file.holder_address = std::string(in.Bytes());
  }
  return in.Done();
}

std::string EncodeRecord(const DirectoryRecord& record) {
  return Record([&](Encoder& out) {
    out.Varint(record.parent);
    out.Bytes(record.name);
    PutAttributes(record, out);
    PutFeatures(record.features, out);
    out.Varint(record.counts.directories);
    out.Varint(record.counts.files);
    out.Varint(record.counts.bytes);
    out.Varint(record.counts.space);
  });
}

bool DecodeRecord(std::string_view bytes, DirectoryRecord* record) {
  Decoder in = Start(bytes);
  record->parent = in.Varint();
  record->name = std::string(in.Bytes());
  GetAttributes(in, record);
  GetFeatures(in, &record->features);
  record->counts.directories = in.Varint();
  record->counts.files = in.Varint();
  record->counts.bytes = in.Varint();
  record->counts.space = in.Varint();
  return in.Done();
}

std::string EncodeRecord(const Block& record) {
  return Record([&](Encoder& out) { PutBlock(record, out); });
}

bool DecodeRecord(std::string_view bytes, Block* record) {
  Decoder in = Start(bytes);
  GetBlock(in, record);
  return in.Done();
}

std::string EncodeRecord(const NamespaceRecord& record) {
  return Record([&](Encoder& out) {
    out.Bytes(record.name);
    out.Varint(record.root);
  });
}

bool DecodeRecord(std::string_view bytes, NamespaceRecord* record) {
  Decoder in = Start(bytes);
  record->name = std::string(in.Bytes());
  record->root = in.Varint();
  return in.Done();
}

std::string EncodeRecord(const FilePlaceRecord& record) {
  return Record([&](Encoder& out) {
    out.Varint(record.directory);
    out.Bytes(record.name);
  });
}

bool DecodeRecord(std::string_view bytes, FilePlaceRecord* record) {
  Decoder in = Start(bytes);
  record->directory = in.Varint();
  record->name = std::string(in.Bytes());
  return in.Done();
}

std::string EncodeRecord(const OpenFileRecord& record) {
  return Record([&](Encoder& out) {
    out.Varint(record.directory);
    out.Bytes(record.name);
    out.Bytes(record.holder);
    out.Varint(record.lease);
  });
}

bool DecodeRecord(std::string_view bytes, OpenFileRecord* record) {
  Decoder in = Start(bytes);
  record->directory = in.Varint();
  record->name = std::string(in.Bytes());
  record->holder = std::string(in.Bytes());
  record->lease = in.Varint();
  return in.Done();
}

std::string EncodeRecord(const PendingDeleteRecord& record) {
  return Record([&](Encoder& out) {
    out.Bool(record.directory);
    out.Bytes(record.cursor);
  });
}

bool DecodeRecord(std::string_view bytes, PendingDeleteRecord* record) {
  Decoder in = Start(bytes);
  record->directory = in.Bool();
  record->cursor = std::string(in.Bytes());
  return in.Done();
}

std::string EncodeRecord(const SchemaRecord& record) {
  std::string bytes;
  Encoder out(&bytes);
  out.U8(record.version);
  out.Varint(record.feature_level);
  return bytes;
}

bool DecodeRecord(std::string_view bytes, SchemaRecord* record) {
  Decoder in(bytes);
  record->version = in.U8();
  if (in.ok() && record->version != SchemaRecord::kVersion) return true;
  record->feature_level = in.Varint();
  return in.Done();
}

std::string EncodeRecord(const CountersRecord& record) {
  return Record([&](Encoder& out) {
    out.U16(record.lineage);
    out.Varint(record.sequence);
    out.Varint(record.next_inode);
    out.Varint(record.next_block);
    out.Varint(record.next_stamp);
    out.Varint(record.next_lease);
    out.Varint(record.next_namespace);
    out.Varint(record.wall.value);
    out.Varint(record.log_time_millis);
    out.Bool(record.safe_mode);
  });
}

bool DecodeRecord(std::string_view bytes, CountersRecord* record) {
  Decoder in = Start(bytes);
  record->lineage = in.U16();
  record->sequence = in.Varint();
  record->next_inode = in.Varint();
  record->next_block = in.Varint();
  record->next_stamp = in.Varint();
  record->next_lease = in.Varint();
  record->next_namespace = static_cast<NamespaceId>(in.VarintUpTo(UINT32_MAX));
  record->wall.value = in.Varint();
  record->log_time_millis = in.Varint();
  record->safe_mode = in.Bool();
  return in.Done();
}

std::string EncodeRecord(const SetLimits& record) {
  return Record([&](Encoder& out) {
    out.Varint(record.retry_cache_bytes);
    out.Varint(record.retry_cache_millis);
    out.Varint(record.max_name_bytes);
    out.Varint(record.max_path_characters);
    out.Varint(record.max_path_depth);
    out.Varint(record.max_directory_items);
    out.Varint(record.max_blocks_per_file);
    out.Varint(record.min_block_size);
    out.Varint(record.min_replication);
    out.Varint(record.max_replication);
    out.Varint(record.access_time_precision_millis);
  });
}

bool DecodeRecord(std::string_view bytes, SetLimits* record) {
  Decoder in = Start(bytes);
  record->retry_cache_bytes = in.Varint();
  record->retry_cache_millis = in.Varint();
  record->max_name_bytes = static_cast<uint32_t>(in.VarintUpTo(UINT32_MAX));
  record->max_path_characters = static_cast<uint32_t>(in.VarintUpTo(UINT32_MAX));
  record->max_path_depth = static_cast<uint32_t>(in.VarintUpTo(UINT32_MAX));
  record->max_directory_items = in.Varint();
  record->max_blocks_per_file = in.Varint();
  record->min_block_size = in.Varint();
  record->min_replication = static_cast<uint32_t>(in.VarintUpTo(UINT32_MAX));
  record->max_replication = static_cast<uint32_t>(in.VarintUpTo(UINT32_MAX));
  record->access_time_precision_millis = in.Varint();
  return in.Done();
}

std::string EncodeRecord(const RetryRecord& record) {
  return Record([&](Encoder& out) {
    out.Bytes(record.call.client);
    out.Varint(static_cast<uint32_t>(record.call.call));
    out.Bytes(record.user);
    out.U8(record.operation);
    out.Varint(record.log_time_millis);
    EncodeReply(record.reply, &out);
  });
}

bool DecodeRecord(std::string_view bytes, RetryRecord* record) {
  Decoder in = Start(bytes);
  record->call.client = std::string(in.Bytes());
  record->call.call = static_cast<int32_t>(in.VarintUpTo(INT32_MAX));
  record->user = std::string(in.Bytes());
  record->operation = in.U8();
  record->log_time_millis = in.Varint();
  record->reply = DecodeReply(&in);
  return in.Done() && record->call.remembered();
}

std::string EncodeXAttrValue(const std::string& value) {
  return Record([&](Encoder& out) { out.Bytes(value); });
}

bool DecodeXAttrValue(std::string_view bytes, std::string* value) {
  Decoder in = Start(bytes);
  *value = std::string(in.Bytes());
  return in.Done();
}

uint64_t RowHash(std::string_view key, std::string_view value) {
  return Hash64(value, Hash64(key, kRowSeed));
}

}  // namespace jfs::ns
