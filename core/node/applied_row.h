#ifndef CORE_NODE_APPLIED_ROW_H_
#define CORE_NODE_APPLIED_ROW_H_

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

#include "core/kv/view.h"
#include "core/raft/types.h"

namespace jfs::node {

// The one row of the state that is the node's own, in front of all of the namespace's: how far the
// state goes. It is part of every batch written to the state store, so whatever survives a crash
// says itself where it stands.
inline constexpr std::string_view kAppliedKey = std::string_view("\0applied", 8);

struct AppliedRow {
  raft::Position at;
  // As of `at`: who the cluster is, so that a state without its log, or a snapshot, still knows.
  raft::Membership membership;
  friend bool operator==(const AppliedRow&, const AppliedRow&) = default;
};

std::string EncodeAppliedRow(const AppliedRow& row);
// DataLoss if the bytes are no such row, FailedPrecondition if a later version wrote them.
absl::StatusOr<AppliedRow> DecodeAppliedRow(std::string_view bytes);

// Nothing if `view` holds no state yet.
absl::StatusOr<std::optional<AppliedRow>> ReadAppliedRow(const kv::View& view);

}  // namespace jfs::node

#endif  // CORE_NODE_APPLIED_ROW_H_
