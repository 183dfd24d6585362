#ifndef OTS_MOCK_ENGINE_FAULTS_H_
#define OTS_MOCK_ENGINE_FAULTS_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

#include "core/base/random.h"
#include "core/base/time.h"
#include "core/ots/exchange.h"

// What a service may do to a request besides answering it. Pure: which request is hit follows from
// the rules, the seed and the order of requests.
namespace jfs::ots_mock {

enum class FaultKind : uint8_t {
  kThrottle,      // OTSServerBusy, nothing happens
  kDelay,         // happens and is answered later
  kLateApply,     // OTSTimeout now, happens later
  kFailBefore,    // an error, nothing happens
  kFailAfter,     // happens, and then an error
  kDropRequest,   // the connection ends, nothing happens
  kDropReply,     // happens, and then the connection ends
  kPartialBatch,  // rows of a BatchWriteRow fail one by one
  kOutage,        // as kDropRequest, for every request whatever its operation
};
std::string_view FaultKindName(FaultKind kind);

struct FaultRule {
  FaultKind kind = FaultKind::kThrottle;
  std::optional<ots::Operation> operation;  // unset: any
  bool writes_only = false;
  uint32_t percent = 100;         // of the requests that fit; of the rows for kPartialBatch
  std::optional<uint64_t> count;  // so many hits, and the rule is gone
  // kDelay, kLateApply: drawn from [delay, longest_delay].
  Duration delay = 300 * kMillisecond;
  Duration longest_delay = 300 * kMillisecond;
  std::string code = "OTSInternalServerError";  // kFailBefore, kFailAfter
  friend bool operator==(const FaultRule&, const FaultRule&) = default;
};

// "KIND[:KEY=VALUE,...]" with kinds throttle, delay, late-apply, fail-before, fail-after,
// drop-request, drop-reply, partial-batch, outage and keys operation (a name, or "writes"),
// percent, count, ms (N or N-M), code. InvalidArgument names the part that is wrong and what may
// stand there.
absl::StatusOr<FaultRule> ParseFaultRule(std::string_view text);
// Such a text.
std::string FormatFaultRule(const FaultRule& rule);

// What becomes of one request. The fields that are set act in this order.
struct Fault {
  Duration delay = 0;                         // wait first
  bool execute = true;                        // false: nothing happens now
  std::optional<Duration> late;               // it happens this much later instead
  std::optional<uint32_t> row_fails_percent;  // of the rows of a batch
  uint64_t row_seed = 0;                      // which rows, see RowFails
  std::optional<ots::ServiceError> error;     // the answer, instead of the real one
  bool drop = false;                          // no answer, the connection ends
};
bool RowFails(const Fault& fault, size_t row);

// The rules in force. Used by one thread.
class FaultPlan {
 public:
  explicit FaultPlan(uint64_t seed) : random_(seed) {}

  // Returns the rule's number.
  uint64_t Add(const FaultRule& rule);
  // False if there is no such rule.
  bool Remove(uint64_t number) { return rules_.erase(number) > 0; }
  void Clear() { rules_.clear(); }
  const std::map<uint64_t, FaultRule>& rules() const { return rules_; }
  uint64_t hits() const { return hits_; }

  // Decides about the next request. Of several rules that hit, delays add up, and the first of the
  // others counts.
  Fault Next(ots::Operation operation);

 private:
  Random random_;
  uint64_t next_ = 1;
  uint64_t hits_ = 0;
  std::map<uint64_t, FaultRule> rules_;
};

}  // namespace jfs::ots_mock

#endif  // OTS_MOCK_ENGINE_FAULTS_H_
