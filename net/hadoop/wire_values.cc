#include <algorithm>

#include "absl/strings/escaping.h"

#include "core/base/concat.h"
#include "net/hadoop/calls.h"
#include "net/utf8.h"

namespace jfs::net::hadoop {
namespace {

using namespace ::hadoop::hdfs;  // NOLINT: many message names of one package

constexpr uint32_t kModeBits = 01777;  // clients may send more; HDFS keeps these

}  // namespace

bool ArePaths(std::initializer_list<std::string_view> paths, Plan* plan) {
  for (const std::string_view path : paths) {
    if (IsUtf8(path)) continue;
    Refuse(plan, InvalidPathError(Concat(absl::CHexEscape(ToAbsl(path)), ": it is not UTF-8")));
    return false;
  }
  return true;
}

bool AreNames(std::initializer_list<std::string_view> names, Plan* plan) {
  for (const std::string_view name : names) {
    if (IsUtf8(name)) continue;
    Refuse(plan,
           IllegalArgumentError(Concat("Name ", absl::CHexEscape(ToAbsl(name)), " is not UTF-8.")));
    return false;
  }
  return true;
}

uint16_t ModeOf(const FsPermissionProto& permission) {
  return static_cast<uint16_t>(permission.perm() & kModeBits);
}

std::optional<uint16_t> UnmaskedOf(bool present, const FsPermissionProto& permission) {
  if (!present) return std::nullopt;
  return ModeOf(permission);
}

uint32_t ReplicationOf(uint32_t wire) {
  return static_cast<uint32_t>(int32_t{static_cast<int16_t>(wire & 0xffff)});
}

ns::Block BlockOf(const ExtendedBlockProto& block) {
  return {.id = block.blockid(),
          .generation_stamp = block.generationstamp(),
          .bytes = block.numbytes()};
}

std::string BlockText(const ExtendedBlockProto& block) {
  return Concat(block.poolid(), ":blk_", static_cast<int64_t>(block.blockid()), "_",
                static_cast<int64_t>(block.generationstamp()));
}

void FillStatus(const ns::FileStatus& in, HdfsFileStatusProto* out) {
  const bool directory = in.type == ns::FileType::kDirectory;
  out->set_filetype(directory ? HdfsFileStatusProto::IS_DIR : HdfsFileStatusProto::IS_FILE);
  out->set_path(in.name);
  out->set_length(in.length);
  out->mutable_permission()->set_perm(in.mode);
  out->set_owner(in.owner);
  out->set_group(in.group);
  out->set_modification_time(in.mtime.value);
  out->set_access_time(in.atime.value);
  out->set_block_replication(in.replication);
  out->set_blocksize(in.block_size);
  out->set_fileid(in.id);
  out->set_childrennum(static_cast<int32_t>(std::min<uint64_t>(in.children, INT32_MAX)));
  out->set_storagepolicy(0);
  out->set_flags(in.has_acl ? static_cast<uint32_t>(HdfsFileStatusProto::HAS_ACL) : 0);
}

void FillBlock(const ServiceFacts& facts, const ns::Block& in, uint64_t offset,
               LocatedBlockProto* out) {
  out->mutable_b()->set_poolid(facts.block_pool_id);
  out->mutable_b()->set_blockid(in.id);
  out->mutable_b()->set_generationstamp(in.generation_stamp);
  out->mutable_b()->set_numbytes(in.bytes);
  out->set_offset(offset);
  out->set_corrupt(false);
  out->mutable_blocktoken()->set_identifier("");
  out->mutable_blocktoken()->set_password("");
  out->mutable_blocktoken()->set_kind("");
  out->mutable_blocktoken()->set_service("");
}

void FillLocations(const ServiceFacts& facts, const ns::BlockLocations& in,
                   LocatedBlocksProto* out) {
  out->set_filelength(in.file_length);
  out->set_underconstruction(in.under_construction);
  uint64_t offset = in.first_offset;
  for (const ns::Block& block : in.blocks) {
    FillBlock(facts, block, offset, out->add_blocks());
    offset += block.bytes;
  }
  if (in.last_block.has_value()) {
    // Of an open file the length does not count the last block, so that is where it begins.
    FillBlock(facts, *in.last_block,
              in.under_construction ? in.file_length : in.file_length - in.last_block->bytes,
              out->mutable_lastblock());
  }
  // Of a closed file with blocks it must be true, or a Java client asks the data servers for the
  // last one's length.
  out->set_islastblockcomplete(in.last_block.has_value() &&
                               (!in.under_construction || in.last_block_complete));
}

void FillListing(const ServiceFacts& facts, const ns::Listing& in,
                 google::protobuf::RepeatedPtrField<HdfsFileStatusProto>* out) {
  for (size_t i = 0; i < in.entries.size(); ++i) {
    HdfsFileStatusProto* status = out->Add();
    FillStatus(in.entries[i], status);
    if (i < in.locations.size() && in.entries[i].type == ns::FileType::kFile) {
      FillLocations(facts, in.locations[i], status->mutable_locations());
    }
  }
}

}  // namespace jfs::net::hadoop
