#include "tools/jindo/importer.h"

#include <chrono>
#include <map>
#include <utility>
#include <vector>

#include "core/base/concat.h"
#include "net/event_loop.h"

namespace jfs::tools {
namespace {

uint64_t WallMillisNow() {
  return static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(
                                   std::chrono::system_clock::now().time_since_epoch())
                                   .count());
}

// The masters answer a batch that is as long as it says; anything else is a bug of one of the two
// sides.
bool Fits(const BatchChannel::Batch& batch, const BatchChannel::Outcome& outcome) {
  return !outcome.failure.has_value() && outcome.response.results_size() == batch.operations_size();
}

}  // namespace

absl::Status ImportLedger::Record(const BatchChannel::Batch& batch,
                                  const BatchChannel::Outcome& outcome,
                                  const std::string& client_id, Micros now, uint64_t wall_millis) {
  const std::lock_guard lock(mutex_);
  const bool answered = Fits(batch, outcome);
  // A refusal of the whole batch by a server is one of each of its operations.
  const bool refused_whole =
      outcome.failure.has_value() && !outcome.failure->exception_class.empty();
  std::string lines;
  bool any_acknowledged = false;
  for (int i = 0; i < batch.operations_size(); ++i) {
    AckRecord record{.fate = AckRecord::Fate::kUnknown,
                     .wall_millis = wall_millis,
                     .client_id = client_id,
                     .operation = batch.operations(i)};
    if (answered) {
      record.result = outcome.response.results(i);
    } else if (refused_whole) {
      record.result.set_exceptionclass(outcome.failure->exception_class);
      record.result.set_message(outcome.failure->message);
    }
    if (record.result.has_exceptionclass()) {
      record.fate = AckRecord::Fate::kRefused;
      if (totals_.refused++ == 0) {
        const std::string& message = record.result.message();
        totals_.first_refusal =
            Concat(record.result.exceptionclass(), ": ", message.substr(0, message.find('\n')));
      }
    } else if (answered) {
      record.fate = AckRecord::Fate::kAcknowledged;
      any_acknowledged = true;
      ++totals_.acknowledged;
      if (record.operation.has_mkdirs()) ++totals_.directories;
      if (record.operation.has_importfile()) {
        ++totals_.files;
        totals_.bytes += record.operation.importfile().length();
      }
    } else {
      ++totals_.unknown;
    }
    if (log_ != nullptr) lines += FormatAckRecord(record);
  }
  if (any_acknowledged) {
    if (last_.has_value() && now > *last_ && now - *last_ > totals_.largest_gap) {
      totals_.largest_gap = now - *last_;
      totals_.largest_gap_end = now;
    }
    last_ = now;
  }
  return log_ == nullptr ? absl::OkStatus() : log_->Append(lines);
}

void ImportLedger::GiveUp(const absl::Status& why) {
  const std::lock_guard lock(mutex_);
  if (totals_.trouble.ok()) totals_.trouble = why;
}

ImportLedger::Totals ImportLedger::totals() const {
  const std::lock_guard lock(mutex_);
  return totals_;
}

void SendPlanned(const SendOptions& options, BatchChannel* channel, ImportPlan* plan,
                 ImportLedger* ledger, const std::atomic<bool>& interrupted) {
  struct Sent {
    BatchChannel::Batch batch;
    std::vector<ImportPlan::Planned> planned;
  };
  std::map<uint64_t, Sent> sent;
  uint64_t next_tag = 0;
  const auto give_up = [&](const absl::Status& why) {
    ledger->GiveUp(why);
    plan->Stop();
  };
  while (true) {
    if (interrupted.load(std::memory_order_relaxed)) give_up(absl::CancelledError("interrupted"));
    bool ended = false;
    while (channel->outstanding() < options.in_flight) {
      // A call for a few operations costs as much as one for many: only an idle channel takes what
      // little there is.
      std::vector<ImportPlan::Planned> planned =
          plan->Take(options.batch, /*enough=*/channel->outstanding() == 0 ? 1 : 0);
      if (planned.empty()) {
        ended = channel->outstanding() == 0;
        break;
      }
      Sent& one = sent[next_tag];
      for (ImportPlan::Planned& operation : planned) {
        *one.batch.add_operations() = std::move(operation.operation);
      }
      channel->Submit(&one.batch, next_tag++);
      one.planned = std::move(planned);
    }
    if (ended) return;
    std::vector<BatchChannel::Outcome> outcomes;
    channel->Poll(20 * kMillisecond, &outcomes);
    for (const BatchChannel::Outcome& outcome : outcomes) {
      const auto it = sent.find(outcome.tag);
      Sent done = std::move(it->second);
      sent.erase(it);
      const absl::Status recorded = ledger->Record(done.batch, outcome, channel->client_id(),
                                                   net::EventLoop::Now(), WallMillisNow());
      if (!recorded.ok()) give_up(recorded);
      const bool answered = Fits(done.batch, outcome);
      for (int i = 0; i < done.batch.operations_size(); ++i) {
        ImportPlan::Planned& planned = done.planned[static_cast<size_t>(i)];
        planned.operation = std::move(*done.batch.mutable_operations(i));
        plan->Finished(planned, answered && !outcome.response.results(i).has_exceptionclass());
      }
      if (!answered) {
        give_up(outcome.failure.has_value()
                    ? absl::UnavailableError(
                          Concat(outcome.failure->exception_class, " ", outcome.failure->message))
                    : absl::InternalError(
                          "an answer has not as many results as its batch has operations"));
      }
    }
  }
}

}  // namespace jfs::tools
