// Which calls there are, and with what in them.

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

#include "sim/model/generator.h"
#include "sim/model/xattr.h"

namespace jfs::sim::model {
namespace {

constexpr const char* kUsers[] = {"alice", "bob", "carol", "mallory"};
constexpr const char* kGroups[] = {"staff", "dev", "other", "supergroup"};

}  // namespace

ns::Operation Generator::AnyCreate() {
  if (random_.Chance(1, 2)) {
    ns::Mkdirs call{Path(true)};
    call.mode = Mode();
    call.create_parent = !random_.Chance(1, 4);
    if (random_.Chance(1, 2)) call.unmasked = Mode();
    return call;
  }
  ns::Create call{Path(!random_.Chance(1, 4))};
  call.mode = Mode();
  call.client_name = Writer();
  call.flags = random_.Chance(1, 8) ? static_cast<uint32_t>(random_.Below(4)) : ns::Create::kCreate;
  if (random_.Chance(1, 3)) call.flags |= ns::Create::kOverwrite;
  call.create_parent = !random_.Chance(1, 4);
  call.replication = random_.Chance(1, 8) ? static_cast<uint32_t>(random_.Below(600))
                                          : static_cast<uint32_t>(random_.Between(1, 3));
  call.block_size = limits_.min_block_size + random_.Below(100);
  if (random_.Chance(1, 20)) call.block_size = random_.Below(limits_.min_block_size + 1);
  if (random_.Chance(1, 2)) call.unmasked = Mode();
  call.expired_lease = Verdict(call.path);
  return call;
}

ns::Operation Generator::AnyBlockCall(const Place& place, std::string path, ns::InodeId id,
                                      std::string holder, std::optional<ns::Block> last) {
  const Node& file = *place.node;
  const uint64_t kind = random_.Below(10);
  if (kind < 2) {
    return ns::AbandonBlock{last.value_or(ns::Block()), std::move(path), std::move(holder), id};
  }
  if (kind < 6) {
    ns::Fsync call{std::move(path), std::move(holder), id, std::nullopt};
    if (random_.Chance(5, 6)) call.last_block_length = random_.Below(file.block_size + 1);
    return call;
  }
  ns::Block block = last.value_or(ns::Block{5, 5, 5});
  if (last.has_value() && random_.Chance(1, 2)) block.bytes = file.blocks.back().bytes;
  if (kind < 8) return ns::UpdateBlockForPipeline{block, std::move(holder)};
  ns::Block next = block;
  // Of the stamps handed out since, one must have been meant for it.
  next.generation_stamp += random_.Below(4);
  next.bytes = random_.Chance(1, 2) ? file.block_size : random_.Below(file.block_size + 1);
  return ns::UpdatePipeline{std::move(holder), block, next};
}

ns::Operation Generator::AnyWrite() {
  const Place& place = random_.Chance(1, 20) ? Existing(/*directory=*/true)
                                             : ExistingFile(/*open=*/!random_.Chance(1, 8));
  const Node& file = *place.node;
  std::string path = random_.Chance(1, 10) ? Path(false) : Join(place.names);
  ns::InodeId id = random_.Chance(1, 2) ? file.id : 0;
  if (random_.Chance(1, 15)) id = file.id + random_.Below(20);
  std::string holder = file.open ? file.holder : Writer();
  if (random_.Chance(1, 8)) holder = Writer();
  // What the client holds to be the last block.
  std::optional<ns::Block> last;
  const size_t back = random_.Chance(1, 8) ? 2 : 1;
  if (file.blocks.size() >= back) last = file.blocks[file.blocks.size() - back];
  if (random_.Chance(1, 20)) last.reset();
  if (last.has_value()) {
    last->bytes = random_.Chance(1, 3) ? file.block_size : random_.Below(file.block_size + 1);
  }
  if (last.has_value() && random_.Chance(1, 20)) ++last->generation_stamp;
  if (last.has_value() && random_.Chance(1, 20)) last->id += 100;
  const uint64_t kind = random_.Below(12);
  if (kind < 3) return ns::Complete{std::move(path), std::move(holder), id, last};
  if (kind < 7) {
    return AnyBlockCall(place, std::move(path), id, std::move(holder), last);
  }
  const uint32_t servers = random_.Chance(1, 8) ? 0 : 3;
  return ns::AddBlock{std::move(path), std::move(holder), id, last, servers};
}

ns::Operation Generator::AnyMove() {
  const uint64_t kind = random_.Below(10);
  if (kind < 3) {
    ns::Delete call{Path(false)};
    call.recursive = random_.Chance(1, 3);
    return call;
  }
  if (kind < 6) {
    ns::Rename call{Path(false)};
    call.target = Path(!random_.Chance(1, 3));
    if (random_.Chance(1, 15)) call.target = call.source + "/x";
    return call;
  }
  ns::Rename2 call{Path(false)};
  call.target = Path(random_.Chance(1, 2));
  if (random_.Chance(1, 15)) call.target = call.source + "/x";
  call.overwrite = random_.Chance(1, 2);
  call.to_trash = random_.Chance(1, 5);
  return call;
}

ns::Operation Generator::AnyImport() {
  ns::ImportFile call{Path(true)};
  call.mode = Mode();
  if (random_.Chance(1, 2)) call.user = kUsers[random_.Below(std::size(kUsers))];
  if (random_.Chance(1, 2)) call.group = kGroups[random_.Below(std::size(kGroups))];
  call.mtime = WallMillis(random_.Below(wall_));
  call.atime = WallMillis(random_.Below(wall_));
  call.replication =
      static_cast<uint32_t>(random_.Between(1, std::min<uint64_t>(2, limits_.max_replication)));
  call.block_size = limits_.min_block_size + random_.Between(40, 44);
  call.length = random_.Below(call.block_size * limits_.max_blocks_per_file % 2000 + 1);
  return call;
}

// Of closed files, mostly.
ns::Operation Generator::AnyContentCall() {
  const Place& place = ExistingFile(/*open=*/random_.Chance(1, 5));
  const Node& file = *place.node;
  const std::string path = random_.Chance(1, 12) ? Path(false) : Join(place.names);
  const uint64_t kind = random_.Below(10);
  if (kind < 4) {
    ns::Append call{path};
    call.client_name = Writer();
    call.new_block = random_.Chance(1, 3);
    call.expired_lease = Verdict(path);
    return call;
  }
  if (kind < 7) {
    ns::Truncate call{path};
    call.new_length = random_.Below(file.Length() + 2);
    // Where a block ends, or as before.
    if (random_.Chance(1, 3) && file.block_size > 0) {
      call.new_length -= call.new_length % file.block_size;
    }
    if (random_.Chance(1, 6)) call.new_length = file.Length();
    if (random_.Chance(1, 2) && file.truncate_last_to.has_value()) {
      call.new_length = file.Length() - file.blocks.back().bytes + *file.truncate_last_to;
    }
    call.client_name = Writer();
    call.expired_lease = Verdict(path);
    return call;
  }
  return AnyConcat();
}

ns::Operation Generator::AnyConcat() {
  // Mostly files of one directory that have something in them.
  const auto siblings_of = [this](const Place& place) {
    std::vector<const Place*> siblings;
    for (const Place& other : places_) {
      if (place.names.empty() || other.names.size() != place.names.size()) continue;
      if (other.names == place.names || other.node->directory) continue;
      if (other.node->blocks.empty() && !random_.Chance(1, 10)) continue;
      if (std::equal(other.names.begin(), other.names.end() - 1, place.names.begin())) {
        siblings.push_back(&other);
      }
    }
    return siblings;
  };
  const Place* target = &ExistingFile(/*open=*/false);
  std::vector<const Place*> siblings = siblings_of(*target);
  for (int attempt = 0; attempt < 8 && siblings.empty(); ++attempt) {
    target = &ExistingFile(/*open=*/false);
    siblings = siblings_of(*target);
  }
  ns::Concat call{random_.Chance(1, 12) ? Path(false) : Join(target->names), {}};
  const uint64_t sources = random_.Below(4);
  for (uint64_t i = 0; i < sources; ++i) {
    if (siblings.empty() || random_.Chance(1, 10)) {
      call.sources.push_back(Path(false));
      continue;
    }
    const size_t which = random_.Below(siblings.size());
    call.sources.push_back(Join(siblings[which]->names));
    if (!random_.Chance(1, 8)) siblings.erase(siblings.begin() + static_cast<ptrdiff_t>(which));
  }
  return call;
}

ns::Operation Generator::AnyLeaseCall() {
  if (random_.Chance(1, 2)) {
    const Place& place = ExistingFile(/*open=*/!random_.Chance(1, 6));
    return ns::RecoverLease{random_.Chance(1, 8) ? Path(false) : Join(place.names), Writer()};
  }
  ns::ReleaseLease call;
  if (leases_.empty()) return ns::ReleaseLease{Writer(), random_.Below(5)};
  auto lease = leases_.begin();
  std::advance(lease, static_cast<ptrdiff_t>(random_.Below(leases_.size())));
  // Sometimes the one that he had before.
  return ns::ReleaseLease{lease->first,
                          random_.Chance(1, 4) ? random_.Below(lease->second + 1) : lease->second};
}

ns::Operation Generator::AnyQuota() {
  const Place& place = Existing(/*directory=*/!random_.Chance(1, 10));
  ns::SetQuota call{random_.Chance(1, 10) ? Path(false) : Join(place.names)};
  const Count count = CountAll(place.node);
  const auto near = [this](uint64_t used, uint64_t margin) {
    if (random_.Chance(1, 8)) return ns::SetQuota::kReset;
    if (random_.Chance(1, 30)) return int64_t{-2};
    return static_cast<int64_t>(used + random_.Below(margin)) -
           static_cast<int64_t>(random_.Chance(1, 4) ? used / 2 : 0);
  };
  if (random_.Chance(2, 3)) call.names = near(count.names(), 4);
  if (random_.Chance(2, 3)) call.space = near(count.space, limits_.min_block_size * 6 + 400);
  return call;
}

std::vector<ns::AclEntry> Generator::AclEntries() {
  std::vector<ns::AclEntry> entries;
  uint64_t left = random_.Between(0, 5);
  if (random_.Chance(1, 40)) left = random_.Between(30, 36);
  const bool base = random_.Chance(1, 2);
  for (int type = 0; base && type < 4; ++type) {
    // With a mask now and then.
    if (type == 2 && random_.Chance(3, 4)) continue;
    ns::AclEntry entry;
    entry.type = static_cast<ns::AclType>(type);
    entry.permission = static_cast<uint8_t>(random_.Below(8));
    entries.push_back(entry);
  }
  for (uint64_t i = 0; i < left; ++i) {
    ns::AclEntry entry;
    if (random_.Chance(1, 3)) entry.scope = ns::AclScope::kDefault;
    entry.type = random_.Chance(2, 3) ? ns::AclType::kUser : ns::AclType::kGroup;
    if (random_.Chance(1, 6)) entry.type = static_cast<ns::AclType>(random_.Below(4));
    const bool user = entry.type == ns::AclType::kUser;
    const bool named = random_.Chance(3, 4) && entry.type != ns::AclType::kMask &&
                       entry.type != ns::AclType::kOther;
    if (named || random_.Chance(1, 20)) {
      entry.name = user ? kUsers[random_.Below(4)] : kGroups[random_.Below(4)];
      if (left > 10) absl::StrAppend(&entry.name, i);
    }
    entry.permission = static_cast<uint8_t>(random_.Below(8));
    entries.push_back(entry);
  }
  return entries;
}

ns::Operation Generator::AnyAcl() {
  std::string path =
      random_.Chance(1, 8) ? Path(false) : Join(Existing(/*directory=*/random_.Chance(2, 3)).names);
  switch (random_.Below(10)) {
    case 0:
      return ns::RemoveAcl{std::move(path)};
    case 1:
      return ns::RemoveDefaultAcl{std::move(path)};
    case 2:
    case 3:
      return ns::RemoveAclEntries{std::move(path), AclEntries()};
    case 4:
    case 5:
    case 6:
      return ns::SetAcl{std::move(path), AclEntries()};
    default:
      return ns::ModifyAclEntries{std::move(path), AclEntries()};
  }
}

ns::XAttrName Generator::XAttrName() {
  if (random_.Chance(1, 8)) return UnreadableBySuperuser();
  static constexpr const char* kNames[] = {"a", "b", "c", "", "\xC3\xA4"};
  auto space = ns::XAttrNamespace::kUser;
  if (random_.Chance(1, 4)) space = static_cast<ns::XAttrNamespace>(random_.Below(5));
  return {space, kNames[random_.Below(std::size(kNames))]};
}

ns::Operation Generator::AnyXAttr() {
  std::string path = Path(false);
  if (random_.Chance(1, 4)) return ns::RemoveXAttr{std::move(path), XAttrName()};
  ns::SetXAttr call{std::move(path)};
  call.xattr.name = XAttrName();
  call.xattr.value = std::string(random_.Below(4), 'v');
  if (random_.Chance(1, 20)) call.xattr.value = std::string(16380 + random_.Below(7), 'v');
  if (random_.Chance(1, 2)) call.flags = static_cast<uint32_t>(random_.Below(4));
  return call;
}

ns::Operation Generator::AnyAttributeCall() {
  const uint64_t kind = random_.Below(34);
  if (kind < 4) {
    ns::SetTimes call{Path(false)};
    if (random_.Chance(2, 3)) call.mtime = WallMillis(wall_ - 1000 + random_.Below(2000));
    if (random_.Chance(1, 2)) call.atime = WallMillis(wall_ - 1000 + random_.Below(2000));
    return call;
  }
  if (kind < 10) {
    ns::SetPermission call{Path(false)};
    call.mode = Mode();
    return call;
  }
  if (kind < 15) {
    ns::SetOwner call{Path(false)};
    if (random_.Chance(1, 2)) call.user = kUsers[random_.Below(std::size(kUsers))];
    if (random_.Chance(1, 2)) call.group = kGroups[random_.Below(std::size(kGroups))];
    return call;
  }
  if (kind < 18) {
    ns::SetReplication call{random_.Chance(1, 4) ? Path(false)
                                                 : Join(Existing(/*directory=*/false).names)};
    call.replication = random_.Chance(1, 8) ? static_cast<uint32_t>(random_.Below(600))
                                            : static_cast<uint32_t>(random_.Between(1, 4));
    return call;
  }
  if (kind < 20) {
    const Place& place = Existing(/*directory=*/false);
    ns::SetAccessTime call{Join(place.names)};
    call.file_id = place.node->id + (random_.Chance(1, 5) ? 1 : 0);
    return call;
  }
  if (kind < 28) return AnyAcl();
  return AnyXAttr();
}

ns::Operation Generator::AnyOperation() {
  if (safe_mode_ ? random_.Chance(1, 3) : random_.Chance(1, 200)) {
    return ns::SetSafeMode{!safe_mode_ || random_.Chance(1, 6)};
  }
  const uint64_t kind = random_.Below(100);
  if (kind < 24) return AnyCreate();
  if (kind < 40) return AnyWrite();
  if (kind < 58) return AnyMove();
  if (kind < 63) return AnyImport();
  if (kind < 71) return AnyContentCall();
  if (kind < 75) return AnyLeaseCall();
  if (kind < 79) return AnyQuota();
  if (kind < 98) return AnyAttributeCall();
  if (kind < 99) return ns::FinishDeletes{static_cast<uint32_t>(random_.Between(1, 5))};
  return ns::Advance{};
}

ns::Query Generator::AnyQuery() {
  std::string path = Path(false);
  switch (random_.Below(14)) {
    case 0:
      return ns::GetFileInfo{std::move(path)};
    case 1:
    case 2: {
      // What is listed there has the time of a start, which nobody here knows.
      if (path == "/.reserved") path = "/";
      ns::GetListing query{std::move(path)};
      if (random_.Chance(1, 2)) query.start_after = Name();
      query.limit = static_cast<uint32_t>(random_.Between(1, 4));
      query.need_locations = random_.Chance(1, 3);
      return query;
    }
    case 3:
      return ns::GetContentSummary{std::move(path)};
    case 4:
      return ns::GetLocatedFileInfo{std::move(path)};
    case 5:
      return ns::GetQuotaUsage{std::move(path)};
    case 6:
      return ns::IsFileClosed{std::move(path)};
    case 7:
      return ns::CheckAccess{std::move(path), static_cast<uint8_t>(random_.Below(8))};
    case 8:
      return ns::GetAclStatus{std::move(path)};
    case 9: {
      ns::GetXAttrs query{std::move(path), {}};
      const uint64_t names = random_.Below(3);
      for (uint64_t i = 0; i < names; ++i) query.names.push_back(XAttrName());
      return query;
    }
    case 10:
      return ns::ListXAttrs{std::move(path)};
    case 11: {
      ns::ListOpenFiles query;
      if (random_.Chance(1, 3)) query.start_after = Existing(/*directory=*/false).node->id;
      if (random_.Chance(1, 2)) query.below = Join(Existing(/*directory=*/true).names);
      query.limit = static_cast<uint32_t>(random_.Between(1, 4));
      return query;
    }
    case 12:
      return ns::GetSafeMode{};
    default: {
      ns::GetBlockLocations query{std::move(path)};
      if (random_.Chance(1, 2)) query.offset = random_.Below(300);
      if (random_.Chance(1, 2)) query.length = random_.Between(1, 300);
      return query;
    }
  }
}

}  // namespace jfs::sim::model
