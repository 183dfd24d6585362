#include "tests/mirror/virtual_service.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "gtest/gtest.h"

#include "core/base/check.h"
#include "core/base/overload.h"

namespace jfs::mirror {
namespace {

constexpr Duration kHalfRoundTrip = 2 * kMillisecond;
// The service's clock is not the callers'.
constexpr uint64_t kServiceEpochMillis = 1'700'000'000'000;

}  // namespace

struct VirtualService::UnderWay {
  ots::Request request;
  ots::RetryingCall call;
  std::function<void(ots::Outcome)> done;
};

VirtualService::VirtualService(const ots_mock::EngineOptions& options, uint64_t seed)
    : faults_(Mix64(seed)), random_(Mix64(seed + 1)) {
  auto engine = ots_mock::Engine::Open(options, &store_);
  CHECK(engine.ok()) << engine.status().ToString();
  engine_ = *std::move(engine);
}

void VirtualService::At(Micros time, std::function<void()> event) {
  events_.emplace(std::max(time, now_), std::move(event));
}

bool VirtualService::RunOne(Micros until) {
  if (events_.empty() || events_.begin()->first > until) {
    now_ = std::max(now_, until);
    return false;
  }
  auto node = events_.extract(events_.begin());
  now_ = std::max(now_, node.key());
  node.mapped()();
  return true;
}

void VirtualService::RunUntil(Micros until) {
  while (RunOne(until)) {
  }
}

void VirtualService::Call(const ots::Request& request, const ots::CallOptions& options,
                          std::function<void(ots::Outcome)> done) {
  auto call = std::make_shared<UnderWay>(
      UnderWay{request, ots::RetryingCall(request.operation, options), std::move(done)});
  Follow(call, call->call.Start(now_));
}

void VirtualService::Follow(const std::shared_ptr<UnderWay>& call, const ots::NextStep& step) {
  std::visit(Overload{
                 [&](const ots::MakeAttempt& attempt) { Attempt(call, attempt.until); },
                 [&](const ots::Pause& pause) {
                   At(pause.until, [this, call] { Follow(call, call->call.Resume(now_)); });
                 },
                 [&](const ots::Outcome& outcome) { call->done(outcome); },
             },
             step);
}

// An attempt ends once: with its answer, or when its time is up.
void VirtualService::Attempt(const std::shared_ptr<UnderWay>& call, Micros until) {
  const ots_mock::Fault fault = faults_.Next(call->request.operation);
  const auto ended = std::make_shared<bool>(false);
  const auto end = [this, call, ended](const ots::AttemptEnd& how) {
    if (std::exchange(*ended, true)) return;
    const uint64_t jitter = random_.Next();
    Follow(call, call->call.AttemptEnded(how, now_, jitter));
  };
  At(until, [end] { end(ots::AttemptFailed{.sent = true, .problem = "no answer in time"}); });
  At(now_ + kHalfRoundTrip + fault.delay, [this, call, fault, end] {
    ots::Answer answer;
    if (fault.execute) answer = Execute(call->request, fault);
    if (fault.late.has_value()) {
      At(now_ + *fault.late, [this, call, fault] { Execute(call->request, fault); });
    }
    if (fault.error.has_value()) answer = {.body = "", .error = fault.error};
    At(now_ + kHalfRoundTrip, [fault, end, answer = std::move(answer)] {
      if (fault.drop) {
        end(ots::AttemptFailed{.sent = true, .problem = "the connection was reset"});
      } else {
        end(ots::AttemptAnswered{answer});
      }
    });
  });
}

ots::Answer VirtualService::Execute(const ots::Request& request, const ots_mock::Fault& fault) {
  const WallMillis wall(kServiceEpochMillis + now_.value / kMillisecond);
  absl::StatusOr<ots::Answer> answer =
      engine_->Execute(request, wall, [&](size_t row) { return ots_mock::RowFails(fault, row); });
  CHECK(answer.ok()) << answer.status().ToString();
  return *std::move(answer);
}

std::string VirtualService::Do(const ots::Request& request) {
  const ots::Answer answer = Execute(request, {});
  EXPECT_FALSE(answer.error.has_value()) << ots::FormatError(*answer.error);
  return answer.body;
}

std::optional<ots::ServiceError> VirtualService::Try(const ots::Request& request) {
  return Execute(request, {}).error;
}

std::vector<ots::Row> VirtualService::ReadAll(std::string_view table,
                                              const ots::PrimaryKey& any_key) {
  ots::RangeRequest range{
      .table = std::string(table), .inclusive_start = any_key, .exclusive_end = any_key};
  for (ots::KeyColumn& column : range.inclusive_start) column.value = ots::Value::InfMin();
  for (ots::KeyColumn& column : range.exclusive_end) column.value = ots::Value::InfMax();
  std::vector<ots::Row> rows;
  while (true) {
    const absl::StatusOr<ots::RangePage> page = ots::ReadGetRange(Do(ots::GetRange(range)));
    CHECK(page.ok()) << page.status().ToString();
    rows.insert(rows.end(), page->rows.begin(), page->rows.end());
    if (!page->next_start.has_value()) return rows;
    range.inclusive_start = *page->next_start;
  }
}

}  // namespace jfs::mirror
