#include "sim/cluster/process.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

#include "core/base/check.h"
#include "core/base/hash.h"

namespace jfs::sim {
namespace {

[[noreturn]] void ThrowCheckFailed(const CheckFailure& failure) {
  throw CheckFailed{absl::StrCat(failure.file, ":", failure.line, ": ", failure.message)};
}

}  // namespace

void InstallCheckHandler() { SetCheckFailureHandler(&ThrowCheckFailed); }

Process::Process(World* world, Probes* probes, NodeId node, ProcessOptions options, NodeClock clock,
                 ProcessHost* host)
    : world_(world),
      probes_(probes),
      id_(node),
      options_(std::move(options)),
      clock_(clock),
      host_(host),
      disk_(world, probes, node, options_.disk),
      state_(world, probes, node, options_.state,
             [this](InstallPoint) { End(Death{.injected = true}); }) {}

std::string Process::name() const { return absl::StrCat("n", id_.value); }

// Runs `f`, which calls into the node. False if a CHECK failed there and the process is gone.
template <typename F>
bool Process::Guarded(F&& f) {
  if (!options_.checks_are_crashes) {
    f();
    return true;
  }
  try {
    f();
    return true;
  } catch (const CheckFailed& failed) {
    End(Death{.check_failure = failed.text});
    return false;
  }
}

void Process::Start() {
  CHECK(!running());
  ++run_;
  paused_until_ = Micros();
  tick_deadline_ = kNever;
  tick_armed_for_ = kNever;
  ++tick_generation_;
  turn_scheduled_ = false;
  inbox_.clear();
  held_replies_.clear();
  node::Config config = options_.config;
  if (!options_.election_timeouts.empty()) {
    const uint64_t drawn =
        world_->Draw(Stream::kNodeSeed, Identity::Of(id_.value, run_, 2, options_.generation));
    config.raft.election_timeout =
        options_.election_timeouts[drawn % options_.election_timeouts.size()];
  }
  // What a new disk would be called; an old one keeps its name. Never zero.
  config.log.identity.incarnation = Incarnation(
      world_->Draw(Stream::kNodeSeed, Identity::Of(id_.value, run_, 0, options_.generation)) | 1);
  const uint64_t seed =
      world_->Draw(Stream::kNodeSeed, Identity::Of(id_.value, run_, 1, options_.generation));
  if (world_->tracing()) world_->Trace(name(), absl::StrCat("start, run ", run_));
  node::Output out;
  const bool alive = Guarded([&] {
    node_ = std::make_unique<node::Node>(std::move(config), state_.Open(), LocalNow(), seed);
    out = node_->Start(LocalNow());
  });
  if (alive) Handle(std::move(out));
}

void Process::Kill() {
  if (!running()) return;
  node_.reset();
  inbox_.clear();
  ++tick_generation_;
  disk_.Crash(host_->MayForget(id_));
  state_.Crash();
  if (world_->tracing()) world_->Trace(name(), "dead");
}

void Process::End(Death death) {
  Kill();
  host_->Died(id_, std::move(death));
}

void Process::LoseDisks(DisksLost lost) {
  CHECK(!running());
  if (lost != DisksLost::kState) disk_.Wipe();
  if (lost != DisksLost::kLog) state_.Wipe();
}

void Process::PauseUntil(Micros until) {
  if (!running()) return;
  paused_until_ = std::max(paused_until_, until);
  ++pauses_;
  if (paused_until_ == kNever) return;
  world_->At(paused_until_, [this, run = run_, pause = pauses_] {
    if (run == run_ && pause == pauses_ && running()) AtEndOfPause();
  });
}

void Process::ResumeNow() {
  ++pauses_;
  if (running() && paused()) {
    paused_until_ = world_->now();
    AtEndOfPause();
  }
}

void Process::AtEndOfPause() {
  std::vector<node::ClientReply> replies = std::move(held_replies_);
  held_replies_.clear();
  for (node::ClientReply& reply : replies) LeaveReply(std::move(reply));
  if (!inbox_.empty() && !turn_scheduled_) ScheduleTurn(0);
}

void Process::Take(node::Input input) {
  if (!running()) return;
  inbox_.push_back(std::move(input));
  if (turn_scheduled_) return;
  ScheduleTurn(world_->Between(Stream::kLoopLatency, Identity::Of(id_.value, run_, turns_),
                               options_.turn_low, options_.turn_high));
}

void Process::ScheduleTurn(Duration delay) {
  turn_scheduled_ = true;
  world_->After(delay, [this, run = run_] {
    if (run == run_ && running()) Turn();
  });
}

void Process::Turn() {
  turn_scheduled_ = false;
  if (paused()) return;  // AtEndOfPause goes on
  ++turns_;
  const std::vector<node::Input> inputs = std::move(inbox_);
  inbox_.clear();
  // The clock is read after the inputs were collected: nothing may look younger than it is.
  const Micros now = LocalNow();
  const WallMillis wall = clock_.Wall(world_->now());
  node::Output out;
  if (!Guarded([&] { out = node_->Step(now, wall, inputs); })) return;
  Handle(std::move(out));
}

void Process::Handle(node::Output output) {
  const uint64_t run = run_;
  const auto alive = [&] { return running() && run == run_; };
  world_->Note(HashCombine(output.disk.size() << 32 | output.send.size() << 16 | output.jobs.size(),
                           output.next_deadline.value));
  if (world_->tracing()) {
    for (const node::Event& event : output.events) world_->Trace(name(), event.text);
  }
  if (!Guarded([&] { host_->Stepped(id_, *node_, output); })) return;
  if (!output.fatal.ok()) {
    End(Death{.status = output.fatal});
    return;
  }
  for (const log::DiskRequest& request : output.disk) {
    disk_.Start(request, [this, run](log::DiskCompletion completion) {
      if (run == run_) Take(node::DiskDone{std::move(completion)});
    });
  }
  for (node::CallTablestore& call : output.tablestore) {
    host_->CallTablestore(id_, run, std::move(call));
  }
  for (const node::Job& job : output.jobs) {
    state_.Start(job, [this, run](node::Input input) {
      if (run == run_) Take(std::move(input));
    });
    if (!alive()) return;
  }
  const bool crash = !output.send.empty() && disk_.writing() &&
                     world_->Fault(FaultKind::kSendCrash, Identity::Of(id_.value, run_, turns_, 2),
                                   options_.send_crash);
  for (node::SendPayload& payload : output.send) host_->SendToPeer(id_, std::move(payload));
  if (crash) {
    probes_->Hit(Probe::kSendCrashes);
    End(Death{.injected = true});
    return;
  }
  for (node::ClientReply& reply : output.replies) Reply(std::move(reply));
  if (!alive()) return;
  if (output.drained) {
    End(Death{.drained = true});
    return;
  }
  ArmTick(output.next_deadline);
}

void Process::ArmTick(Micros local_deadline) {
  tick_deadline_ = local_deadline;
  if (local_deadline == kNever) return;
  const Micros real = std::max(clock_.RealOf(local_deadline), world_->now());
  if (tick_armed_for_ <= real) return;  // that event looks at the deadline when it runs
  tick_armed_for_ = real;
  ++tick_generation_;
  world_->At(real, [this, run = run_, generation = tick_generation_] {
    if (run != run_ || generation != tick_generation_ || !running()) return;
    tick_armed_for_ = kNever;
    if (tick_deadline_ != kNever && LocalNow() < tick_deadline_) {
      ArmTick(tick_deadline_);
      return;
    }
    Take(node::Tick{});
  });
}

void Process::Reply(node::ClientReply reply) {
  // The moment that a lease is about: the answer is made, and the process stands still before it
  // leaves.
  const Identity identity = Identity::Of(id_.value, run_, turns_, 1);
  if (reply.by_lease && world_->Fault(FaultKind::kPause, identity, Ratio{1, 200})) {
    const Duration length =
        world_->Between(Stream::kLoopLatency, identity, 10 * kMillisecond, 3 * kSecond);
    probes_->Hit(Probe::kPauses);
    PauseUntil(world_->now() + length);
  }
  const Duration delay =
      world_->Between(Stream::kLoopLatency, Identity::Of(id_.value, run_, turns_, reply.call.value),
                      options_.reply_low, options_.reply_high);
  world_->After(delay, [this, run = run_, reply = std::move(reply)]() mutable {
    if (run == run_ && running()) LeaveReply(std::move(reply));
  });
}

void Process::LeaveReply(node::ClientReply reply) {
  if (paused()) {
    held_replies_.push_back(std::move(reply));
    return;
  }
  if (reply.by_lease) {
    if (node_->LeaseValid(LocalNow())) {
      probes_->Hit(Probe::kLeaseReads);
    } else {
      probes_->Hit(Probe::kLeaseReadsRefused);
      reply =
          node::ClientReply{.call = reply.call, .outcome = node::ClientReply::Outcome::kNotReady};
    }
  }
  host_->Answered(id_, run_, std::move(reply));
}

}  // namespace jfs::sim
