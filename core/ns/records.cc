#include "core/ns/records.h"

#include <algorithm>

#include "core/base/codec.h"
#include "core/base/hash.h"
#include "core/ns/codec.h"

namespace jfs::ns {
namespace {

// Record versions, one for all kinds so far.
constexpr uint8_t kRecordVersion = 1;
// First byte after the version of an entry.
constexpr uint8_t kDirectoryEntry = 1;
constexpr uint8_t kFileEntry = 2;
constexpr uint8_t kOpenFileEntry = 3;

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

std::string EncodeRecord(const OpenFileRecord& record) {
  return Record([&](Encoder& out) {
    out.Varint(record.directory);
    out.Bytes(record.name);
    out.Bytes(record.holder);
  });
}

bool DecodeRecord(std::string_view bytes, OpenFileRecord* record) {
  Decoder in = Start(bytes);
  record->directory = in.Varint();
  record->name = std::string(in.Bytes());
  record->holder = std::string(in.Bytes());
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
    out.Varint(record.next_namespace);
    out.Varint(record.wall.value);
    out.Varint(record.log_time_millis);
  });
}

bool DecodeRecord(std::string_view bytes, CountersRecord* record) {
  Decoder in = Start(bytes);
  record->lineage = in.U16();
  record->sequence = in.Varint();
  record->next_inode = in.Varint();
  record->next_block = in.Varint();
  record->next_stamp = in.Varint();
  record->next_namespace = static_cast<NamespaceId>(in.VarintUpTo(UINT32_MAX));
  record->wall.value = in.Varint();
  record->log_time_millis = in.Varint();
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
    out.Varint(record.log_time_millis);
    EncodeReply(record.reply, &out);
  });
}

bool DecodeRecord(std::string_view bytes, RetryRecord* record) {
  Decoder in = Start(bytes);
  record->call.client = std::string(in.Bytes());
  record->call.call = static_cast<int32_t>(in.VarintUpTo(INT32_MAX));
  record->log_time_millis = in.Varint();
  record->reply = DecodeReply(&in);
  return in.Done() && record->call.remembered();
}

uint64_t RowHash(std::string_view key, std::string_view value) {
  return Hash64(value, Hash64(key, kRowSeed));
}

}  // namespace jfs::ns
