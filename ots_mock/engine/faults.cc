#include "ots_mock/engine/faults.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>
#include <vector>

#include "absl/status/status.h"

#include "core/base/concat.h"
#include "core/ots/error.h"

namespace jfs::ots_mock {
namespace {

constexpr std::array<std::string_view, 9> kKinds = {
    "throttle",     "delay",      "late-apply",    "fail-before", "fail-after",
    "drop-request", "drop-reply", "partial-batch", "outage",
};
constexpr std::string_view kUsage =
    "KIND[:KEY=VALUE,...] with KIND one of throttle, delay, late-apply, fail-before, fail-after, "
    "drop-request, drop-reply, partial-batch, outage and KEY one of operation, percent, count, ms, "
    "code";
constexpr uint64_t kLongestDelayMillis = 24 * 3600 * 1000;

std::optional<uint64_t> ParseNumber(std::string_view text, uint64_t max) {
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number > max) {
    return std::nullopt;
  }
  return number;
}

// The part of `text` before `separator`, which it loses; all of it if there is none.
std::string_view TakePart(std::string_view* text, char separator) {
  const size_t at = text->find(separator);
  const std::string_view part = text->substr(0, at);
  *text = at == std::string_view::npos ? std::string_view() : text->substr(at + 1);
  return part;
}

// Says what the value should have been if it is wrong, else nothing.
std::string_view SetKey(std::string_view key, std::string_view value, FaultRule* rule) {
  if (key == "operation") {
    if (value == "writes") {
      rule->writes_only = true;
      return "";
    }
    rule->operation = ots::ParseOperation(value);
    return rule->operation.has_value() ? "" : "an operation such as PutRow, or writes";
  }
  if (key == "percent") {
    const std::optional<uint64_t> percent = ParseNumber(value, 100);
    if (!percent.has_value()) return "a number from 0 to 100";
    rule->percent = static_cast<uint32_t>(*percent);
    return "";
  }
  if (key == "count") {
    rule->count = ParseNumber(value, UINT64_MAX);
    return rule->count.value_or(0) > 0 ? "" : "a number from 1";
  }
  if (key == "ms") {
    const std::string_view low_text = TakePart(&value, '-');
    const std::optional<uint64_t> low = ParseNumber(low_text, kLongestDelayMillis);
    const std::optional<uint64_t> high =
        value.empty() ? low : ParseNumber(value, kLongestDelayMillis);
    if (!low.has_value() || !high.has_value() || *low > *high) {
      return "milliseconds N or N-M, a day at most";
    }
    rule->delay = *low * kMillisecond;
    rule->longest_delay = *high * kMillisecond;
    return "";
  }
  if (key == "code") {
    rule->code = std::string(value);
    return ots::ParseErrorCode(value) != ots::ErrorCode::kUnknown
               ? ""
               : "an error code such as OTSServerUnavailable";
  }
  return "one of the keys";
}

bool Fits(const FaultRule& rule, ots::Operation operation) {
  if (rule.kind == FaultKind::kOutage) return true;
  if (rule.kind == FaultKind::kPartialBatch && operation != ots::Operation::kBatchWriteRow) {
    return false;
  }
  // What only reads cannot land late.
  if (rule.kind == FaultKind::kLateApply && ots::IsRead(operation)) return false;
  if (rule.writes_only && ots::IsRead(operation)) return false;
  return !rule.operation.has_value() || *rule.operation == operation;
}

ots::ServiceError ErrorOf(const std::string& code) {
  return ots::MakeError(ots::ParseErrorCode(code));
}

}  // namespace

std::string_view FaultKindName(FaultKind kind) { return kKinds[static_cast<size_t>(kind)]; }

