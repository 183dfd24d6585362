#include "server/mirror_status.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

#include "core/mirror/loader.h"
#include "core/mirror/uploader.h"

namespace jfs::server {
namespace {

using mirror::LoadPhase;
using mirror::UploadPhase;
using ns::MirrorState;
using ns::RecoveryState;

constexpr Duration kPaceWindow = 30 * kSecond;

std::string FormatPosition(uint64_t lineage, uint64_t sequence) {
  return absl::StrCat(lineage, ":", sequence);
}

std::string FormatSeconds(Duration time) { return absl::StrCat(time / kSecond + 1, "s"); }

// The state as the manual page calls it. A master that is to recover and has not begun is loading.
bool InRecovery(const MirrorFacts& facts) {
  return facts.mirror.recovery.state != RecoveryState::kNone ||
         (facts.recovery && facts.position.sequence() == 0);
}

// A recovery may fail before it has begun to load, for want of a mirror: then only the leader
// knows, and another start with other settings begins anew.
std::string Failure(const MirrorFacts& facts) {
  if (facts.mirror.recovery.state == RecoveryState::kFailed) return facts.mirror.recovery.failure;
  return facts.mirror.load.has_value() ? facts.mirror.load->failure : "";
}

const char* RecoveryWord(const MirrorFacts& facts) {
  if (!Failure(facts).empty()) return "FAILED";
  switch (facts.mirror.recovery.state) {
    case RecoveryState::kNone:
    case RecoveryState::kLoading:
      return "LOADING";
    case RecoveryState::kFinished:
      return "FINISH";
    case RecoveryState::kFailed:
      return "FAILED";
  }
  return "LOADING";
}

// The same, as a number; 0 as long as nothing is begun.
RecoveryState MeasuredState(const MirrorFacts& facts) {
  return Failure(facts).empty() ? facts.mirror.recovery.state : RecoveryState::kFailed;
}

const char* LoadWord(LoadPhase phase) {
  switch (phase) {
    case LoadPhase::kLooking:
      return "looking";
    case LoadPhase::kWaiting:
      return "waiting";
    case LoadPhase::kSealing:
      return "sealing";
    case LoadPhase::kLoadingData:
      return "data";
    case LoadPhase::kLoadingJournal:
      return "journal";
    case LoadPhase::kLoaded:
      return "recounting";
    case LoadPhase::kFailed:
      return "failed";
  }
  return "looking";
}

// What stands in the way, of whatever the leader does for the mirror.
std::string Problem(const MirrorFacts& facts) {
  if (!facts.mirror.problem.empty()) return facts.mirror.problem;
  if (facts.mirror.load.has_value() && !facts.mirror.load->problem.empty()) {
    return facts.mirror.load->problem;
  }
  if (facts.mirror.upload.has_value()) return facts.mirror.upload->problem;
  return "";
}

uint64_t MirroredSequence(const MirrorFacts& facts) {
  uint64_t mirrored = facts.mirror.outbox.record.mirrored;
  if (facts.mirror.upload.has_value()) {
    mirrored = std::max(mirrored, facts.mirror.upload->mirrored);
  }
  return std::min(mirrored, facts.position.sequence());
}

void DescribeRecovery(const MirrorFacts& facts, MirrorFields* out) {
  const ns::RecoveryRecord& record = facts.mirror.recovery;
  out->emplace_back("state", RecoveryWord(facts));
  out->emplace_back("rows", absl::StrCat(record.rows));
  if (record.state != RecoveryState::kNone) {
    out->emplace_back("position", FormatPosition(record.source.lineage, record.source.last));
  }
  out->emplace_back("percent", absl::StrCat(ns::RecoveryPercent(record)));
  const std::string failure = Failure(facts);
  if (!failure.empty()) out->emplace_back("failure", failure);
  const bool loading = failure.empty() && (record.state == RecoveryState::kNone ||
                                           record.state == RecoveryState::kLoading);
  if (loading && facts.time_left.has_value()) {
    out->emplace_back("eta", FormatSeconds(*facts.time_left));
  }
  if (loading && facts.mirror.load.has_value()) {
    out->emplace_back("phase", LoadWord(facts.mirror.load->phase));
    if (!facts.mirror.load->waiting_for.empty()) {
      out->emplace_back("waiting_for", facts.mirror.load->waiting_for);
    }
  }
}

void DescribeUpload(const MirrorFacts& facts, MirrorFields* out) {
  const ns::MirrorRecord& record = facts.mirror.outbox.record;
  if (record.state == MirrorState::kOff) return;
  if (record.state == MirrorState::kUndecided && !facts.upload) return;
  if (facts.leads) out->emplace_back("_synced", facts.mirror.synced ? "1" : "0");
  switch (record.state) {
    case MirrorState::kUndecided:
      out->emplace_back("mirror", "undecided");
      return;
    case MirrorState::kOff:
      return;
    case MirrorState::kOn:
      out->emplace_back("mirror", "on");
      break;
    case MirrorState::kStale:
      out->emplace_back("mirror", "stale");
      break;
  }
  out->emplace_back("mirrored", FormatPosition(facts.position.lineage(), MirroredSequence(facts)));
  out->emplace_back("mirror_lag", absl::StrCat(MirrorLag(facts)));
  out->emplace_back("outbox_bytes", absl::StrCat(facts.mirror.outbox.outbox_bytes));
}

std::string ExplainRecovery(const MirrorFacts& facts) {
  const ns::RecoveryRecord& record = facts.mirror.recovery;
  if (const std::string failure = Failure(facts); !failure.empty()) {
    return absl::StrCat("the recovery has failed: ", failure);
  }
  switch (record.state) {
    case RecoveryState::kFinished: {
      std::string text = absl::StrCat(
          "the recovery is finished at position ",
          FormatPosition(record.source.lineage, record.source.last),
          " and the namespace is read-only: set ...recovery.mode to false on all masters and "
          "restart them");
      const std::string problem = Problem(facts);
      if (!facts.recovery) {
        const bool refused =
            facts.mirror.upload.has_value() && facts.mirror.upload->phase == UploadPhase::kRefused;
        text = absl::StrCat("the recovery is finished, and the mirror ",
                            refused ? "cannot be claimed" : "is being claimed",
                            problem.empty() ? "" : ": ", problem);
      }
      return text;
    }
    case RecoveryState::kNone:
    case RecoveryState::kLoading:
    case RecoveryState::kFailed:
      break;
  }
  if (const std::string problem = Problem(facts); !problem.empty()) {
    return absl::StrCat("the recovery cannot go on: ", problem);
  }
  if (!facts.mirror.load.has_value()) {
    return "the recovery is the leader's business, which knows how far it is";
  }
  const mirror::LoadStatus& load = *facts.mirror.load;
  if (!load.waiting_for.empty()) {
    return absl::StrCat("the recovery waits for the mirror's writer to stop: ", load.waiting_for);
  }
  return absl::StrCat("the recovery is ", ns::RecoveryPercent(record), " % through (",
                      LoadWord(load.phase), ")",
                      facts.time_left.has_value()
                          ? absl::StrCat(", and done in about ", FormatSeconds(*facts.time_left))
                          : "");
}

std::string ExplainUpload(const MirrorFacts& facts) {
  switch (facts.mirror.outbox.record.state) {
    case MirrorState::kOff:
      return facts.upload ? "this cluster has no mirror: that was decided when it was set up or "
                            "with jindo jfs -metaDisable, and ...async.ots.enabled does not change "
                            "it"
                          : "this cluster has no mirror";
    case MirrorState::kStale:
      return absl::StrCat(
          "the mirror is stale, at position ",
          FormatPosition(facts.position.lineage(), MirroredSequence(facts)),
          ": Tablestore was away until more than namespace.ots.outbox-bytes waited. It can be "
          "recovered from as it is, and does not catch up by itself");
    case MirrorState::kUndecided: {
      if (!facts.upload) return "this cluster has no mirror";
      const std::string problem = Problem(facts);
      return absl::StrCat("the mirror is being set up", problem.empty() ? "" : ": ", problem);
    }
    case MirrorState::kOn:
      break;
  }
  if (!facts.leads) return "whether the mirror is synced is what the leader knows";
  if (facts.mirror.synced) return "every mutation up to now is in the mirror";
  const std::string problem = Problem(facts);
  if (facts.mirror.upload.has_value() && facts.mirror.upload->phase == UploadPhase::kRefused) {
    return absl::StrCat("nothing goes to the mirror any more: ", problem);
  }
  const std::string waiting = absl::StrCat(MirrorLag(facts), " mutations wait for the mirror");
  if (!problem.empty()) return absl::StrCat(waiting, ", which cannot be reached: ", problem);
  if (!facts.mirror.upload.has_value() || facts.mirror.upload->phase != UploadPhase::kRunning) {
    return absl::StrCat(waiting, ", of which this leader is taking hold");
  }
  if (facts.time_left.has_value()) {
    return absl::StrCat(waiting, "; without more of them that takes about ",
                        FormatSeconds(*facts.time_left));
  }
  return waiting;
}

void Count(net::StatusSnapshot* out, std::string name, std::string help, uint64_t value) {
  out->metrics.push_back(net::Metric{std::move(name),
                                     std::move(help),
                                     net::Metric::Type::kCounter,
                                     {},
                                     static_cast<double>(value)});
}

void Gauge(net::StatusSnapshot* out, std::string name, std::string help, uint64_t value) {
  out->metrics.push_back(net::Metric{
      std::move(name), std::move(help), net::Metric::Type::kGauge, {}, static_cast<double>(value)});
}

void MeasureUpload(const mirror::UploadStatus& upload, net::StatusSnapshot* out) {
  Gauge(out, "jfs_mirror_folded_sequence", "The data table has everything up to here.",
        upload.folded);
  Count(out, "jfs_mirror_appends", "Runs put into the journal.", upload.appends);
  Count(out, "jfs_mirror_appended_rows", "Outbox rows in them.", upload.appended_rows);
  Count(out, "jfs_mirror_appended_bytes", "Bytes of them.", upload.appended_bytes);
  Count(out, "jfs_mirror_fold_calls", "Batches written to the data table.", upload.fold_calls);
  Count(out, "jfs_mirror_folded_rows", "Rows in them.", upload.folded_rows);
  Count(out, "jfs_mirror_failures", "Calls of the uploader that did not do what they should.",
        upload.failures);
  Count(out, "jfs_mirror_tombstones_removed", "Deletion marks removed from the data table.",
        upload.tombstones_removed);
}

void MeasureTablestore(const net::ots::ClientStats& stats, net::StatusSnapshot* out) {
  Count(out, "jfs_tablestore_calls", "Calls of Tablestore that have ended.", stats.calls);
  Count(out, "jfs_tablestore_attempts", "Requests made for them.", stats.attempts);
  Count(out, "jfs_tablestore_throttled", "Requests that were told to slow down.", stats.throttled);
  Count(out, "jfs_tablestore_unanswered", "Requests without an answer.", stats.failed);
  Count(out, "jfs_tablestore_sent_bytes", "Bytes of requests.", stats.bytes_sent);
  Count(out, "jfs_tablestore_received_bytes", "Bytes of answers.", stats.bytes_received);
}

}  // namespace

void Pace::Note(Micros now, uint64_t done) {
  if (!samples_.empty() && done < samples_.back().done) samples_.clear();
  samples_.push_back({now, done});
  while (samples_.size() > 2 && now - samples_.front().at > kPaceWindow) samples_.pop_front();
}

double Pace::PerSecond() const {
  if (samples_.size() < 2) return 0;
  const Duration time = samples_.back().at - samples_.front().at;
  if (time == 0) return 0;
  const uint64_t done = samples_.back().done - samples_.front().done;
  return static_cast<double>(done) * static_cast<double>(kSecond) / static_cast<double>(time);
}

std::optional<Duration> Pace::TimeFor(uint64_t more) const {
  const double pace = PerSecond();
  if (pace <= 0) return std::nullopt;
  const double seconds = static_cast<double>(more) / pace;
  // Longer than that is no estimate.
  constexpr double kLongest = 1e6;
  if (seconds > kLongest) return std::nullopt;
  return static_cast<Duration>(seconds * static_cast<double>(kSecond));
}

uint64_t MirrorLag(const MirrorFacts& facts) {
  const MirrorState state = facts.mirror.outbox.record.state;
  if (state != MirrorState::kOn && state != MirrorState::kStale) return 0;
  return facts.position.sequence() - MirroredSequence(facts);
}

MirrorFields DescribeMirror(const MirrorFacts& facts) {
  MirrorFields out;
  if (InRecovery(facts)) {
    DescribeRecovery(facts, &out);
  } else {
    DescribeUpload(facts, &out);
  }
  if (const std::string problem = Problem(facts); !problem.empty()) {
    out.emplace_back("mirror_problem", problem);
  }
  return out;
}

std::string ExplainMirror(const MirrorFacts& facts) {
  return InRecovery(facts) ? ExplainRecovery(facts) : ExplainUpload(facts);
}

void MeasureMirror(const MirrorFacts& facts, net::StatusSnapshot* out) {
  const ns::MirrorRecord& record = facts.mirror.outbox.record;
  if (facts.tablestore.has_value()) MeasureTablestore(*facts.tablestore, out);
  if (InRecovery(facts)) {
    Gauge(out, "jfs_recovery_state", "0 not begun, 1 loading, 2 finished, 3 failed.",
          static_cast<uint64_t>(MeasuredState(facts)));
    Gauge(out, "jfs_recovery_rows", "Rows loaded from the mirror.", facts.mirror.recovery.rows);
    Gauge(out, "jfs_recovery_percent", "Of the mirror, about.",
          ns::RecoveryPercent(facts.mirror.recovery));
    return;
  }
  if (record.state == MirrorState::kOff ||
      (record.state == MirrorState::kUndecided && !facts.upload)) {
    return;
  }
  Gauge(out, "jfs_mirror_stale", "1 if the mirror was given up for the outbox's size.",
        record.state == MirrorState::kStale ? 1 : 0);
  Gauge(out, "jfs_mirror_lag_mutations", "Mutations that the mirror does not have yet.",
        MirrorLag(facts));
  Gauge(out, "jfs_mirror_outbox_rows", "Log entries that wait for the mirror.",
        facts.mirror.outbox.outbox_rows);
  Gauge(out, "jfs_mirror_outbox_bytes", "Bytes that wait for the mirror.",
        facts.mirror.outbox.outbox_bytes);
  if (facts.leads) {
    Gauge(out, "jfs_mirror_synced", "1 if the mirror has everything.", facts.mirror.synced ? 1 : 0);
  }
  if (facts.mirror.upload.has_value()) MeasureUpload(*facts.mirror.upload, out);
}

}  // namespace jfs::server
