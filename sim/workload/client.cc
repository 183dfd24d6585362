#include "sim/workload/client.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace jfs::sim {
namespace {

constexpr Duration kRetryLow = 10 * kMillisecond;
constexpr Duration kRetryHigh = 300 * kMillisecond;

}  // namespace

Client::Client(World* world, Probes* probes, Cluster* cluster, int number,
               std::unique_ptr<CallSource> source)
    : world_(world),
      probes_(probes),
      cluster_(cluster),
      number_(number),
      source_(std::move(source)),
      target_(cluster->nodes().front()) {}

Duration Client::Draw(uint64_t what, Duration low, Duration high) const {
  return world_->Between(Stream::kWorkload, Identity::Of(number_, calls_, attempts_, 2000 + what),
                         low, high);
}

NodeId Client::Next(NodeId after) const {
  const uint64_t next = after.value % cluster_->nodes().size() + 1;
  return NodeId(next);
}

void Client::Start() {
  stopped_ = false;
  world_->After(Draw(1, 0, cluster_->config().think_high), [this] { Begin(); });
}

void Client::Begin() {
  // Busy: stopped and started again, and this is the older of two beginnings.
  if (stopped_ || busy_) return;
  ++calls_;
  busy_ = true;
  began_ = world_->now();
  floor_ = cluster_->clients().Invoked();
  call_ = source_->Next();
  if (auto* command = std::get_if<ns::Command>(&call_)) {
    command->call.client = absl::StrFormat("sim-client-%05d", number_);
    command->call.call = static_cast<int32_t>(calls_);
  }
  Try();
}

void Client::Try() {
  ++attempts_;
  if (auto* command = std::get_if<ns::Command>(&call_)) {
    command->caller.address =
        absl::StrCat("client-", number_, "/call-", calls_, "/try-", attempts_);
  }
  const uint64_t attempt = attempts_;
  cluster_->Submit(target_, call_, Identity::Of(3000, number_, calls_, attempt),
                   [this, attempt](const node::ClientReply* reply) { Answer(attempt, reply); });
  world_->After(cluster_->config().client_timeout, [this, attempt] { TimeOut(attempt); });
}

void Client::TimeOut(uint64_t attempt) {
  if (!busy_ || attempt != attempts_) return;
  probes_->Hit(Probe::kClientTimeouts);
  TryLater(Next(target_), true);
}

void Client::TryLater(NodeId where, bool fail_over) {
  // What still comes of the attempt before is not listened to.
  ++attempts_;
  if (fail_over) probes_->Hit(Probe::kFailovers);
  target_ = where;
  if (world_->now() - began_ > cluster_->config().client_patience) {
    Finish(nullptr);
    return;
  }
  world_->After(Draw(2, kRetryLow, kRetryHigh), [this, attempt = attempts_] {
    if (busy_ && attempt == attempts_) Try();
  });
}

void Client::Answer(uint64_t attempt, const node::ClientReply* reply) {
  if (!busy_ || attempt != attempts_) return;
  if (reply == nullptr) {
    TryLater(Next(target_), true);
    return;
  }
  using Outcome = node::ClientReply::Outcome;
  switch (reply->outcome) {
    case Outcome::kReply:
      if (reply->reply.code == ns::Code::kRecoveryMode ||
          reply->reply.code == ns::Code::kRecoveryLoading) {
        TryLater(target_, false);
        return;
      }
      Finish(reply);
      return;
    case Outcome::kNotLeader:
      // Stock clients take the next master; ours follow the hint. Both kinds occur.
      TryLater(number_ % 2 == 0 || reply->leader == NodeId() ? Next(target_) : reply->leader, true);
      return;
    case Outcome::kUnknown:
      TryLater(Next(target_), true);
      return;
    case Outcome::kNotReady:
    case Outcome::kBusy:
    case Outcome::kDiskLow:
      TryLater(target_, false);
      return;
    case Outcome::kTooLarge:
      Finish(nullptr);
      return;
  }
}

void Client::Finish(const node::ClientReply* reply) {
  busy_ = false;
  ++attempts_;
  if (reply != nullptr) {
    ++acknowledged_;
    if (const auto* command = std::get_if<ns::Command>(&call_)) {
      ++writes_acknowledged_;
      cluster_->clients().WriteCompleted(floor_, command->call, *reply);
    } else {
      cluster_->clients().ReadCompleted(floor_, *reply);
    }
  }
  source_->Answered(reply == nullptr ? nullptr : &reply->reply);
  world_->After(Draw(3, 0, cluster_->config().think_high), [this] { Begin(); });
}

}  // namespace jfs::sim