absl::StatusOr<FaultRule> ParseFaultRule(std::string_view text) {
  std::string_view rest = text;
  const std::string_view name = TakePart(&rest, ':');
  const auto found = std::find(kKinds.begin(), kKinds.end(), name);
  if (found == kKinds.end()) {
    return absl::InvalidArgumentError(
        Concat("'", text, "' is no fault: there is no kind '", name, "'; expected ", kUsage));
  }
  FaultRule rule;
  rule.kind = static_cast<FaultKind>(found - kKinds.begin());
  while (!rest.empty()) {
    std::string_view value = TakePart(&rest, ',');
    const std::string_view key = TakePart(&value, '=');
    const std::string_view wanted = SetKey(key, value, &rule);
    if (!wanted.empty()) {
      return absl::InvalidArgumentError(Concat("'", text, "' is no fault: '", key, "=", value,
                                               "' should be ", wanted, "; expected ", kUsage));
    }
  }
  return rule;
}

std::string FormatFaultRule(const FaultRule& rule) {
  std::vector<std::string> parts;
  if (rule.operation.has_value()) {
    parts.push_back(Concat("operation=", ots::OperationName(*rule.operation)));
  }
  if (rule.writes_only) parts.push_back("operation=writes");
  if (rule.percent != 100) parts.push_back(Concat("percent=", rule.percent));
  if (rule.count.has_value()) parts.push_back(Concat("count=", *rule.count));
  if (rule.kind == FaultKind::kDelay || rule.kind == FaultKind::kLateApply) {
    const uint64_t low = rule.delay / kMillisecond;
    const uint64_t high = rule.longest_delay / kMillisecond;
    parts.push_back(low == high ? Concat("ms=", low) : Concat("ms=", low, "-", high));
  }
  if (rule.kind == FaultKind::kFailBefore || rule.kind == FaultKind::kFailAfter) {
    parts.push_back(Concat("code=", rule.code));
  }
  std::string out(FaultKindName(rule.kind));
  for (size_t i = 0; i < parts.size(); ++i) out += Concat(i == 0 ? ":" : ",", parts[i]);
  return out;
}

bool RowFails(const Fault& fault, size_t row) {
  if (!fault.row_fails_percent.has_value()) return false;
  return Mix64(fault.row_seed ^ Mix64(row)) % 100 < *fault.row_fails_percent;
}

uint64_t FaultPlan::Add(const FaultRule& rule) {
  rules_.emplace(next_, rule);
  return next_++;
}

Fault FaultPlan::Next(ots::Operation operation) {
  Fault fault;
  bool decided = false;
  for (auto it = rules_.begin(); it != rules_.end();) {
    FaultRule& rule = it->second;
    // One draw a rule and request, so that a rule that does not fit leaves the others as they were.
    const bool drawn = random_.Chance(rule.percent, 100);
    const uint64_t amount = random_.Between(rule.delay, std::max(rule.delay, rule.longest_delay));
    const bool partial = rule.kind == FaultKind::kPartialBatch;
    if (!Fits(rule, operation) || (!drawn && !partial)) {
      ++it;
      continue;
    }
    if (rule.kind == FaultKind::kDelay) {
      fault.delay += amount;
    } else if (decided) {
      ++it;
      continue;
    }
    switch (rule.kind) {
      case FaultKind::kDelay:
        break;
      case FaultKind::kThrottle:
        fault.execute = false;
        fault.error = ots::MakeError(ots::ErrorCode::kServerBusy);
        break;
      case FaultKind::kLateApply:
        fault.execute = false;
        fault.late = amount;
        fault.error = ots::MakeError(ots::ErrorCode::kTimeout);
        break;
      case FaultKind::kFailBefore:
        fault.execute = false;
        fault.error = ErrorOf(rule.code);
        break;
      case FaultKind::kFailAfter:
        fault.error = ErrorOf(rule.code);
        break;
      case FaultKind::kDropRequest:
      case FaultKind::kOutage:
        fault.execute = false;
        fault.drop = true;
        break;
      case FaultKind::kDropReply:
        fault.drop = true;
        break;
      case FaultKind::kPartialBatch:
        fault.row_fails_percent = rule.percent;
        fault.row_seed = amount ^ random_.Next();
        break;
    }
    decided = decided || rule.kind != FaultKind::kDelay;
    ++hits_;
    if (rule.count.has_value() && --*rule.count == 0) {
      it = rules_.erase(it);
    } else {
      ++it;
    }
  }
  return fault;
}

}  // namespace jfs::ots_mock
