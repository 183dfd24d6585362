// What a leader does about a mirror, with a namespace of its own and Tablestore's engine.
#include "core/node/mirror_duty.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"

#include "core/kv/memory_store.h"
#include "core/kv/overlay.h"
#include "core/node/calls.h"
#include "core/ns/namespace.h"
#include "tests/mirror/virtual_service.h"
#include "tests/mirror/written_mirror.h"

namespace jfs::node {
namespace {

// A leader that is alone: what it proposes is applied at once.
class LoneLeader {
 public:
  LoneLeader(const MirrorConfig& config, mirror::VirtualService* service)
      : config_(config),
        service_(service),
        calls_(BatchLimits{}),
        duty_(config_, NodeId(1), {NodeId(1)}, &tokens_, Mutations()) {
    auto opened = ns::Namespace::Open(store_, Mutations());
    EXPECT_TRUE(opened.ok()) << opened.status();
    namespace_ = *std::move(opened);
  }

  ns::RecoveryState recovery() const { return namespace_->recovery().state; }

  // Requests made to Tablestore in this turn.
  size_t Turn() {
    const MirrorDuty::Turn turn{.now = service_->now(),
                                .term = raft::Term(1),
                                .cluster = ClusterId{77},
                                .state = namespace_.get(),
                                .store = &store_};
    Output out;
    const absl::StatusOr<bool> decided = duty_.Step(turn, &calls_, &out);
    EXPECT_TRUE(decided.ok()) << decided.status();
    for (const CallTablestore& call : out.tablestore) {
      service_->Call(call.request, call.options, [this, token = call.token](ots::Outcome outcome) {
        duty_.OnAnswer({token, std::move(outcome)});
      });
    }
    while (calls_.waiting()) {
      const Calls::Proposal proposal = calls_.NextProposal(WallMillis(0), 0);
      if (!drops_proposals) Apply(proposal.payload);
    }
    return out.tablestore.size();
  }
  Micros due() const { return duty_.next_deadline(); }
  void RunFor(Duration duration) {
    const Micros end = service_->now() + duration;
    while (service_->now() < end) {
      Turn();
      service_->RunOne(std::min(due(), end));
    }
  }
  const ns::Namespace& state() const { return *namespace_; }
  // A mutation.
  void MakeNamespace(std::string name) { calls_.AddInternal(ns::CreateNamespace{std::move(name)}); }

  // As while leadership is handed over, or a disk is full.
  bool drops_proposals = false;

 private:
  void Apply(const SharedBytes& payload) {
    kv::WriteBatch batch;
    std::vector<ns::Reply> replies;
    ++index_;
    const kv::Overlay view(&store_, &batch);
    const absl::Status applied = namespace_->Apply(view, index_, payload.view(), &batch, &replies);
    ASSERT_TRUE(applied.ok()) << applied;
    const absl::Status written = store_.Write(batch);
    ASSERT_TRUE(written.ok()) << written;
  }

  const MirrorConfig config_;
  mirror::VirtualService* const service_;
  kv::MemoryStore store_;
  std::unique_ptr<ns::Namespace> namespace_;
  uint64_t index_ = 0;
  Calls calls_;
  JobTokens tokens_;
  MirrorDuty duty_;
};

// That the seal is replicated is news: nobody waits until it would be given out again.
TEST(MirrorDuty, LoadsAsSoonAsTheSealIsReplicated) {
  mirror::VirtualService service;
  mirror::History history(1);
  history.GrowMany(20);
  mirror::WriteMirror(history, {}, &service);
  MirrorConfig config{.recovery = true, .instance = "i", .endpoint = "http://e"};
  config.load_limits.quiet_time = kSecond;
  config.load_limits.look_interval = kSecond / 10;
  LoneLeader leader(config, &service);
  for (int turn = 0; turn < 1000 && leader.recovery() == ns::RecoveryState::kNone; ++turn) {
    leader.Turn();
    service.RunOne(leader.due());
  }
  ASSERT_EQ(leader.recovery(), ns::RecoveryState::kLoading);
  EXPECT_GT(leader.Turn(), 0u) << "asks for the first page in the next turn";
}

TEST(MirrorDuty, ProgressThatWasDroppedIsReportedAgain) {
  mirror::VirtualService service;
  LoneLeader leader({.upload = true, .instance = "i", .endpoint = "http://e"}, &service);
  leader.RunFor(5 * kSecond);
  ASSERT_EQ(leader.state().mirror().record.state, ns::MirrorState::kOn);
  leader.MakeNamespace("test");
  leader.Turn();
  ASSERT_EQ(leader.state().position().sequence(), 1u);
  leader.drops_proposals = true;
  leader.RunFor(3 * kSecond);
  ASSERT_EQ(leader.state().mirror().record.mirrored, 0u);
  leader.drops_proposals = false;
  leader.RunFor(10 * kSecond);
  EXPECT_EQ(leader.state().mirror().record.mirrored, 1u);
}

TEST(MirrorDuty, AFailureThatWasDroppedIsReportedAgain) {
  mirror::VirtualService service;
  mirror::History history(3, 2000);
  history.Grow(800);
  mirror::WriteMirror(history, {.folded_runs = 0, .part_bytes = 1'000'000}, &service);
  MirrorConfig config{.recovery = true, .instance = "i", .endpoint = "http://e"};
  config.load_limits.quiet_time = kSecond;
  config.load_limits.look_interval = kSecond / 10;
  config.load_limits.max_run_bytes = 5000;
  LoneLeader leader(config, &service);
  for (int turn = 0; turn < 1000 && leader.recovery() == ns::RecoveryState::kNone; ++turn) {
    leader.Turn();
    service.RunOne(leader.due());
  }
  ASSERT_EQ(leader.recovery(), ns::RecoveryState::kLoading);
  leader.drops_proposals = true;
  leader.RunFor(10 * kSecond);
  ASSERT_EQ(leader.recovery(), ns::RecoveryState::kLoading);
  leader.drops_proposals = false;
  leader.RunFor(10 * kSecond);
  EXPECT_EQ(leader.recovery(), ns::RecoveryState::kFailed);
}

}  // namespace
}  // namespace jfs::node
