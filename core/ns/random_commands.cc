#include "core/ns/random_commands.h"

#include <type_traits>
#include <utility>
#include <variant>

#include "core/ns/test_world.h"

namespace jfs::ns {
namespace {

char RandomName(Random* random, Meant meant) {
  if (random->Chance(1, 12)) meant = Meant::kAny;
  const uint64_t first = meant == Meant::kFile ? 2 : 0;
  const uint64_t names = meant == Meant::kDirectory ? 2 : 5;
  return static_cast<char>('a' + random->Between(first, names - 1));
}

Caller RandomCaller(Random* random) {
  switch (random->Below(4)) {
    case 0:
      return User("alice", {"users", "staff"});
    case 1:
      return User("bob");
    default:
      return Superuser();
  }
}

uint16_t RandomMode(Random* random) {
  return random->Chance(2, 3) ? 0777 : static_cast<uint16_t>(random->Below(02000));
}

std::vector<AclEntry> RandomAcl(Random* random) {
  std::vector<AclEntry> entries;
  if (random->Chance(1, 3)) {
    entries = random->Chance(1, 2) ? AclOf("user::rwx,group::r-x,other::r-x")
                                   : AclOf("default:group::rwx,user::rwx,group::-wx,other::---");
  }
  for (uint64_t left = random->Below(4); left > 0; --left) {
    AclEntry& entry = entries.emplace_back();
    entry.scope = random->Chance(2, 3) ? AclScope::kAccess : AclScope::kDefault;
    entry.type = static_cast<AclType>(random->Below(4));
    const bool base = random->Chance(1, 3) || entry.type >= AclType::kMask;
    if (!base || random->Chance(1, 30)) entry.name = random->Chance(1, 2) ? "alice" : "staff";
    entry.permission = static_cast<uint8_t>(random->Below(8));
  }
  return entries;
}

std::optional<uint16_t> RandomUnmasked(Random* random) {
  if (random->Chance(1, 2)) return std::nullopt;
  return RandomMode(random);
}

XAttrName RandomXAttrName(Random* random) {
  XAttrName name;
  if (random->Chance(1, 4)) name.space = static_cast<XAttrNamespace>(random->Below(5));
  name.name = std::string(1, static_cast<char>('a' + random->Below(3)));
  if (name.space == XAttrNamespace::kSecurity) name.name = "hdfs.unreadable.by.superuser";
  return name;
}

using Writer = Known::Writer;

// The calls of somebody who writes, or would like to.
Operation RandomWriting(Random* random, Known* known) {
  const std::string path = known->Path(random);
  Writer writer;
  writer.path = path;
  writer.client = random->Chance(1, 2) ? "w1" : "w2";
  if (!known->writers.empty() && random->Chance(4, 5)) {
    writer = known->writers[random->Below(known->writers.size())];
  }
  const uint64_t bytes = random->Chance(1, 2) ? 0 : random->Below(1000);
  Block last = writer.last.value_or(Block{1, 1, 0});
  last.bytes = bytes;
  const LeaseId lease = random->Below(12);
  switch (random->Below(12)) {
    case 0:
    case 1:
      return Append{path, writer.client, random->Chance(1, 3), lease};
    case 2:
      return AbandonBlock{last, writer.path, writer.client, writer.file};
    case 3:
    case 4: {
      Fsync sync{writer.path, writer.client, writer.file, std::nullopt};
      if (random->Chance(2, 3)) sync.last_block_length = bytes;
      return sync;
    }
    case 5:
      return UpdateBlockForPipeline{last, writer.client};
    case 6: {
      Block newer = last;
      newer.generation_stamp += random->Below(4);
      return UpdatePipeline{writer.client, last, newer};
    }
    case 7:
      return RecoverLease{writer.path, "w3"};
    case 8:
      return ReleaseLease{writer.client, lease};
    case 9:
    case 10:
      return Truncate{path, random->Below(3) * 500, writer.client, lease};
    default:
      return SetReplication{path, static_cast<uint32_t>(random->Below(5))};
  }
}

Operation RandomOperation(Random* random, Known* known) {
  const std::string path = known->Path(random);
  const std::string other = RandomPath(random);
  if (random->Chance(1, 4)) return RandomWriting(random, known);
  switch (random->Below(23)) {
    case 0:
    case 1: {
      Mkdirs mkdirs;
      mkdirs.path = RandomPath(random, Meant::kDirectory);
      mkdirs.mode = RandomMode(random);
      mkdirs.create_parent = random->Chance(3, 4);
      mkdirs.unmasked = RandomUnmasked(random);
      return mkdirs;
    }
    case 2:
    case 3: {
      Create create;
      create.path = RandomPath(random, Meant::kFile);
      create.mode = RandomMode(random);
      create.client_name = random->Chance(1, 2) ? "w1" : "w2";
      create.flags = static_cast<uint32_t>(random->Between(1, 3));
      create.create_parent = random->Chance(3, 4);
      create.replication = static_cast<uint32_t>(random->Between(1, 3));
      create.block_size = 1 << 20;
      create.unmasked = RandomUnmasked(random);
      return create;
    }
    case 4:
    case 5:
    case 6: {
      AddBlock add;
      add.path = path;
      add.client_name = "w1";
      add.live_data_servers = random->Chance(9, 10) ? 1 : 0;
      if (!known->writers.empty()) {
        Writer& writer = known->writers[random->Below(known->writers.size())];
        add.path = writer.path;
        add.client_name = writer.client;
        if (random->Chance(3, 4)) add.file_id = writer.file;
        add.previous = writer.last;
        if (add.previous) add.previous->bytes = random->Below(1000);
      }
      return add;
    }
    case 7: {
      Complete complete;
      complete.path = path;
      complete.client_name = "w1";
      if (!known->writers.empty()) {
        Writer& writer = known->writers[random->Below(known->writers.size())];
        complete.path = writer.path;
        complete.client_name = writer.client;
        if (random->Chance(3, 4)) complete.file_id = writer.file;
        complete.last = writer.last;
        if (complete.last) complete.last->bytes = random->Below(1000);
      }
      return complete;
    }
    case 8:
      return Delete{path, random->Chance(2, 3)};
    case 9:
      return Rename{path, other};
    case 10:
    case 11:
      return Rename2{path, other, random->Chance(1, 2), random->Chance(1, 4)};
    case 12:
      return SetPermission{path, RandomMode(random)};
    case 13: {
      SetOwner set;
      set.path = path;
      if (random->Chance(1, 2)) set.user = random->Chance(1, 2) ? "alice" : "bob";
      if (random->Chance(1, 2)) set.group = random->Chance(1, 2) ? "users" : "staff";
      return set;
    }
    case 14: {
      SetQuota quota{RandomPath(random, Meant::kDirectory)};
      // One of the root in force for long would refuse everything.
      const bool reset = quota.path.size() < 2 || random->Chance(1, 3);
      quota.names = reset ? SetQuota::kReset : static_cast<int64_t>(random->Below(20));
      if (random->Chance(1, 2)) quota.space = static_cast<int64_t>(random->Below(40)) * 1'000'000;
      if (reset) quota.space = SetQuota::kReset;
      return quota;
    }
    case 15: {
      const std::string directory = path.substr(0, path.rfind('/') + 1);
      Concat concat{directory + RandomName(random, Meant::kFile), {}};
      for (uint64_t i = random->Chance(1, 20) ? 0 : random->Between(1, 2); i > 0; --i) {
        concat.sources.push_back(directory + RandomName(random, Meant::kFile));
      }
      return concat;
    }
    case 16:
    case 22: {
      ImportFile import;
      import.path = RandomPath(random, Meant::kFile);
      import.block_size = 1 << 20;
      import.length = random->Below(30) * 524'288;
      import.replication = 2;
      return import;
    }
    case 18:
      if (random->Chance(1, 2)) return SetAcl{path, RandomAcl(random)};
      return ModifyAclEntries{path, RandomAcl(random)};
    case 19:
      if (random->Chance(1, 3)) return RemoveAcl{path};
      if (random->Chance(1, 3)) return RemoveDefaultAcl{path};
      {
        RemoveAclEntries remove{path, RandomAcl(random)};
        if (random->Chance(1, 2)) {
          remove.entries =
              AclOf("user:alice,user:staff,group:alice,group:staff,default:user:alice");
        }
        return remove;
      }
    case 17: {
      SetXAttr set;
      set.path = path;
      set.xattr.name = RandomXAttrName(random);
      set.xattr.value = std::string(random->Below(3), 'v');
      set.flags = static_cast<uint32_t>(random->Below(4));
      return set;
    }
    case 20:
      return RemoveXAttr{path, RandomXAttrName(random)};
    default:
      if (random->Chance(1, 2)) return FinishDeletes{static_cast<uint32_t>(random->Below(12))};
      SetTimes times;
      times.path = path;
      times.mtime = WallMillis(random->Below(1000));
      return times;
  }
}

}  // namespace

std::string RandomPath(Random* random, Meant meant) {
  std::string path;
  const uint64_t depth = random->Chance(1, 4) ? random->Below(5) : random->Between(1, 3);
  for (uint64_t i = 0; i < depth; ++i) {
    path.push_back('/');
    path.push_back(RandomName(random, i + 1 < depth ? Meant::kDirectory : meant));
  }
  if (path.empty()) path = "/";
  if (random->Chance(1, 40)) path.push_back('/');
  if (random->Chance(1, 60)) path += "/.snapshot";
  if (random->Chance(1, 60)) path += ":";
  return path;
}

std::string Known::Path(Random* random) const {
  if (paths.empty() || random->Chance(1, 2)) return RandomPath(random);
  return paths[random->Below(paths.size())];
}

void Note(const Operation& operation, const Reply& reply, Known* known) {
  if (reply.code != Code::kOk) return;
  // A call id that was used before is answered with that other call's reply.
  const auto* const status = std::get_if<FileStatus>(&reply.value);
  const auto* const block = std::get_if<Block>(&reply.value);
  const auto* const create = std::get_if<Create>(&operation);
  const auto* const add = std::get_if<AddBlock>(&operation);
  std::visit(
      [known](const auto& op) {
        using Op = std::decay_t<decltype(op)>;
        if constexpr (std::is_same_v<Op, Mkdirs> || std::is_same_v<Op, Create> ||
                      std::is_same_v<Op, ImportFile>) {
          known->paths.push_back(op.path);
          if (known->paths.size() > 10) known->paths.erase(known->paths.begin());
        }
      },
      operation);
  if (create != nullptr && status != nullptr) {
    Writer writer;
    writer.file = status->id;
    writer.path = create->path;
    writer.client = create->client_name;
    known->writers.push_back(writer);
    if (known->writers.size() > 3) known->writers.erase(known->writers.begin());
  } else if (add != nullptr && block != nullptr) {
    for (Writer& writer : known->writers) {
      if (writer.file == add->file_id) writer.last = *block;
    }
  }
}

CommandBatch RandomBatch(Random* random, Known* known, uint64_t wall, uint64_t commands) {
  CommandBatch batch;
  batch.wall = WallMillis(wall);
  batch.elapsed_millis = random->Below(3000);
  for (uint64_t i = 0; i < commands; ++i) {
    Command command;
    command.caller = RandomCaller(random);
    if (random->Chance(3, 4)) {
      command.call.client = random->Chance(1, 2) ? "client-one" : "client-two";
      command.call.call = static_cast<int32_t>(random->Below(4000));
    }
    command.operation = RandomOperation(random, known);
    batch.commands.push_back(std::move(command));
  }
  return batch;
}

}  // namespace jfs::ns
