#include "core/node/applied_row.h"

#include "absl/strings/str_cat.h"

#include "core/base/codec.h"

namespace jfs::node {
namespace {

constexpr uint8_t kVersion = 1;
constexpr uint64_t kMaxMembers = 64;

}  // namespace

std::string EncodeAppliedRow(const AppliedRow& row) {
  std::string out;
  Encoder encoder(&out);
  encoder.U8(kVersion);
  encoder.Varint(row.at.index.value);
  encoder.Varint(row.at.term.value);
  encoder.U64(row.membership.cluster.value);
  encoder.Varint(row.membership.as_of.value);
  encoder.Varint(row.membership.members.size());
  for (const raft::Member& member : row.membership.members) {
    encoder.Varint(member.node.value);
    encoder.U64(member.incarnation.value);
  }
  return out;
}

absl::StatusOr<AppliedRow> DecodeAppliedRow(std::string_view bytes) {
  Decoder decoder(bytes);
  const uint8_t version = decoder.U8();
  if (decoder.ok() && version > kVersion) {
    return absl::FailedPreconditionError(
        absl::StrCat("the state was written by a later release (applied row version ", int{version},
                     ", this release knows ", int{kVersion}, "): start that release again"));
  }
  AppliedRow row;
  row.at.index = raft::LogIndex(decoder.Varint());
  row.at.term = raft::Term(decoder.Varint());
  row.membership.cluster = ClusterId(decoder.U64());
  row.membership.as_of = raft::LogIndex(decoder.Varint());
  const uint64_t members = decoder.VarintUpTo(kMaxMembers);
  for (uint64_t i = 0; i < members; ++i) {
    raft::Member member;
    member.node = NodeId(decoder.Varint());
    member.incarnation = Incarnation(decoder.U64());
    row.membership.members.push_back(member);
  }
  if (!decoder.Done()) return absl::DataLossError("the state's applied row cannot be decoded");
  return row;
}

absl::StatusOr<std::optional<AppliedRow>> ReadAppliedRow(const kv::View& view) {
  std::string bytes;
  bool found = false;
  if (absl::Status status = view.Get(kAppliedKey, &bytes, &found); !status.ok()) return status;
  if (!found) {
    // Every batch carries the row, so rows without it were not written by us.
    const std::unique_ptr<kv::Iterator> rows = view.Scan("", "");
    if (rows->Valid()) {
      return absl::DataLossError(
          "the state has rows but none that says where it stands: it was not written by this "
          "service, or damaged; move it away to fetch the state from the other masters");
    }
    if (!rows->status().ok()) return rows->status();
    return std::optional<AppliedRow>();
  }
  absl::StatusOr<AppliedRow> row = DecodeAppliedRow(bytes);
  if (!row.ok()) return row.status();
  return std::optional<AppliedRow>(*std::move(row));
}

}  // namespace jfs::node
