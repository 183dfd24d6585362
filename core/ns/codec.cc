#include "core/ns/codec.h"

#include <cstddef>
#include <type_traits>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

#include "core/base/overload.h"
#include "core/ns/error_text.h"

namespace jfs::ns {
namespace {

constexpr uint8_t kBatchVersion = 1;
constexpr uint8_t kReplyVersion = 1;

// Operation numbers are in the log: never reused. Each operation has a version byte of its own, all
// 1 so far.
enum class OperationNumber : uint8_t {
  kMkdirs = 1,
  kCreate = 2,
  kAddBlock = 3,
  kComplete = 4,
  kDelete = 5,
  kRename = 6,
  kRename2 = 7,
  kSetTimes = 8,
  kSetPermission = 9,
  kSetOwner = 10,
  kImportFile = 11,
  kCreateNamespace = 12,
  kAdvance = 13,
  kFinishDeletes = 14,
  kSetLimits = 15,
};
constexpr uint8_t kOperationVersion = 1;

// One list of an operation's fields serves both directions: Out writes them, In reads them.
class Out {
 public:
  explicit Out(Encoder* encoder) : encoder_(encoder) {}
  void Number(uint64_t v) { encoder_->Varint(v); }
  void Flag(bool v) { encoder_->Bool(v); }
  void Text(const std::string& v) { encoder_->Bytes(v); }

 private:
  Encoder* encoder_;
};

class In {
 public:
  explicit In(Decoder* decoder) : decoder_(decoder) {}
  template <typename T>
  void Number(T& v) {
    v = static_cast<T>(decoder_->VarintUpTo(static_cast<T>(~T{0})));
  }
  void Flag(bool& v) { v = decoder_->Bool(); }
  void Text(std::string& v) { v = std::string(decoder_->Bytes()); }

