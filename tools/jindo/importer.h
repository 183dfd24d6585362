#ifndef TOOLS_JINDO_IMPORTER_H_
#define TOOLS_JINDO_IMPORTER_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "absl/status/status.h"

#include "core/base/time.h"
#include "tools/jindo/ack_log.h"
#include "tools/jindo/batch_channel.h"
#include "tools/jindo/import_plan.h"

// Sends a plan's operations through several channels in parallel, and keeps account of what was
// answered.
namespace jfs::tools {

// Everything that was answered, over all channels. Any thread.
class ImportLedger {
 public:
  struct Totals {
    uint64_t acknowledged = 0, refused = 0, unknown = 0;  // operations
    uint64_t directories = 0, files = 0, bytes = 0;       // of those acknowledged: entries made
    // Longest time without any acknowledgement between two of them, and when it ended.
    Duration largest_gap = 0;
    Micros largest_gap_end;
    std::string first_refusal;
    absl::Status trouble;  // why the import was given up
  };

  // `log` may be null; else it outlives the ledger.
  explicit ImportLedger(AckLogWriter* log) : log_(log) {}
  // Records what a batch became, at `now` of the monotonic and `wall_millis` of the wall clock.
  // With a log, everything is in it when this returns. Not OK: the log cannot be written, and the
  // import must end.
  absl::Status Record(const BatchChannel::Batch& batch, const BatchChannel::Outcome& outcome,
                      const std::string& client_id, Micros now, uint64_t wall_millis);
  void GiveUp(const absl::Status& why);
  Totals totals() const;

 private:
  AckLogWriter* const log_;
  mutable std::mutex mutex_;
  Totals totals_;
  std::optional<Micros> last_;
};

struct SendOptions {
  size_t batch = 256;    // operations in a call
  size_t in_flight = 4;  // calls of one channel
};

// Works on one channel until the plan is done, stopped, or a call has no answer: then the plan is
// stopped. `interrupted` stops it too.
void SendPlanned(const SendOptions& options, BatchChannel* channel, ImportPlan* plan,
                 ImportLedger* ledger, const std::atomic<bool>& interrupted);

}  // namespace jfs::tools

#endif  // TOOLS_JINDO_IMPORTER_H_
