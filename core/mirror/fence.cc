#include "core/mirror/fence.h"

#include <utility>

#include "core/base/check.h"
#include "core/base/concat.h"
#include "core/mirror/row_reader.h"
#include "core/mirror/tables.h"

namespace jfs::mirror {
namespace {

constexpr int64_t kVersion = 1;
constexpr char kOpenText[] = "open";
constexpr char kSealedText[] = "sealed";

ots::Cell Number(std::string_view name, uint64_t number) {
  CHECK_LE(number, static_cast<uint64_t>(INT64_MAX));
  return {.name = std::string(name), .value = ots::Value::Integer(static_cast<int64_t>(number))};
}

// Chains use all 64 bits.
ots::Cell Bits(std::string_view name, uint64_t bits) {
  return {.name = std::string(name), .value = ots::Value::Integer(static_cast<int64_t>(bits))};
}

ots::Cell Text(std::string_view name, std::string text) {
  return {.name = std::string(name), .value = ots::Value::String(std::move(text))};
}

// Always all of it: a PutRow leaves nothing of the row before.
ots::RowChange PutFence(const Fence& fence) {
  CHECK_LE(fence.checkpoint, fence.last);
  CHECK_GE(fence.revision, 1u);
  ots::RowChange change;
  change.kind = ots::RowChange::Kind::kPut;
  change.row.primary_key = FenceKey();
  change.row.cells = {
      Number("version", kVersion),
      Number("revision", fence.revision),
      Text("state", fence.state == FenceState::kOpen ? kOpenText : kSealedText),
      Text("cluster", fence.cluster),
      Number("lineage", fence.lineage),
      Number("term", fence.term),
      Number("last", fence.last),
      Bits("chain", fence.chain),
      Number("wall", fence.carried.wall.value),
      Number("next_lease", fence.carried.next_lease),
      Number("next_namespace", fence.carried.next_namespace),
      Number("directories", fence.carried.directories),
      Number("files", fence.carried.files),
      Number("bytes", fence.carried.bytes),
      Number("checkpoint", fence.checkpoint),
      Bits("checkpoint_chain", fence.checkpoint_chain),
      Number("parts", fence.parts),
      Number("touches", fence.touches),
  };
  return change;
}

}  // namespace

ots::PrimaryKey FenceKey() {
  return JournalTableKey(JournalPartition().value.bytes(), kFenceKind, 0, 0);
}

absl::StatusOr<Fence> DecodeFence(const ots::Row& row) {
  RowReader in(row, "the fence");
  if (row.primary_key != FenceKey()) in.Fail("its key is another row's");
  const uint64_t version = in.Number("version");
  if (in.status().ok() && version != kVersion) {
    return absl::FailedPreconditionError(Concat("the mirror's fence is of version ", version,
                                                ", and this program knows ", kVersion,
                                                ": a newer one has written it"));
  }
  Fence out;
  out.revision = in.Number("revision");
  const std::string state = in.Text("state");
  if (state == kSealedText) {
    out.state = FenceState::kSealed;
  } else if (state != kOpenText) {
    in.Fail(Concat("its state is '", state, "'"));
  }
  out.cluster = in.Text("cluster");
  out.lineage = in.Number("lineage", kMaxLineage);
  out.term = in.Number("term");
  out.last = in.Number("last", kMaxSequence);
  out.chain = in.Bits("chain");
  out.carried.wall.value = in.Number("wall");
  out.carried.next_lease = in.Number("next_lease");
  out.carried.next_namespace = static_cast<uint32_t>(in.Number("next_namespace", UINT32_MAX));
  out.carried.directories = in.Number("directories");
  out.carried.files = in.Number("files");
  out.carried.bytes = in.Number("bytes");
  out.checkpoint = in.Number("checkpoint", kMaxSequence);
  out.checkpoint_chain = in.Bits("checkpoint_chain");
  out.parts = in.Number("parts");
  out.touches = in.Number("touches");
  if (in.status().ok() && (out.revision == 0 || out.lineage == 0)) {
    in.Fail("its revision or lineage is zero");
  }
  if (out.checkpoint > out.last) in.Fail("its checkpoint is beyond its last sequence");
  if (!in.status().ok()) return in.status();
  return out;
}

ots::RowChange CreateFence(const Fence& fence) {
  ots::RowChange change = PutFence(fence);
  change.condition.existence = ots::Existence::kExpectNotExist;
  return change;
}

ots::RowChange ChangeFence(const Fence& after) {
  CHECK_GT(after.revision, 1u);
  ots::RowChange change = PutFence(after);
  change.condition.existence = ots::Existence::kExpectExist;
  change.condition.columns =
      ots::CompareColumn("revision", ots::Comparator::kEqual,
                         ots::Value::Integer(static_cast<int64_t>(after.revision - 1)));
  return change;
}

std::string FormatFence(const Fence& fence) {
  return Concat(fence.state == FenceState::kOpen ? kOpenText : kSealedText, ", lineage ",
                fence.lineage, ", cluster ", fence.cluster, ", term ", fence.term, ", sequence ",
                fence.last, ", folded to ", fence.checkpoint);
}

}  // namespace jfs::mirror