 private:
  Decoder* decoder_;
};

template <typename Archive, typename Time>
void Wall(Archive& a, Time& time) {
  a.Number(time.value);
}

template <typename Archive, typename T, typename One>
void Optional(Archive& a, T& value, const One& one) {
  bool present = value.has_value();
  a.Flag(present);
  if constexpr (!std::is_const_v<T>) {
    if (present) value.emplace();
  }
  if (present) one(*value);
}

template <typename Archive, typename B>
void BlockFields(Archive& a, B& block) {
  a.Number(block.id);
  a.Number(block.generation_stamp);
  a.Number(block.bytes);
}

// Op is const when writing.
template <typename Archive, typename Op>
void Fields(Archive& a, Op& op) {
  using T = std::remove_const_t<Op>;
  if constexpr (std::is_same_v<T, Mkdirs>) {
    a.Text(op.path);
    a.Number(op.mode);
    a.Flag(op.create_parent);
  } else if constexpr (std::is_same_v<T, Create>) {
    a.Text(op.path);
    a.Number(op.mode);
    a.Text(op.client_name);
    a.Number(op.flags);
    a.Flag(op.create_parent);
    a.Number(op.replication);
    a.Number(op.block_size);
  } else if constexpr (std::is_same_v<T, AddBlock>) {
    a.Text(op.path);
    a.Text(op.client_name);
    a.Number(op.file_id);
    Optional(a, op.previous, [&a](auto& block) { BlockFields(a, block); });
    a.Number(op.live_data_servers);
  } else if constexpr (std::is_same_v<T, Complete>) {
    a.Text(op.path);
    a.Text(op.client_name);
    a.Number(op.file_id);
    Optional(a, op.last, [&a](auto& block) { BlockFields(a, block); });
  } else if constexpr (std::is_same_v<T, Delete>) {
    a.Text(op.path);
    a.Flag(op.recursive);
  } else if constexpr (std::is_same_v<T, Rename>) {
    a.Text(op.source);
    a.Text(op.target);
  } else if constexpr (std::is_same_v<T, Rename2>) {
    a.Text(op.source);
    a.Text(op.target);
    a.Flag(op.overwrite);
    a.Flag(op.to_trash);
  } else if constexpr (std::is_same_v<T, SetTimes>) {
    a.Text(op.path);
    Optional(a, op.mtime, [&a](auto& time) { Wall(a, time); });
    Optional(a, op.atime, [&a](auto& time) { Wall(a, time); });
  } else if constexpr (std::is_same_v<T, SetPermission>) {
    a.Text(op.path);
    a.Number(op.mode);
  } else if constexpr (std::is_same_v<T, SetOwner>) {
    a.Text(op.path);
    Optional(a, op.user, [&a](auto& text) { a.Text(text); });
    Optional(a, op.group, [&a](auto& text) { a.Text(text); });
  } else if constexpr (std::is_same_v<T, ImportFile>) {
    a.Text(op.path);
    a.Number(op.mode);
    a.Text(op.user);
    a.Text(op.group);
    Wall(a, op.mtime);
    Wall(a, op.atime);
    a.Number(op.replication);
    a.Number(op.block_size);
    a.Number(op.length);
  } else if constexpr (std::is_same_v<T, CreateNamespace>) {
    a.Text(op.name);
  } else if constexpr (std::is_same_v<T, Advance>) {
  } else if constexpr (std::is_same_v<T, FinishDeletes>) {
    a.Number(op.max_rows);
  } else {
    static_assert(std::is_same_v<T, SetLimits>);
    a.Number(op.retry_cache_bytes);
    a.Number(op.retry_cache_millis);
    a.Number(op.max_name_bytes);
    a.Number(op.max_path_characters);
    a.Number(op.max_path_depth);
    a.Number(op.max_directory_items);
    a.Number(op.max_blocks_per_file);
    a.Number(op.min_block_size);
    a.Number(op.min_replication);
    a.Number(op.max_replication);
    a.Number(op.access_time_precision_millis);
  }
}

OperationNumber NumberOf(const Operation& operation) {
  return std::visit(
      Overload{[](const Mkdirs&) { return OperationNumber::kMkdirs; },
               [](const Create&) { return OperationNumber::kCreate; },
               [](const AddBlock&) { return OperationNumber::kAddBlock; },
               [](const Complete&) { return OperationNumber::kComplete; },
               [](const Delete&) { return OperationNumber::kDelete; },
               [](const Rename&) { return OperationNumber::kRename; },
               [](const Rename2&) { return OperationNumber::kRename2; },
               [](const SetTimes&) { return OperationNumber::kSetTimes; },
               [](const SetPermission&) { return OperationNumber::kSetPermission; },
               [](const SetOwner&) { return OperationNumber::kSetOwner; },
               [](const ImportFile&) { return OperationNumber::kImportFile; },
               [](const CreateNamespace&) { return OperationNumber::kCreateNamespace; },
               [](const Advance&) { return OperationNumber::kAdvance; },
               [](const FinishDeletes&) { return OperationNumber::kFinishDeletes; },
               [](const SetLimits&) { return OperationNumber::kSetLimits; }},
      operation);
}

// Sets *operation to an empty one of that number; false for a number of the future.
bool Make(uint8_t number, Operation* operation) {
  switch (static_cast<OperationNumber>(number)) {
    case OperationNumber::kMkdirs:
      operation->emplace<Mkdirs>();
      return true;
    case OperationNumber::kCreate:
      operation->emplace<Create>();
      return true;
    case OperationNumber::kAddBlock:
      operation->emplace<AddBlock>();
      return true;
    case OperationNumber::kComplete:
      operation->emplace<Complete>();
      return true;
    case OperationNumber::kDelete:
      operation->emplace<Delete>();
      return true;
    case OperationNumber::kRename:
      operation->emplace<Rename>();
      return true;
    case OperationNumber::kRename2:
      operation->emplace<Rename2>();
      return true;
    case OperationNumber::kSetTimes:
      operation->emplace<SetTimes>();
      return true;
    case OperationNumber::kSetPermission:
      operation->emplace<SetPermission>();
      return true;
    case OperationNumber::kSetOwner:
      operation->emplace<SetOwner>();
      return true;
    case OperationNumber::kImportFile:
      operation->emplace<ImportFile>();
      return true;
    case OperationNumber::kCreateNamespace:
      operation->emplace<CreateNamespace>();
      return true;
    case OperationNumber::kAdvance:
      operation->emplace<Advance>();
      return true;
    case OperationNumber::kFinishDeletes:
      operation->emplace<FinishDeletes>();
      return true;
    case OperationNumber::kSetLimits:
      operation->emplace<SetLimits>();
      return true;
  }
  return false;
}

void EncodeCommand(const Command& command, Encoder* out) {
  out->U8(static_cast<uint8_t>(NumberOf(command.operation)));
  out->U8(kOperationVersion);
  out->Varint(command.ns);
  out->Bytes(command.caller.user);
  out->Varint(command.caller.groups.size());
  for (const std::string& group : command.caller.groups) out->Bytes(group);
  out->Bool(command.caller.superuser);
  out->Bytes(command.caller.address);
  // A call that need not be remembered has one form, whatever is in its two fields.
  out->Bool(command.call.remembered());
  if (command.call.remembered()) {
    out->Bytes(command.call.client);
    out->Varint(static_cast<uint32_t>(command.call.call));
  }
  Out archive(out);
  std::visit([&archive](const auto& op) { Fields(archive, op); }, command.operation);
}

absl::Status DecodeCommand(Decoder* in, Command* command) {
  const uint8_t number = in->U8();
  const uint8_t version = in->U8();
  if (!in->ok()) return absl::OkStatus();  // the caller reports truncation
  if (!Make(number, &command->operation)) {
    return absl::UnimplementedError(
        absl::StrCat("operation number ", static_cast<int>(number),
                     " is not known to this version; upgrade this master"));
  }
  if (version != kOperationVersion) {
    return absl::UnimplementedError(absl::StrCat(
        "operation number ", static_cast<int>(number), " has version ", static_cast<int>(version),
        ", this version knows ", static_cast<int>(kOperationVersion), "; upgrade this master"));
  }
  In archive(in);
  archive.Number(command->ns);
  archive.Text(command->caller.user);
  // Every group takes at least one byte, which bounds what a damaged count can make us allocate.
  const uint64_t groups = in->VarintUpTo(in->rest().size());
  for (uint64_t i = 0; i < groups && in->ok(); ++i) {
    command->caller.groups.emplace_back(in->Bytes());
  }
  archive.Flag(command->caller.superuser);
  archive.Text(command->caller.address);
  if (in->Bool()) {
    archive.Text(command->call.client);
    command->call.call = static_cast<int32_t>(in->VarintUpTo(INT32_MAX));
    if (command->call.client.empty()) in->Fail();
  }
  std::visit([&archive](auto& op) { Fields(archive, op); }, command->operation);
  return absl::OkStatus();
}

template <typename Archive, typename Status>
void StatusFields(Archive& a, Status& status) {
  a.Text(status.name);
  a.Number(status.length);
  a.Number(status.mode);
  a.Text(status.owner);
  a.Text(status.group);
  Wall(a, status.mtime);
  Wall(a, status.atime);
  a.Number(status.replication);
  a.Number(status.block_size);
  a.Number(status.id);
  a.Number(status.children);
}

void EncodeStatus(const FileStatus& status, Encoder* out) {
  out->U8(static_cast<uint8_t>(status.type));
  Out archive(out);
  StatusFields(archive, status);
}

FileStatus DecodeStatus(Decoder* in) {
  FileStatus status;
  const uint8_t type = in->U8();
  if (type != static_cast<uint8_t>(FileType::kDirectory) &&
      type != static_cast<uint8_t>(FileType::kFile)) {
    in->Fail();
  }
  status.type = static_cast<FileType>(type);
  In archive(in);
  StatusFields(archive, status);
  return status;
}

}  // namespace

std::string EncodeCommandBatch(const CommandBatch& batch) {
  std::string bytes;
  Encoder out(&bytes);
  out.U8(kBatchVersion);
  out.Varint(batch.wall.value);
  out.Varint(batch.elapsed_millis);
  out.Varint(batch.commands.size());
  for (const Command& command : batch.commands) EncodeCommand(command, &out);
  return bytes;
}

absl::StatusOr<CommandBatch> DecodeCommandBatch(std::string_view bytes) {
  Decoder in(bytes);
  const uint8_t version = in.U8();
  if (in.ok() && version != kBatchVersion) {
    return absl::UnimplementedError(absl::StrCat(
        "command batch version ", static_cast<int>(version), " is not known; upgrade this master"));
  }
  CommandBatch batch;
  batch.wall.value = in.Varint();
  batch.elapsed_millis = in.Varint();
  const uint64_t count = in.VarintUpTo(in.rest().size());
  if (in.ok()) batch.commands.reserve(count);
  for (uint64_t i = 0; i < count && in.ok(); ++i) {
    batch.commands.emplace_back();
    const absl::Status status = DecodeCommand(&in, &batch.commands.back());
    if (!status.ok()) return status;
  }
  if (!in.Done()) {
    return absl::DataLossError(absl::StrCat("a command batch of ", bytes.size(),
                                            " bytes cannot be decoded (", batch.commands.size(),
                                            " of ", count, " commands read)"));
  }
  return batch;
}

void EncodeReply(const Reply& reply, Encoder* out) {
  out->U8(kReplyVersion);
  out->U8(static_cast<uint8_t>(reply.code));
  out->Varint(reply.position.packed);
  out->Varint(reply.arguments.size());
  for (const std::string& argument : reply.arguments) out->Bytes(argument);
  // The index in Value is the number on disk: alternatives are only ever appended.
  out->U8(static_cast<uint8_t>(reply.value.index()));
  Out archive(out);
  std::visit(
      Overload{[](std::monostate) {}, [](Absent) {}, [&](const Truth& v) { archive.Flag(v.value); },
               [&](const FileStatus& v) { EncodeStatus(v, out); },
               [&](const Listing& v) {
                 out->Varint(v.entries.size());
                 for (const FileStatus& entry : v.entries) EncodeStatus(entry, out);
                 out->Varint(v.remaining);
               },
               [&](const ContentSummary& v) {
                 out->Varint(v.length);
                 out->Varint(v.files);
                 out->Varint(v.directories);
                 out->Varint(v.space_consumed);
               },
               [&](const BlockLocations& v) {
                 out->Varint(v.file_length);
                 out->Varint(v.block_size);
                 out->Bool(v.under_construction);
                 out->Varint(v.blocks.size());
                 for (const Block& block : v.blocks) BlockFields(archive, block);
                 out->Varint(v.first_offset);
                 out->Bool(v.last_block.has_value());
                 if (v.last_block.has_value()) BlockFields(archive, *v.last_block);
               },
               [&](const Block& v) { BlockFields(archive, v); },
               [&](const NewNamespace& v) { out->Varint(v.id); }},
      reply.value);
}

Reply DecodeReply(Decoder* in) {
  static_assert(std::variant_size_v<Value> == 9, "a new alternative needs a case here");
  Reply reply;
  if (in->U8() != kReplyVersion) in->Fail();
  const uint8_t code = in->U8();
  if (!IsKnownCode(code)) in->Fail();
  reply.code = static_cast<Code>(code);
  reply.position.packed = in->Varint();
  const uint64_t arguments = in->VarintUpTo(in->rest().size());
  for (uint64_t i = 0; i < arguments && in->ok(); ++i) reply.arguments.emplace_back(in->Bytes());
  In archive(in);
  switch (in->U8()) {
    case 0:
      break;
    case 1:
      reply.value = Truth{in->Bool()};
      break;
    case 2:
      reply.value = Absent{};
      break;
    case 3:
      reply.value = DecodeStatus(in);
      break;
    case 4: {
      Listing listing;
      const uint64_t entries = in->VarintUpTo(in->rest().size());
      for (uint64_t i = 0; i < entries && in->ok(); ++i)
        listing.entries.push_back(DecodeStatus(in));
      listing.remaining = in->Varint();
      reply.value = std::move(listing);
      break;
    }
    case 5: {
      ContentSummary summary;
      summary.length = in->Varint();
      summary.files = in->Varint();
      summary.directories = in->Varint();
      summary.space_consumed = in->Varint();
      reply.value = summary;
      break;
    }
    case 6: {
      BlockLocations locations;
      locations.file_length = in->Varint();
      locations.block_size = in->Varint();
      locations.under_construction = in->Bool();
      const uint64_t blocks = in->VarintUpTo(in->rest().size());
      for (uint64_t i = 0; i < blocks && in->ok(); ++i) {
        Block block;
        BlockFields(archive, block);
        locations.blocks.push_back(block);
      }
      locations.first_offset = in->Varint();
      if (in->Bool()) BlockFields(archive, locations.last_block.emplace());
      reply.value = std::move(locations);
      break;
    }
    case 7: {
      Block block;
      BlockFields(archive, block);
      reply.value = block;
      break;
    }
    case 8: {
      NewNamespace made;
      archive.Number(made.id);
      reply.value = made;
      break;
    }
    default:
      in->Fail();
  }
  if (!in->ok()) return Reply{};
  return reply;
}

}  // namespace jfs::ns
