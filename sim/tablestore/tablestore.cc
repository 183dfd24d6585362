#include "sim/tablestore/tablestore.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"

#include "core/base/check.h"
#include "core/base/hash.h"
#include "core/base/overload.h"
#include "core/base/random.h"
#include "core/mirror/fence.h"
#include "core/mirror/tables.h"
#include "core/ots/error.h"
#include "core/ots/requests.h"

namespace jfs::sim {
namespace {

// Rows of a batch that fail one by one, of those that are hit.
constexpr uint64_t kRowFailsOneIn = 4;

std::string NameOf(const ots::Request& request) {
  return std::string(ots::OperationName(request.operation));
}

ots::AttemptAnswered Failed(ots::ErrorCode code) {
  ots::AttemptAnswered answered;
  answered.answer.error = ots::MakeError(code);
  return answered;
}

}  // namespace

struct Tablestore::UnderWay {
  Identity who;
  ots::Request request;
  ots::RetryingCall machine;
  Alive alive;
  Done done;
  uint64_t attempts = 0;
};

Tablestore::Tablestore(World* world, Probes* probes, TablestoreOptions options)
    : world_(world), probes_(probes), options_(options) {
  ots_mock::EngineOptions engine;
  engine.honours_atomic_batches = options_.atomic_batches;
  absl::StatusOr<std::unique_ptr<ots_mock::Engine>> opened =
      ots_mock::Engine::Open(engine, &store_);
  CHECK(opened.ok()) << opened.status().ToString();
  engine_ = *std::move(opened);
}

WallMillis Tablestore::ServiceTime() const {
  return WallMillis(1'700'000'000'000 + world_->now().value / kMillisecond);
}

ots::Answer Tablestore::Look(const ots::Request& request) {
  CHECK(ots::IsRead(request.operation));
  return Execute(request, 0, false);
}

ots::Answer Tablestore::Execute(const ots::Request& request, uint64_t row_seed, bool partial) {
  const ots_mock::Engine::FailsRow fails = [row_seed](size_t row) {
    return Mix64(row_seed + row) % kRowFailsOneIn == 0;
  };
  absl::StatusOr<ots::Answer> answer =
      engine_->Execute(request, ServiceTime(), partial ? fails : nullptr);
  CHECK(answer.ok()) << answer.status().ToString();
  return *std::move(answer);
}

bool Tablestore::MirrorIsSealed() {
  const ots::Answer answer = Look(ots::GetRow(mirror::kJournalTable, mirror::FenceKey()));
  if (answer.error.has_value()) return false;
  const absl::StatusOr<std::optional<ots::Row>> row = ots::ReadGetRow(answer.body);
  if (!row.ok() || !row->has_value()) return false;
  const absl::StatusOr<mirror::Fence> fence = mirror::DecodeFence(**row);
  return fence.ok() && fence->state == mirror::FenceState::kSealed;
}

ots::Answer Tablestore::ExecuteUnheard(const ots::Request& request, uint64_t row_seed,
                                       bool partial) {
  const bool before = MirrorIsSealed();
  ots::Answer answer = Execute(request, row_seed, partial);
  if (!before && MirrorIsSealed()) probes_->Hit(Probe::kSealsLost);
  return answer;
}

void Tablestore::Call(Identity who, ots::Request request, const ots::CallOptions& options,
                      Alive alive, Done done) {
  const ots::Operation operation = request.operation;
  auto call = std::make_shared<UnderWay>(UnderWay{who, std::move(request),
                                                  ots::RetryingCall(operation, options),
                                                  std::move(alive), std::move(done)});
  ots::NextStep first = call->machine.Start(world_->now());
  Take(std::move(call), std::move(first));
}

void Tablestore::Take(std::shared_ptr<UnderWay> call, ots::NextStep step) {
  if (auto* outcome = std::get_if<ots::Outcome>(&step)) {
    world_->Note(HashCombine(call->who.hash(), static_cast<uint64_t>(outcome->kind)));
    if (world_->tracing()) {
      world_->Trace("ots",
                    absl::StrCat(NameOf(call->request), " => ", ots::FormatOutcome(*outcome)));
    }
    std::move(call->done)(std::move(*outcome));
  } else if (const auto* pause = std::get_if<ots::Pause>(&step)) {
    world_->At(std::max(pause->until, world_->now()), [this, call = std::move(call)]() mutable {
      if (!call->alive()) return;
      ots::NextStep next = call->machine.Resume(world_->now());
      Take(std::move(call), std::move(next));
    });
  } else {
    Attempt(call, std::get<ots::MakeAttempt>(step).until);
  }
}

void Tablestore::EndAt(Micros at, std::shared_ptr<UnderWay> call, ots::AttemptEnd end) {
  world_->At(
      std::max(at, world_->now()), [this, call = std::move(call), end = std::move(end)]() mutable {
        if (!call->alive()) return;
        const uint64_t jitter =
            world_->Draw(Stream::kTablestore, Identity(call->who).Add(call->attempts).Add(9));
        ots::NextStep next = call->machine.AttemptEnded(end, world_->now(), jitter);
        Take(std::move(call), std::move(next));
      });
}

void Tablestore::Attempt(const std::shared_ptr<UnderWay>& call, Micros until) {
  ++call->attempts;
  const Identity identity = Identity(call->who).Add(call->attempts);
  const auto fault = [&](FaultKind kind, Ratio ratio) {
    return world_->Fault(kind, Identity(identity).Add(static_cast<uint64_t>(kind)), ratio);
  };
  const auto draw = [&](uint64_t what, Duration low, Duration high) {
    return world_->Between(Stream::kTablestore, Identity(identity).Add(what), low, high);
  };
  const Micros arrives = world_->now() + draw(1, options_.latency_low, options_.latency_high);
  const Micros back = arrives + draw(2, options_.latency_low, options_.latency_high);

  const uint64_t slot = world_->now().value / options_.outage_slot;
  if (world_->Fault(FaultKind::kTablestoreOutage, Identity::Of(4000, slot), options_.outage)) {
    probes_->Hit(Probe::kTablestoreOutages);
    EndAt(back, call, ots::AttemptFailed{false, "connection refused"});
    return;
  }
  if (fault(FaultKind::kTablestoreThrottle, options_.throttle)) {
    probes_->Hit(Probe::kTablestoreThrottled);
    EndAt(back, call, Failed(ots::ErrorCode::kServerBusy));
    return;
  }
  const bool error = fault(FaultKind::kTablestoreError, options_.error);
  if (error && draw(3, 0, 1) == 0) {
    EndAt(back, call, Failed(ots::ErrorCode::kInternalServerError));
    return;
  }
  // The caller hears nothing in time, and the request lands when nobody reckons with it any more.
  if (fault(FaultKind::kTablestoreLate, options_.late)) {
    probes_->Hit(Probe::kTablestoreLate);
    // Mostly soon, so that it meets what is done meanwhile.
    const uint64_t shift = draw(4, 0, 6);
    const Duration late = draw(5, 10 * kMillisecond, options_.late_bound >> shift);
    world_->At(arrives + late, [this, request = call->request] {
      world_->Note(HashCombine(0x1a7e, ExecuteUnheard(request, 0, false).error.has_value()));
      if (world_->tracing()) {
        world_->Trace("ots", absl::StrCat(NameOf(request), " lands late"));
      }
    });
    EndAt(std::min(back + draw(6, 0, kSecond), until), call,
          ots::AttemptFailed{true, "no answer in time"});
    return;
  }
  const bool partial = call->request.operation == ots::Operation::kBatchWriteRow &&
                       fault(FaultKind::kTablestorePartial, options_.partial);
  if (partial) probes_->Hit(Probe::kTablestorePartial);
  const bool lost = fault(FaultKind::kTablestoreLost, options_.lost);
  world_->At(arrives,
             [this, call, back, until, partial, error, lost, seed = draw(7, 0, UINT32_MAX)] {
               ots::Answer answer = lost ? ExecuteUnheard(call->request, seed, partial)
                                         : Execute(call->request, seed, partial);
               if (lost) {
                 probes_->Hit(Probe::kTablestoreLost);
                 EndAt(back, call, ots::AttemptFailed{true, "connection reset"});
               } else if (back > until) {
                 EndAt(until, call, ots::AttemptFailed{true, "no answer in time"});
               } else if (error) {
                 probes_->Hit(Probe::kTablestoreErrorAfter);
                 EndAt(back, call, Failed(ots::ErrorCode::kInternalServerError));
               } else {
                 EndAt(back, call, ots::AttemptAnswered{std::move(answer)});
               }
             });
}

}  // namespace jfs::sim
