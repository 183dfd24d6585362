#include "sim/model/generator.h"

#include <utility>

#include "absl/strings/str_cat.h"

#include "sim/model/text.h"

namespace jfs::sim::model {
namespace {

constexpr const char* kUsers[] = {"alice", "bob", "carol", "mallory"};
constexpr const char* kWriters[] = {"writer-1", "writer-2", "DFSClient_NONMAPREDUCE_7_1"};
constexpr size_t kRemembered = 64;

void Collect(const Tree& node, Names* names, std::vector<std::pair<Names, Tree>>* out) {
  out->push_back({*names, node});
  for (const auto& [name, child] : node->children) {
    names->push_back(name);
    Collect(child, names, out);
    names->pop_back();
  }
}

bool ByLeader(const ns::Operation& operation) {
  return std::holds_alternative<ns::FinishDeletes>(operation) ||
         std::holds_alternative<ns::Advance>(operation) ||
         std::holds_alternative<ns::ReleaseLease>(operation) ||
         std::holds_alternative<ns::SetAccessTime>(operation);
}

}  // namespace

Generator::Generator(uint64_t seed) : random_(Mix64(seed)) {}

ns::Caller Generator::Superuser() { return {"hdfs", {"supergroup"}, true, "10.0.0.1"}; }

ns::CommandBatch Generator::Formation() {
  ns::CommandBatch batch;
  batch.wall = WallMillis(wall_);
  namespaces_ = random_.Chance(1, 4) ? 2 : 1;
  for (uint64_t i = 1; i <= namespaces_; ++i) {
    batch.commands.push_back(
        {0, Superuser(), {}, ns::CreateNamespace{absl::StrCat("namespace-", i)}});
  }
  if (random_.Chance(1, 2)) limits_.min_block_size = random_.Below(32);
  if (random_.Chance(1, 3)) limits_.max_directory_items = random_.Between(2, 7);
  if (random_.Chance(1, 3)) limits_.max_name_bytes = random_.Between(4, 40);
  if (random_.Chance(1, 3)) limits_.max_path_depth = random_.Between(4, 10);
  if (random_.Chance(1, 3)) limits_.max_path_characters = random_.Between(30, 300);
  if (random_.Chance(1, 3)) limits_.retry_cache_millis = random_.Between(1'000, 60'000);
  if (random_.Chance(1, 3)) limits_.max_blocks_per_file = random_.Between(1, 4);
  if (random_.Chance(1, 3)) limits_.max_replication = random_.Between(1, 4);
  if (random_.Chance(1, 2)) limits_.access_time_precision_millis = random_.Below(3'000);
  batch.commands.push_back({1, Superuser(), {}, limits_});
  // A place where everybody may work, so that not every call ends at the root's permissions.
  if (random_.Chance(3, 4)) {
    for (uint64_t i = 1; i <= namespaces_; ++i) {
      const auto ns = static_cast<ns::NamespaceId>(i);
      batch.commands.push_back({ns, Superuser(), {}, ns::SetPermission{"/", 0777}});
    }
  }
  return batch;
}

void Generator::Look(const ReferenceNamespace& model, ns::NamespaceId ns) {
  places_.clear();
  Names names;
  std::vector<std::pair<Names, Tree>> all;
  Collect(model.root(ns), &names, &all);
  for (auto& [path, node] : all) places_.push_back({std::move(path), std::move(node)});
  leases_ = model.leases();
  safe_mode_ = model.safe_mode();
}

const Generator::Place& Generator::Existing(bool directory) {
  for (int attempt = 0; attempt < 8; ++attempt) {
    const Place& place = places_[random_.Below(places_.size())];
    if (place.node->directory == directory) return place;
  }
  return places_[random_.Below(places_.size())];
}

const Generator::Place& Generator::ExistingFile(bool open) {
  for (int attempt = 0; attempt < 12; ++attempt) {
    const Place& place = places_[random_.Below(places_.size())];
    if (!place.node->directory && place.node->open == open) return place;
  }
  return Existing(/*directory=*/false);
}

std::string Generator::Writer() { return kWriters[random_.Below(std::size(kWriters))]; }

ns::LeaseId Generator::Verdict(const std::string& path) {
  if (!random_.Chance(1, 3)) return 0;
  // One that has ended, or that is somebody else's, or is still to come.
  if (random_.Chance(1, 4)) return random_.Below(12);
  for (const Place& place : places_) {
    if (!place.node->open || Join(place.names) != path) continue;
    return leases_.at(place.node->holder);
  }
  return 0;
}

ns::Caller Generator::AnyCaller() {
  if (random_.Chance(2, 5)) return Superuser();
  ns::Caller caller;
  const uint64_t who = random_.Below(4);
  caller.user = kUsers[who];
  // mallory is in no group; alice is in two.
  if (who == 0) caller.groups = {"staff", "dev"};
  if (who == 1) caller.groups = {"dev"};
  if (who == 2) caller.groups = {"other"};
  caller.address = absl::StrCat("10.0.1.", who);
  return caller;
}

ns::CallId Generator::AnyCallId() {
  if (random_.Chance(1, 4)) return {};
  std::string client = "client-id-16-by-";
  client.back() = static_cast<char>('0' + random_.Below(3));
  // Sometimes a number below zero, which asks not to be remembered.
  if (random_.Chance(1, 40)) return {client, -5};
  return {client, next_call_++};
}

uint16_t Generator::Mode() {
  static constexpr uint16_t kModes[] = {0755, 0777, 01777, 0700, 0000,
                                        0500, 0775, 01770, 0711, 0333};
  if (random_.Chance(1, 6)) return static_cast<uint16_t>(random_.Below(010000));
  return kModes[random_.Below(std::size(kModes))];
}

std::string Generator::Name() {
  const uint64_t kind = random_.Below(40);
  if (kind < 30) return std::string(1, static_cast<char>('a' + random_.Below(6)));
  std::string name;
  switch (kind) {
    case 30:
      return ".";
    case 31:
      return "..";
    case 32:
      return "a:b";
    case 33:
      return "...";
    case 34:
      // Exactly as long as allowed, or one byte longer.
      return std::string(limits_.max_name_bytes + random_.Below(2), 'n');
    case 35:
      return "\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80";  // two, three and four bytes a character
    case 36:
      return " x ";
    default:
      // Any byte but the two that mean something in paths.
      for (uint64_t left = random_.Between(1, 4); left > 0;) {
        const char c = static_cast<char>(random_.Below(128));
        if (c == '/' || c == ':') continue;
        name += c;
        --left;
      }
      return name;
  }
}

std::string Generator::Disfigure(std::string path) {
  if (!random_.Chance(1, 20)) return path;
  const uint64_t at = random_.Below(path.size());
  switch (random_.Below(5)) {
    case 0:
      return path + "/";
    case 1:
      return path + "//";
    case 2:
      return path.insert(path[at] == '/' ? at : 0, "/");
    case 3:
      return path.substr(1);  // not absolute
    default:
      return path.substr(0, at);
  }
}

std::string Generator::ReservedPath() {
  const Place& place = Existing(/*directory=*/random_.Chance(1, 2));
  const std::string by_id = absl::StrCat("/.reserved/.inodes/", place.node->id);
  switch (random_.Below(8)) {
    case 0:
      return "/.reserved/raw" + Join(place.names);
    case 1:
      return by_id + "/..";
    case 2:
      return absl::StrCat("/.reserved/.inodes/", random_.Between(16'380, 16'500));
    case 3:
      return random_.Chance(1, 2) ? "/.reserved" : "/.reserved/" + Name();
    case 4:
      return "/.snapshot/" + Name();
    case 5:
      return Join(place.names) + "/.snapshot";
    case 6:
      return absl::StrCat(by_id, "/", Name());
    default:
      return by_id;
  }
}

std::string Generator::Path(bool fresh) {
  const uint64_t kind = random_.Below(20);
  if (kind == 0) return "/";
  if (kind == 3 && random_.Chance(1, 2)) return ReservedPath();
  // A long way down, now and then beyond the limits.
  if (kind == 1 && random_.Chance(1, 3)) {
    std::string path;
    const uint64_t levels = limits_.max_path_depth > 20 ? random_.Between(5, 20)
                                                        : limits_.max_path_depth + random_.Below(2);
    for (uint64_t i = 0; i < levels; ++i) {
      path += '/';
      path += static_cast<char>('a' + random_.Below(2));
    }
    return path;
  }
  if (kind == 2 && random_.Chance(1, 4)) {
    std::string path = "/";
    while (path.size() < limits_.max_path_characters + random_.Below(2)) {
      path += path.size() % 100 == 0 ? '/' : 'p';
    }
    return path;
  }
  if (fresh ? kind < 4 : kind < 14) return Disfigure(Join(Existing(random_.Chance(1, 2)).names));
  Names names = Existing(/*directory=*/!random_.Chance(1, 12)).names;
  const uint64_t more = random_.Chance(1, 4) ? random_.Between(2, 4) : 1;
  for (uint64_t i = 0; i < more; ++i) names.push_back(Name());
  return Disfigure(Join(names));
}

ns::CommandBatch Generator::Next(const ReferenceNamespace& model) {
  ns::CommandBatch batch;
  // Mostly forwards; a new leader's clock may be behind.
  wall_ += random_.Below(400);
  batch.wall = WallMillis(random_.Chance(1, 10) ? wall_ - random_.Below(5'000) : wall_);
  batch.elapsed_millis = random_.Chance(1, 12) ? random_.Below(15'000) : random_.Below(500);
  const uint64_t commands = random_.Chance(1, 4) ? random_.Between(2, 5) : 1;
  for (uint64_t i = 0; i < commands; ++i) {
    if (!recent_.empty() && random_.Chance(1, 12)) {
      const ns::Command& again = recent_[random_.Below(recent_.size())];
      // After a while it is forgotten and executed once more.
      batch.commands.push_back(again);
      continue;
    }
    ns::Command command;
    command.ns = static_cast<ns::NamespaceId>(random_.Between(1, namespaces_));
    Look(model, command.ns);
    command.operation = AnyOperation();
    const bool own = ByLeader(command.operation);
    command.caller = own ? Superuser() : AnyCaller();
    if (!own) command.call = AnyCallId();
    if (command.call.remembered()) recent_.push_back(command);
    if (recent_.size() > kRemembered) recent_.pop_front();
    batch.commands.push_back(std::move(command));
  }
  return batch;
}

ns::ReadRequest Generator::Read(const ReferenceNamespace& model) {
  ns::ReadRequest request;
  request.ns = static_cast<ns::NamespaceId>(random_.Between(1, namespaces_));
  request.caller = AnyCaller();
  Look(model, request.ns);
  request.query = AnyQuery();
  return request;
}

}  // namespace jfs::sim::model
