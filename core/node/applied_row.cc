#include "core/node/applied_row.h"

#include "absl/strings/str_cat.h"

#include "core/base/codec.h"
#include "core/raft/codec.h"

namespace jfs::node {
namespace {

constexpr uint8_t kVersion = 1;

}  // namespace

std::string EncodeAppliedRow(const AppliedRow& row) {
  std::string out;
  Encoder encoder(&out);
  encoder.U8(kVersion);
  encoder.Varint(row.at.index.value);
  encoder.Varint(row.at.term.value);
  encoder.Bytes(raft::EncodeMembership(row.membership));
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
  const std::optional<raft::Membership> membership = raft::DecodeMembership(decoder.Bytes());
  if (!decoder.Done() || !membership.has_value()) {
    return absl::DataLossError("the state's applied row cannot be decoded");
  }
  row.membership = *membership;
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
