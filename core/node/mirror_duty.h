#ifndef CORE_NODE_MIRROR_DUTY_H_
#define CORE_NODE_MIRROR_DUTY_H_

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/identity.h"
#include "core/base/mutation.h"
#include "core/base/time.h"
#include "core/kv/view.h"
#include "core/mirror/loader.h"
#include "core/mirror/uploader.h"
#include "core/node/calls.h"
#include "core/node/io.h"
#include "core/node/mirror_setting.h"
#include "core/node/snapshot_sender.h"
#include "core/ns/namespace.h"
#include "core/ns/recount.h"
#include "core/raft/types.h"

namespace jfs::node {

struct MirrorConfig {
  bool upload = false;    // ...async.ots.enabled
  bool recovery = false;  // ...recovery.mode
  // For the agreement of all masters and for messages; who is called is the driver's business.
  std::string instance, endpoint;
  uint64_t outbox_bytes = uint64_t{1} << 30;  // the outbox's cap
  mirror::UploadLimits upload_limits;
  mirror::LoadLimits load_limits;
  uint32_t recount_rows_per_step = 20'000;

  MirrorSetting setting() const;
};

// For status pages, of one master; what only the leader knows is absent elsewhere.
struct MirrorStatus {
  ns::Namespace::MirrorStatus outbox;
  ns::RecoveryRecord recovery;
  std::optional<mirror::UploadStatus> upload;
  std::optional<mirror::LoadStatus> load;
  // Why nothing can be written yet, or why the mirror cannot be kept; empty if nothing is wrong.
  std::string problem;
  // Leader: the mirror has everything that is in the state.
  bool synced = false;
};

// FailedPrecondition if this master must not start with the state it has: the message names the
// key and the way out.
absl::Status CheckMirrorConfig(const ns::Namespace& state, const MirrorConfig& config);

// What a leader does about the mirror: brings about the decision whether there is one, uploads,
// recovers, claims. Everything that outlives the leader is replicated or in the mirror itself, so
// this begins anew with each term.
class MirrorDuty {
 public:
  MirrorDuty(const MirrorConfig& config, NodeId self, std::vector<NodeId> members,
             JobTokens* tokens, Mutations mutations);

  // A master says how it is configured.
  void OnSetting(NodeId from, const MirrorSetting& setting, Micros now);
  void OnAnswer(TablestoreAnswered answer);
  // No longer leader.
  void EndTerm();

  struct Turn {
    Micros now;
    raft::Term term;
    ClusterId cluster;
    const ns::Namespace* state = nullptr;
    const kv::View* store = nullptr;
  };
  // As leader, when everything committed is applied. True if it is decided whether there is a
  // mirror, so that namespaces may be made. A status is a read error, terminal.
  absl::StatusOr<bool> Step(const Turn& turn, Calls* calls, Output* out);
  Micros next_deadline() const { return deadline_; }

  MirrorStatus status(const ns::Namespace& state) const;

 private:
  void BeginTerm(const Turn& turn);
  // True at most once a second: the same proposal is not made again while it is under way.
  bool MayPropose(Micros now);
  absl::StatusOr<bool> Decide(const Turn& turn, Calls* calls, Output* out);
  absl::Status Recover(const Turn& turn, Calls* calls, Output* out);
  absl::Status Verify(const Turn& turn, Calls* calls);
  void Propose(const mirror::LoadOutput& loaded, Calls* calls);
  absl::Status Upload(const Turn& turn, const mirror::Writer& writer, mirror::OutboxEnd end,
                      Calls* calls, Output* out);
  void Carry(std::vector<mirror::Call> calls, const std::vector<mirror::Note>& notes, Output* out);
  void SetProblem(std::string problem, Output* out);

  const MirrorConfig& config_;
  const NodeId self_;
  const std::vector<NodeId> members_;
  JobTokens* const tokens_;
  const Mutations mutations_;

  // Of this term.
  raft::Term term_;
  std::optional<MirrorAgreement> agreement_;
  std::unique_ptr<mirror::Uploader> uploader_;
  std::unique_ptr<mirror::Loader> loader_;
  std::unique_ptr<ns::Recount> recount_;
  bool recounted_ = false;
  bool admitted_ = false;
  std::map<JobToken, mirror::CallToken> calls_under_way_;
  std::vector<mirror::CallEnded> ended_;
  mirror::OutboxEnd stepped_to_;  // what the uploader saw last
  std::string loaded_cursor_;     // what the loader saw last
  bool loaded_begun_ = false;     // likewise
  Micros machine_deadline_;       // of the uploader or the loader
  Micros last_proposed_;
  Micros progress_proposed_, failure_proposed_;
  bool proposed_ = false;
  Micros deadline_ = kNever;
  std::string problem_;
};

}  // namespace jfs::node

#endif  // CORE_NODE_MIRROR_DUTY_H_
