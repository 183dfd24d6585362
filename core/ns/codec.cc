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

constexpr uint8_t kBatchVersion = 2;
constexpr uint8_t kReplyVersion = 2;

// Operation numbers are in the log: an operation's place in Operation, from 1, so alternatives are
// only ever appended. Each operation has a version byte of its own, all 1 so far.
constexpr size_t kOperations = 42;
static_assert(std::variant_size_v<Operation> == kOperations);
static_assert(std::is_same_v<std::variant_alternative_t<0, Operation>, Mkdirs>);
static_assert(std::is_same_v<std::variant_alternative_t<14, Operation>, SetLimits>);
static_assert(std::is_same_v<std::variant_alternative_t<34, Operation>, SetAccessTime>);
static_assert(std::is_same_v<std::variant_alternative_t<37, Operation>, DisableMirror>);
static_assert(std::is_same_v<std::variant_alternative_t<41, Operation>, ClaimRecovered>);
constexpr uint8_t kOperationVersion = 1;

// One list of an operation's fields serves both directions: Out writes them, In reads them.
class Out {
 public:
  explicit Out(Encoder* encoder) : encoder_(encoder) {}
  void Number(uint64_t v) { encoder_->Varint(v); }
  void Flag(bool v) { encoder_->Bool(v); }
  void Text(const std::string& v) { encoder_->Bytes(v); }
  template <typename T>
  void Choice(T v, T) {
    encoder_->Varint(static_cast<uint64_t>(v));
  }
  template <typename T, typename One>
  void List(const std::vector<T>& list, const One& one) {
    encoder_->Varint(list.size());
    for (const T& element : list) one(element);
  }

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
  // An enumeration whose numbers are 0 to the last.
  template <typename T>
  void Choice(T& v, T last) {
    v = static_cast<T>(decoder_->VarintUpTo(static_cast<uint64_t>(last)));
  }
  // A list; `one` reads an element, which takes at least one byte: that bounds what a damaged count
  // can make us allocate.
  template <typename T, typename One>
  void List(std::vector<T>& list, const One& one) {
    const uint64_t count = decoder_->VarintUpTo(decoder_->rest().size());
    for (uint64_t i = 0; i < count && decoder_->ok(); ++i) one(list.emplace_back());
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

// Numbers that may be negative, as their two's complement.
template <typename Archive, typename N>
void Signed(Archive& a, N& number) {
  auto bits = static_cast<uint64_t>(number);
  a.Number(bits);
  if constexpr (!std::is_const_v<N>) number = static_cast<int64_t>(bits);
}

template <typename Archive, typename E>
void AclEntryFields(Archive& a, E& entry) {
  a.Choice(entry.scope, AclScope::kDefault);
  a.Choice(entry.type, AclType::kOther);
  a.Text(entry.name);
  a.Choice(entry.permission, uint8_t{7});
}

template <typename Archive, typename N>
void XAttrNameFields(Archive& a, N& name) {
  a.Choice(name.space, XAttrNamespace::kRaw);
  a.Text(name.name);
}

template <typename Archive, typename X>
void XAttrFields(Archive& a, X& xattr) {
  XAttrNameFields(a, xattr.name);
  a.Text(xattr.value);
}

// Op is const when writing.
template <typename Archive, typename Op>
void Fields(Archive& a, Op& op) {
  using T = std::remove_const_t<Op>;
  if constexpr (std::is_same_v<T, Mkdirs>) {
    a.Text(op.path);
    a.Number(op.mode);
    a.Flag(op.create_parent);
    Optional(a, op.unmasked, [&a](auto& mode) { a.Number(mode); });
  } else if constexpr (std::is_same_v<T, Create>) {
    a.Text(op.path);
    a.Number(op.mode);
    a.Text(op.client_name);
    a.Number(op.flags);
    a.Flag(op.create_parent);
    a.Number(op.replication);
    a.Number(op.block_size);
    Optional(a, op.unmasked, [&a](auto& mode) { a.Number(mode); });
    a.Number(op.expired_lease);
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
  } else if constexpr (std::is_same_v<T, Append>) {
    a.Text(op.path);
    a.Text(op.client_name);
    a.Flag(op.new_block);
    a.Number(op.expired_lease);
  } else if constexpr (std::is_same_v<T, AbandonBlock>) {
    BlockFields(a, op.block);
    a.Text(op.path);
    a.Text(op.client_name);
    a.Number(op.file_id);
  } else if constexpr (std::is_same_v<T, Fsync>) {
    a.Text(op.path);
    a.Text(op.client_name);
    a.Number(op.file_id);
    Optional(a, op.last_block_length, [&a](auto& length) { a.Number(length); });
  } else if constexpr (std::is_same_v<T, UpdateBlockForPipeline>) {
    BlockFields(a, op.block);
    a.Text(op.client_name);
  } else if constexpr (std::is_same_v<T, UpdatePipeline>) {
    a.Text(op.client_name);
    BlockFields(a, op.old_block);
    BlockFields(a, op.new_block);
  } else if constexpr (std::is_same_v<T, RecoverLease>) {
    a.Text(op.path);
    a.Text(op.client_name);
  } else if constexpr (std::is_same_v<T, Truncate>) {
    a.Text(op.path);
    a.Number(op.new_length);
    a.Text(op.client_name);
    a.Number(op.expired_lease);
  } else if constexpr (std::is_same_v<T, Concat>) {
    a.Text(op.target);
    a.List(op.sources, [&a](auto& source) { a.Text(source); });
  } else if constexpr (std::is_same_v<T, SetReplication>) {
    a.Text(op.path);
    a.Number(op.replication);
  } else if constexpr (std::is_same_v<T, SetQuota>) {
    a.Text(op.path);
    Signed(a, op.names);
    Signed(a, op.space);
  } else if constexpr (std::is_same_v<T, ModifyAclEntries> || std::is_same_v<T, RemoveAclEntries> ||
                       std::is_same_v<T, SetAcl>) {
    a.Text(op.path);
    a.List(op.entries, [&a](auto& entry) { AclEntryFields(a, entry); });
  } else if constexpr (std::is_same_v<T, RemoveDefaultAcl> || std::is_same_v<T, RemoveAcl>) {
    a.Text(op.path);
  } else if constexpr (std::is_same_v<T, SetXAttr>) {
    a.Text(op.path);
    XAttrFields(a, op.xattr);
    a.Number(op.flags);
  } else if constexpr (std::is_same_v<T, RemoveXAttr>) {
    a.Text(op.path);
    XAttrNameFields(a, op.name);
  } else if constexpr (std::is_same_v<T, SetSafeMode>) {
    a.Flag(op.on);
  } else if constexpr (std::is_same_v<T, SetMirror>) {
    a.Flag(op.on);
    a.Number(op.outbox_bytes);
  } else if constexpr (std::is_same_v<T, MirrorProgress>) {
    a.Number(op.sequence);
  } else if constexpr (std::is_same_v<T, DisableMirror>) {
  } else if constexpr (std::is_same_v<T, BeginRecovery>) {
    a.Text(op.cluster);
    a.Number(op.lineage);
    a.Number(op.last);
    a.Number(op.chain);
    a.Number(op.checkpoint);
    a.Number(op.checkpoint_chain);
    Wall(a, op.wall);
    a.Number(op.next_lease);
    a.Number(op.next_namespace);
    a.Number(op.directories);
    a.Number(op.files);
    a.Number(op.bytes);
  } else if constexpr (std::is_same_v<T, LoadRows>) {
    a.Text(op.from);
    a.Text(op.to);
    a.List(op.rows, [&a](auto& row) {
      a.Text(row.key);
      Optional(a, row.value, [&a](auto& value) { a.Text(value); });
    });
  } else if constexpr (std::is_same_v<T, FinishRecovery>) {
    a.Flag(op.ok);
    a.Text(op.reason);
  } else if constexpr (std::is_same_v<T, ClaimRecovered>) {
    a.Number(op.lineage);
    a.Flag(op.mirror_on);
    a.Number(op.outbox_bytes);
  } else if constexpr (std::is_same_v<T, ReleaseLease>) {
    a.Text(op.holder);
    a.Number(op.lease);
  } else if constexpr (std::is_same_v<T, SetAccessTime>) {
    a.Text(op.path);
    a.Number(op.file_id);
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

// Sets *operation to an empty one of that number; false for a number of the future.
template <size_t... kIndex>
bool Make(uint8_t number, Operation* operation, std::index_sequence<kIndex...>) {
  return ((number == kIndex + 1 && (operation->emplace<kIndex>(), true)) || ...);
}

bool Make(uint8_t number, Operation* operation) {
  return Make(number, operation, std::make_index_sequence<kOperations>());
}

void PutCommand(const Command& command, Encoder* out) {
  out->U8(OperationNumber(command.operation));
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
  a.Flag(status.has_acl);
}

template <typename Archive, typename L>
void LocationsFields(Archive& a, L& locations) {
  a.Number(locations.file_length);
  a.Number(locations.block_size);
  a.Flag(locations.under_construction);
  a.List(locations.blocks, [&a](auto& block) { BlockFields(a, block); });
  a.Number(locations.first_offset);
  Optional(a, locations.last_block, [&a](auto& block) { BlockFields(a, block); });
  a.Flag(locations.last_block_complete);
  a.Number(locations.file_id);
  Wall(a, locations.atime);
}

template <typename Archive, typename S>
void SummaryFields(Archive& a, S& summary) {
  a.Number(summary.length);
  a.Number(summary.files);
  a.Number(summary.directories);
  a.Number(summary.space_consumed);
  Signed(a, summary.name_quota);
  Signed(a, summary.space_quota);
}

template <typename Archive, typename U>
void UsageFields(Archive& a, U& usage) {
  a.Number(usage.names);
  a.Number(usage.space_consumed);
  Signed(a, usage.name_quota);
  Signed(a, usage.space_quota);
}

template <typename Archive, typename S>
void AclStatusFields(Archive& a, S& status) {
  a.Text(status.owner);
  a.Text(status.group);
  a.Number(status.mode);
  a.List(status.entries, [&a](auto& entry) { AclEntryFields(a, entry); });
}

template <typename Archive, typename L>
void OpenFileFields(Archive& a, L& list) {
  a.List(list.files, [&a](auto& file) {
    a.Number(file.id);
    a.Text(file.path);
    a.Text(file.holder);
    a.Text(file.holder_address);
  });
  a.Flag(list.more);
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

uint8_t OperationNumber(const Operation& operation) {
  return static_cast<uint8_t>(operation.index() + 1);
}

std::string EncodeCommand(const Command& command) {
  std::string bytes;
  Encoder out(&bytes);
  PutCommand(command, &out);
  return bytes;
}

std::string EncodeCommandBatch(WallMillis wall, uint64_t elapsed_millis,
                               const std::vector<std::string>& commands) {
  std::string bytes;
  Encoder out(&bytes);
  out.U8(kBatchVersion);
  out.Varint(wall.value);
  out.Varint(elapsed_millis);
  out.Varint(commands.size());
  for (const std::string& command : commands) out.Raw(command);
  return bytes;
}

std::string EncodeCommandBatch(const CommandBatch& batch) {
  std::vector<std::string> commands;
  commands.reserve(batch.commands.size());
  for (const Command& command : batch.commands) commands.push_back(EncodeCommand(command));
  return EncodeCommandBatch(batch.wall, batch.elapsed_millis, commands);
}

absl::StatusOr<CommandBatch> DecodeCommandBatch(std::string_view bytes) {
  Decoder in(bytes);
  const uint8_t version = in.U8();
  if (in.ok() && version != kBatchVersion) {
    return absl::UnimplementedError(absl::StrCat(
        "command batch version ", static_cast<int>(version),
        " is not known to this version, which reads ", static_cast<int>(kBatchVersion),
        version < kBatchVersion
            ? ": start the older version, which wrote it, let all masters apply it, then upgrade"
            : ": upgrade this master"));
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
                 archive.List(v.locations, [&](auto& one) { LocationsFields(archive, one); });
               },
               [&](const ContentSummary& v) { SummaryFields(archive, v); },
               [&](const BlockLocations& v) { LocationsFields(archive, v); },
               [&](const Block& v) { BlockFields(archive, v); },
               [&](const NewNamespace& v) { archive.Number(v.id); },
               [&](const AppendPoint& v) {
                 Optional(archive, v.last_block, [&](auto& block) { BlockFields(archive, block); });
                 archive.Number(v.offset);
                 EncodeStatus(v.status, out);
               },
               [&](const LocatedStatus& v) {
                 EncodeStatus(v.status, out);
                 Optional(archive, v.locations, [&](auto& one) { LocationsFields(archive, one); });
               },
               [&](const QuotaUsage& v) { UsageFields(archive, v); },
               [&](const AclStatus& v) { AclStatusFields(archive, v); },
               [&](const XAttrs& v) {
                 archive.List(v.xattrs, [&](auto& xattr) { XAttrFields(archive, xattr); });
               },
               [&](const OpenFileList& v) { OpenFileFields(archive, v); }},
      reply.value);
}

Reply DecodeReply(Decoder* in) {
  static_assert(std::variant_size_v<Value> == 15, "a new alternative needs a case here");
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
      archive.List(listing.locations, [&](auto& one) { LocationsFields(archive, one); });
      reply.value = std::move(listing);
      break;
    }
    case 5:
      SummaryFields(archive, reply.value.emplace<ContentSummary>());
      break;
    case 6:
      LocationsFields(archive, reply.value.emplace<BlockLocations>());
      break;
    case 7:
      BlockFields(archive, reply.value.emplace<Block>());
      break;
    case 8:
      archive.Number(reply.value.emplace<NewNamespace>().id);
      break;
    case 9: {
      auto& point = reply.value.emplace<AppendPoint>();
      Optional(archive, point.last_block, [&](auto& block) { BlockFields(archive, block); });
      archive.Number(point.offset);
      point.status = DecodeStatus(in);
      break;
    }
    case 10: {
      auto& located = reply.value.emplace<LocatedStatus>();
      located.status = DecodeStatus(in);
      Optional(archive, located.locations, [&](auto& one) { LocationsFields(archive, one); });
      break;
    }
    case 11:
      UsageFields(archive, reply.value.emplace<QuotaUsage>());
      break;
    case 12:
      AclStatusFields(archive, reply.value.emplace<AclStatus>());
      break;
    case 13:
      archive.List(reply.value.emplace<XAttrs>().xattrs,
                   [&](auto& xattr) { XAttrFields(archive, xattr); });
      break;
    case 14:
      OpenFileFields(archive, reply.value.emplace<OpenFileList>());
      break;
    default:
      in->Fail();
  }
  if (!in->ok()) return Reply{};
  return reply;
}

}  // namespace jfs::ns
