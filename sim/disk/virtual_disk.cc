#include "sim/disk/virtual_disk.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

#include "core/base/check.h"
#include "core/base/hash.h"
#include "core/base/overload.h"

namespace jfs::sim {
namespace {

// So many batches are remembered: far more than can be made before the node has heard of the first.
constexpr size_t kRecentBatches = 64;

// What a request is about, for decisions and traces.
Identity ActionIdentity(NodeId node, const log::DiskAction& action) {
  Identity identity = Identity::Of(node.value, action.index());
  std::visit(Overload{[&](const log::CreateFile& a) { identity.Add(Hash64(a.file)).Add(a.bytes); },
                      [&](const log::WriteFile& a) {
                        identity.Add(Hash64(a.file)).Add(a.offset).Add(Hash64(a.data.view()));
                      },
                      [&](const log::ReadFile& a) { identity.Add(Hash64(a.file)).Add(a.offset); },
                      [&](const log::RenameFile& a) { identity.Add(Hash64(a.from)); },
                      [&](const log::RemoveFile& a) { identity.Add(Hash64(a.file)); },
                      [&](const log::ListFiles&) {}},
             action);
  return identity;
}

// Whether `known` says "<file> at offset N" with an N not above `offset`.
bool IsKnown(const std::string& file, uint64_t offset, std::string_view known) {
  const std::string place = absl::StrCat(file, " at offset ");
  for (size_t at = known.find(place); at != std::string_view::npos; at = known.find(place, at)) {
    at += place.size();
    const std::string_view rest = known.substr(at);
    const std::string_view digits = rest.substr(0, rest.find_first_not_of("0123456789"));
    uint64_t from = 0;
    CHECK(absl::SimpleAtoi(absl::string_view(digits.data(), digits.size()), &from))
        << "the log's words for damage have changed: " << known;
    if (from <= offset) return true;
  }
  return false;
}

bool Changes(const log::DiskAction& action) {
  return !std::holds_alternative<log::ReadFile>(action) &&
         !std::holds_alternative<log::ListFiles>(action);
}

}  // namespace

VirtualDisk::VirtualDisk(World* world, Probes* probes, NodeId node, DiskOptions options)
    : world_(world), probes_(probes), node_(node), options_(options) {}

void VirtualDisk::SlowUntil(Micros until, uint32_t factor) {
  slow_until_ = until;
  slow_factor_ = factor;
}

void VirtualDisk::Start(const log::DiskRequest& request, Done done) {
  const uint64_t number = next_number_;
  ++next_number_;
  Identity identity = ActionIdentity(node_, request.action);
  identity.Add(crashes_).Add(request.token.value);
  Duration latency =
      world_->Between(Stream::kDiskLatency, identity, options_.latency_low, options_.latency_high);
  if (Changes(request.action) && !std::holds_alternative<log::WriteFile>(request.action)) {
    latency += options_.file_latency;
  }
  if (world_->now() < slow_until_) latency *= slow_factor_;
  world_->Note(identity.hash());
  bool fail = false;
  if (fail_next_) {
    fail_next_ = false;
    fail = true;
    probes_->Hit(Probe::kDiskErrors);
  }
  under_way_.emplace(
      number, UnderWay{request.action, request.token, batches_written_, fail, std::move(done)});
  world_->After(latency, [this, number] { Complete(number); });
}

void VirtualDisk::Complete(uint64_t number) {
  const auto at = under_way_.find(number);
  if (at == under_way_.end()) return;
  if (world_->now() < hang_until_) {
    world_->At(hang_until_ + 1 + number % 64, [this, number] { Complete(number); });
    return;
  }
  UnderWay request = std::move(at->second);
  under_way_.erase(at);
  log::DiskCompletion completion = CarryOut(request);
  world_->Note(HashCombine(static_cast<uint64_t>(completion.error), completion.data.size()));
  std::move(request.done)(std::move(completion));
}

void VirtualDisk::BeforeChange() {
  if (world_->now() < lie_until_) {
    if (!shadow_.has_value()) shadow_ = files_;
  } else if (shadow_.has_value()) {
    // An honest flush empties the whole cache of the device.
    shadow_.reset();
  }
}

log::DiskCompletion VirtualDisk::CarryOut(UnderWay& request) {
  log::DiskCompletion completion;
  completion.token = request.token;
  if (request.fail) {
    completion.error = log::DiskError::kIo;
    completion.error_text = "input/output error (injected)";
    // What a failed write left behind is as unknown as after a crash.
    CrashUnderWay(request, Identity::Of(node_.value, crashes_, request.token.value));
    return completion;
  }
  if (Changes(request.action)) BeforeChange();
  std::visit(
      Overload{[&](const log::CreateFile& create) {
                 if (full_) {
                   completion.error = log::DiskError::kNoSpace;
                   completion.error_text = "no space left on device (injected)";
                   probes_->Hit(Probe::kDiskFull);
                   return;
                 }
                 ForgetDamage(create.file);
                 files_[create.file] = std::string(create.bytes, '\0');
               },
               [&](const log::WriteFile& write) {
                 CHECK_EQ(write.offset % options_.block_bytes, 0u) << "unaligned write";
                 CHECK_EQ(write.data.size() % options_.block_bytes, 0u) << "unaligned write";
                 if (!files_.contains(write.file)) {
                   completion.error = log::DiskError::kIo;
                   completion.error_text = absl::StrCat("no file ", write.file);
                   return;
                 }
                 if (misdirect_next_) {
                   misdirect_next_ = false;
                   NoteBatch(write, request.started);
                   Misdirect(write, Identity::Of(node_.value, crashes_, request.token.value));
                   return;
                 }
                 WriteAll(write.file, write.offset, write.data.view());
                 NoteBatch(write, request.started);
               },
               [&](const log::ReadFile& read) {
                 const auto at = files_.find(read.file);
                 if (at == files_.end()) {
                   completion.error = log::DiskError::kNotFound;
                   completion.error_text = absl::StrCat("no file ", read.file);
                   return;
                 }
                 const std::string& bytes = at->second;
                 if (read.offset < bytes.size()) {
                   completion.data = SharedBytes(bytes.substr(read.offset, read.bytes));
                 }
               },
               [&](const log::RenameFile& rename) {
                 const auto from = files_.find(rename.from);
                 if (from == files_.end()) {
                   completion.error = log::DiskError::kNotFound;
                   completion.error_text = absl::StrCat("no file ", rename.from);
                   return;
                 }
                 std::string bytes = std::move(from->second);
                 files_.erase(from);
                 if (lose_next_rename_) {
                   lose_next_rename_ = false;
                   UndoneRename undone{rename.from, rename.to, std::nullopt, bytes};
                   const auto to = files_.find(rename.to);
                   if (to != files_.end()) undone.replaced = to->second;
                   undone_.push_back(std::move(undone));
                 }
                 MoveDamage(rename.from, rename.to);
                 files_[rename.to] = std::move(bytes);
               },
               [&](const log::RemoveFile& remove) {
                 const auto at = files_.find(remove.file);
                 if (at == files_.end()) return;
                 if (lose_next_rename_) {
                   lose_next_rename_ = false;
                   undone_.push_back(UndoneRename{remove.file, "", std::nullopt, at->second});
                 }
                 ForgetDamage(remove.file);
                 files_.erase(at);
               },
               [&](const log::ListFiles&) {
                 for (const auto& [name, bytes] : files_) {
                   completion.files.push_back(log::FileInfo{name, bytes.size()});
                 }
                 // Directories come in any order.
                 if (world_->Draw(Stream::kDiskLatency, Identity::Of(node_.value, crashes_)) % 2 ==
                     1) {
                   std::reverse(completion.files.begin(), completion.files.end());
                 }
               }},
      request.action);
  return completion;
}

void VirtualDisk::WriteBlock(const std::string& file, uint64_t offset, std::string_view block) {
  const auto at = files_.find(file);
  if (at == files_.end()) return;
  std::string& bytes = at->second;
  if (bytes.size() < offset + block.size()) bytes.resize(offset + block.size(), '\0');
  bytes.replace(offset, block.size(), block);
  damage_.erase(BlockAt(file, offset));
}

void VirtualDisk::WriteAll(const std::string& file, uint64_t offset, std::string_view data) {
  const uint64_t unit = options_.block_bytes;
  for (uint64_t done = 0; done < data.size(); done += unit) {
    WriteBlock(file, offset + done, data.substr(done, unit));
  }
}

void VirtualDisk::Misdirect(const log::WriteFile& write, Identity identity) {
  const uint64_t unit = options_.block_bytes;
  // Another place in a file chosen by the seed; the same place means one block further on.
  uint64_t pick = world_->Draw(Stream::kNemesis, identity) % files_.size();
  auto target = files_.begin();
  while (pick > 0) {
    ++target;
    --pick;
  }
  const uint64_t blocks = target->second.size() / unit;
  const uint64_t length = write.data.size() / unit;
  if (blocks < length + 1) {
    WriteAll(write.file, write.offset, write.data.view());
    return;
  }
  uint64_t at = world_->Between(Stream::kNemesis, identity.Add(1), 0, blocks - length);
  if (target->first == write.file && at * unit == write.offset) at = at == 0 ? 1 : at - 1;
  probes_->Hit(Probe::kMisdirectedWrites);
  if (world_->tracing()) {
    world_->Trace(absl::StrCat("n", node_.value),
                  absl::StrCat("disk: write of ", write.file, "+", write.offset, " went to ",
                               target->first, "+", at * unit));
  }
  std::map<BlockAt, std::string> intended;
  for (uint64_t i = 0; i < length; ++i) {
    const std::string_view block = write.data.view().substr(i * unit, unit);
    intended[BlockAt(write.file, write.offset + i * unit)] = std::string(block);
  }
  for (uint64_t i = 0; i < length; ++i) {
    const BlockAt wrong(target->first, (at + i) * unit);
    const auto known = damage_.find(wrong);
    const std::string before =
        known != damage_.end() ? known->second.intended : target->second.substr(wrong.second, unit);
    intended.emplace(wrong, before);
    target->second.replace(wrong.second, unit, write.data.view().substr(i * unit, unit));
  }
  for (auto& [block, bytes] : intended) {
    damage_[block] = Damage{std::move(bytes), BatchAt(block.first, block.second)};
  }
}

void VirtualDisk::NoteBatch(const log::WriteFile& write, uint64_t started) {
  if (!absl::StartsWith(write.file, "segment-")) return;
  ++batches_written_;
  recent_batches_.push_back(
      BatchWritten{write.file, write.offset, write.data.size(), started, batches_written_});
  if (recent_batches_.size() > kRecentBatches) recent_batches_.pop_front();
}

uint64_t VirtualDisk::BatchAt(const std::string& file, uint64_t offset) const {
  for (auto batch = recent_batches_.rbegin(); batch != recent_batches_.rend(); ++batch) {
    if (batch->file == file && batch->offset <= offset && offset - batch->offset < batch->bytes) {
      return batch->number;
    }
  }
  return 0;
}

bool VirtualDisk::GivenAway(const Damage& damage) const {
  return std::any_of(recent_batches_.begin(), recent_batches_.end(),
                     [&](const BatchWritten& later) {
                       if (later.started < damage.batch || later.number <= damage.batch)
                         return false;
                       const auto first = damage_.lower_bound(BlockAt(later.file, later.offset));
                       return first == damage_.end() || first->first.first != later.file ||
                              first->first.second >= later.offset + later.bytes;
                     });
}

void VirtualDisk::TakeBackSilentDamage() {
  // Taking one back can give another away, and then it may stay; the order is that of the places.
  for (auto at = damage_.begin(); at != damage_.end();) {
    if (GivenAway(at->second)) {
      ++at;
      continue;
    }
    PutBack(at->first, at->second.intended);
    at = damage_.erase(at);
  }
}

void VirtualDisk::PutBack(const BlockAt& block, const std::string& intended) {
  const auto at = files_.find(block.first);
  if (at != files_.end() && at->second.size() >= block.second + intended.size()) {
    at->second.replace(block.second, intended.size(), intended);
  }
}

bool VirtualDisk::Rot(Identity identity) {
  if (files_.empty()) return false;
  const uint64_t unit = options_.block_bytes;
  for (uint64_t attempt = 0; attempt < 32; ++attempt) {
    Identity draw = identity;
    draw.Add(attempt);
    uint64_t pick = world_->Between(Stream::kNemesis, draw, 0, files_.size() - 1);
    auto file = files_.begin();
    while (pick > 0) {
      ++file;
      --pick;
    }
    std::string& bytes = file->second;
    if (bytes.size() < unit) continue;
    const uint64_t offset =
        world_->Between(Stream::kNemesis, draw.Add(1), 0, bytes.size() / unit - 1) * unit;
    const std::string_view block = std::string_view(bytes).substr(offset, unit);
    if (block.find_first_not_of('\0') == std::string_view::npos) continue;
    damage_.emplace(BlockAt(file->first, offset),
                    Damage{std::string(block), BatchAt(file->first, offset)});
    const uint64_t flips = world_->Between(Stream::kNemesis, draw.Add(2), 1, 4);
    for (uint64_t i = 0; i < flips; ++i) {
      const uint64_t bit = world_->Between(Stream::kNemesis, draw.Add(3 + i), 0, unit * 8 - 1);
      char& byte = bytes[offset + bit / 8];
      byte = static_cast<char>(static_cast<unsigned char>(byte) ^ (1u << (bit % 8)));
    }
    if (world_->tracing()) {
      world_->Trace(absl::StrCat("n", node_.value),
                    absl::StrCat("disk: rot in ", file->first, "+", offset));
    }
    return true;
  }
  return false;
}

void VirtualDisk::ForgetDamage(const std::string& file) {
  auto at = damage_.lower_bound(BlockAt(file, 0));
  while (at != damage_.end() && at->first.first == file) at = damage_.erase(at);
}

void VirtualDisk::MoveDamage(const std::string& from, const std::string& to) {
  ForgetDamage(to);
  for (BatchWritten& batch : recent_batches_) {
    if (batch.file == from) batch.file = to;
  }
  auto at = damage_.lower_bound(BlockAt(from, 0));
  while (at != damage_.end() && at->first.first == from) {
    damage_[BlockAt(to, at->first.second)] = std::move(at->second);
    at = damage_.erase(at);
  }
}

void VirtualDisk::CrashUnderWay(const UnderWay& request, Identity identity) {
  const bool torn = world_->Possible(FaultKind::kDiskTorn);
  const bool kept = world_->Chance(Stream::kCrashImage, identity, Ratio{1, 2});
  std::visit(Overload{[&](const log::CreateFile& create) {
                        if (!kept) return;
                        // The file may be there with any part of its length.
                        uint64_t blocks = create.bytes / options_.block_bytes;
                        if (torn) {
                          Identity draw = identity;
                          blocks = world_->Between(Stream::kCrashImage, draw.Add(1), 0, blocks);
                        }
                        ForgetDamage(create.file);
                        files_[create.file] = std::string(blocks * options_.block_bytes, '\0');
                      },
                      [&](const log::WriteFile& write) {
                        if (!files_.contains(write.file)) return;
                        const uint64_t unit = options_.block_bytes;
                        for (uint64_t at = 0; at < write.data.size(); at += unit) {
                          Identity draw = identity;
                          draw.Add(at);
                          const bool keep =
                              torn ? world_->Chance(Stream::kCrashImage, draw, Ratio{1, 2}) : kept;
                          if (keep) {
                            WriteBlock(write.file, write.offset + at,
                                       write.data.view().substr(at, unit));
                          }
                        }
                      },
                      [&](const log::RenameFile& rename) {
                        const auto from = files_.find(rename.from);
                        if (!kept || from == files_.end()) return;
                        std::string bytes = std::move(from->second);
                        files_.erase(from);
                        MoveDamage(rename.from, rename.to);
                        files_[rename.to] = std::move(bytes);
                      },
                      [&](const log::RemoveFile& remove) {
                        if (!kept) return;
                        ForgetDamage(remove.file);
                        files_.erase(remove.file);
                      },
                      [&](const log::ReadFile&) {}, [&](const log::ListFiles&) {}},
             request.action);
}

void VirtualDisk::CrashShadow() {
  // Every block and every directory entry that changed since the last honest flush is kept or lost
  // by itself.
  Files lied = std::move(files_);
  Files durable = std::move(*shadow_);
  shadow_.reset();
  files_.clear();
  recent_batches_.clear();
  bool lost = false;
  const uint64_t unit = options_.block_bytes;
  const auto keep = [&](const std::string& file, uint64_t at) {
    const bool kept = world_->Chance(
        Stream::kCrashImage, Identity::Of(node_.value, crashes_, Hash64(file), at), Ratio{1, 2});
    lost = lost || !kept;
    return kept;
  };
  for (const auto& [name, before] : durable) {
    const auto now = lied.find(name);
    if (now == lied.end()) {
      if (!keep(name, UINT64_MAX)) files_[name] = before;
      continue;
    }
    std::string mixed = before.size() >= now->second.size() ? before : now->second;
    const std::string& after = now->second;
    for (uint64_t at = 0; at < std::min(before.size(), after.size()); at += unit) {
      const std::string_view old_block = std::string_view(before).substr(at, unit);
      const std::string_view new_block = std::string_view(after).substr(at, unit);
      if (old_block == new_block) continue;
      mixed.replace(at, unit, keep(name, at) ? new_block : old_block);
    }
    files_[name] = std::move(mixed);
  }
  for (const auto& [name, after] : lied) {
    if (!durable.contains(name) && keep(name, UINT64_MAX)) files_[name] = after;
  }
  if (lost) probes_->Hit(Probe::kLyingSyncCrashes);
}

void VirtualDisk::Crash(bool may_forget) {
  if (!may_forget && untrustworthy()) {
    probes_->Hit(Probe::kLossesWithheld);
    shadow_.reset();
    undone_.clear();
    TakeBackSilentDamage();
  }
  if (!under_way_.empty()) probes_->Hit(Probe::kCrashesMidWrite);
  // Overlapping requests reach the disk in any order: go through them from either end.
  std::vector<const UnderWay*> order;
  for (const auto& [number, request] : under_way_) order.push_back(&request);
  const bool backwards =
      world_->Chance(Stream::kCrashImage, Identity::Of(node_.value, crashes_), Ratio{1, 2});
  if (backwards) std::reverse(order.begin(), order.end());
  for (const UnderWay* request : order) {
    if (request->fail) continue;
    CrashUnderWay(*request, Identity::Of(node_.value, crashes_, request->token.value));
  }
  under_way_.clear();
  if (shadow_.has_value()) CrashShadow();
  for (auto undone = undone_.rbegin(); undone != undone_.rend(); ++undone) {
    if (files_.contains(undone->from)) continue;
    probes_->Hit(Probe::kLostRenames);
    const auto to = files_.find(undone->to);
    if (!undone->to.empty() && to != files_.end()) {
      MoveDamage(undone->to, undone->from);
      files_[undone->from] = std::move(to->second);
      files_.erase(undone->to);
    } else if (undone->moved.has_value()) {
      files_[undone->from] = std::move(*undone->moved);
    }
    if (undone->replaced.has_value()) files_[undone->to] = std::move(*undone->replaced);
  }
  undone_.clear();
  fail_next_ = false;
  hang_until_ = Micros();
  ++crashes_;
}

void VirtualDisk::Wipe() {
  Crash(/*may_forget=*/true);
  files_.clear();
  damage_.clear();
  known_damage_.clear();
  recent_batches_.clear();
}

VirtualDisk::Files VirtualDisk::DurableFiles() const {
  return shadow_.has_value() ? *shadow_ : files_;
}

void VirtualDisk::Repair() {
  fail_next_ = false;
  full_ = false;
  misdirect_next_ = false;
  lose_next_rename_ = false;
  hang_until_ = Micros();
  slow_until_ = Micros();
  lie_until_ = Micros();
  shadow_.reset();
  undone_.clear();
}

void VirtualDisk::RestoreDamage() {
  for (const auto& [block, damage] : damage_) {
    if (IsKnown(block.first, block.second, known_damage_)) continue;
    PutBack(block, damage.intended);
  }
  damage_.clear();
  known_damage_.clear();
}

}  // namespace jfs::sim
