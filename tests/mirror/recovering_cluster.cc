#include "tests/mirror/recovering_cluster.h"

#include <algorithm>
#include <utility>

#include "gtest/gtest.h"

#include "core/base/check.h"

namespace jfs::mirror {
namespace {

constexpr Duration kCommitTime = kMillisecond;

}  // namespace

RecoveringCluster::RecoveringCluster(const Options& options, VirtualService* service)
    : options_(options), service_(service), random_(Mix64(options.seed)) {}

void RecoveringCluster::Start() {
  std::optional<Fence> sealed = sealed_;
  if (sealed.has_value()) {
    // As a cluster that replicates no more than what it loads by.
    const Fence nothing;
    sealed->revision = nothing.revision;
    sealed->term = nothing.term;
    sealed->parts = nothing.parts;
    sealed->touches = nothing.touches;
  }
  loader_ = std::make_unique<Loader>(options_.limits, options_.name, std::move(sealed),
                                     options_.mutations);
  Wake(service_->now());
}

void RecoveringCluster::ChangeLeader() {
  ++term_;
  ended_.clear();
  under_way_ = 0;
  deadline_ = kNever;
  // What the old leader proposed is settled before the new one begins.
  for (const std::function<void()>& apply : std::exchange(proposals_, {})) {
    if (random_.Chance(1, 2)) apply();
  }
  if (!ended()) Start();
}

void RecoveringCluster::Wake(Micros time) {
  if (time == kNever) return;
  service_->At(time, [this, term = term_, time] {
    if (term != term_ || ended()) return;
    // A deadline that has been replaced by another one.
    if (ended_.empty() && time > deadline_) return;
    Step();
  });
}

void RecoveringCluster::Step() {
  ++steps_;
  const std::vector<CallEnded> ended = std::exchange(ended_, {});
  Carry(loader_->Step(service_->now(), cursor_, sealed_.has_value(), ended));
  if (watch_) watch_(steps_);
}

void RecoveringCluster::Carry(LoadOutput output) {
  for (Note& note : output.notes) notes_.push_back(std::move(note.text));
  for (mirror::Call& call : output.calls) {
    ++under_way_;
    EXPECT_LE(under_way_, 2u) << "one read of the fence and one page at most";
    service_->Call(call.request, call.options,
                   [this, term = term_, token = call.token](ots::Outcome outcome) {
                     if (term != term_) return;
                     --under_way_;
                     ended_.push_back({token, std::move(outcome)});
                     Wake(service_->now());
                   });
  }
  if (output.sealed.has_value()) {
    Propose([this, sealed = *output.sealed] {
      if (sealed_.has_value()) {
        EXPECT_EQ(*sealed_, sealed);
        return;
      }
      sealed_ = sealed;
      sealed_at_ = service_->now();
    });
  }
  for (const Chunk& chunk : output.chunks) {
    uint64_t bytes = 0;
    for (const LoadedRow& row : chunk.rows) {
      bytes += row.key.size() + (row.value.has_value() ? row.value->size() : 0);
    }
    EXPECT_LE(chunk.rows.size(), options_.limits.chunk_rows);
    if (chunk.rows.size() > 1) {
      EXPECT_LE(bytes, options_.limits.chunk_bytes);
    }
    EXPECT_NE(chunk.from, chunk.to);
    Propose([this, chunk] { Apply(chunk); });
  }
  if (output.failed.has_value()) {
    Propose([this, why = *output.failed] {
      if (!failed_.has_value()) failed_ = why;
    });
    output.next_deadline = std::min(output.next_deadline, service_->now() + kSecond);
  }
  deadline_ = output.next_deadline;
  Wake(deadline_);
}

void RecoveringCluster::Propose(std::function<void()> apply) {
  if (random_.Chance(options_.lost_proposals_percent, 100)) return;
  proposals_.push_back(std::move(apply));
  service_->At(service_->now() + kCommitTime, [this, term = term_] {
    if (term != term_ || proposals_.empty()) return;
    const std::function<void()> first = std::move(proposals_.front());
    proposals_.erase(proposals_.begin());
    first();
    deadline_ = service_->now();
    Wake(deadline_);
  });
}

void RecoveringCluster::Apply(const Chunk& chunk) {
  EXPECT_TRUE(sealed_.has_value()) << "rows before the seal";
  EXPECT_LT(LoadedPermille(chunk.from, *sealed_), 1000u);
  EXPECT_LE(LoadedPermille(chunk.from, *sealed_), LoadedPermille(chunk.to, *sealed_));
  if (chunk.from != cursor_) {
    ++chunks_refused_;
    return;
  }
  ++chunks_applied_;
  cursor_ = chunk.to;
  for (const LoadedRow& row : chunk.rows) {
    if (row.value.has_value()) {
      rows_[row.key] = *row.value;
    } else {
      rows_.erase(row.key);
    }
  }
}

void RecoveringCluster::RunFor(Duration duration) {
  const Micros until = service_->now() + duration;
  const bool had_ended = ended();
  while (!ended() && service_->RunOne(until)) {
  }
  // The leader also sees that it is done.
  if (ended() && !had_ended) Step();
}

}  // namespace jfs::mirror
