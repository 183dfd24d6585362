#include "sim/world/world.h"

#include <algorithm>
#include <ostream>
#include <string>
#include <utility>

#include "absl/strings/str_format.h"

#include "core/base/check.h"
#include "core/base/random.h"

namespace jfs::sim {

World::World(uint64_t seed, FaultSet faults, std::ostream* trace)
    : seed_(Mix64(seed)), faults_(faults), trace_(trace), fingerprint_(Mix64(seed)) {}

void World::After(Duration delay, Event event) { At(now_ + delay, std::move(event)); }

void World::At(Micros at, Event event) {
  CHECK_GE(at, now_);
  queue_.push_back(Scheduled{at, next_sequence_, std::move(event)});
  ++next_sequence_;
  std::push_heap(queue_.begin(), queue_.end());
}

bool World::RunNext() {
  if (queue_.empty()) return false;
  std::pop_heap(queue_.begin(), queue_.end());
  Scheduled next = std::move(queue_.back());
  queue_.pop_back();
  CHECK_GE(next.at, now_);
  now_ = next.at;
  ++events_run_;
  Note(next.sequence);
  std::move(next.event)();
  return true;
}

uint64_t World::Draw(Stream stream, Identity identity) const {
  return Mix64(HashCombine(seed_ ^ Mix64(static_cast<uint64_t>(stream)), identity.hash()));
}

uint64_t World::Between(Stream stream, Identity identity, uint64_t low, uint64_t high) const {
  CHECK_LE(low, high);
  const uint64_t draw = Draw(stream, identity);
  const auto width = static_cast<unsigned __int128>(high - low) + 1;
  return low + static_cast<uint64_t>((draw * width) >> 64);
}

bool World::Chance(Stream stream, Identity identity, Ratio probability) const {
  return Between(stream, identity, 0, probability.denominator - 1) < probability.numerator;
}

bool World::Fault(FaultKind kind, Identity identity, Ratio probability) const {
  if (!Possible(kind)) return false;
  // Fault kinds are streams of their own, below those of Stream.
  return Chance(static_cast<Stream>(kind), identity, probability);
}

void World::Note(uint64_t what) {
  fingerprint_ = HashCombine(HashCombine(fingerprint_, now_.value), what);
}

void World::Trace(std::string_view who, std::string_view text) {
  if (trace_ == nullptr) return;
  *trace_ << absl::StrFormat("%11.6f %-3s %s\n",
                             static_cast<double>(now_.value) / static_cast<double>(kSecond), who,
                             text);
}

}  // namespace jfs::sim
