#ifndef CORE_MIRROR_JOURNAL_H_
#define CORE_MIRROR_JOURNAL_H_

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

// A run of outbox rows as the journal holds it: one zstd frame of varint count, then each row as
// bytes (core/base/codec.h).
namespace jfs::mirror {

// Of a run unpacked, where whoever reads sets no other limit: one entry of the log makes an outbox
// row, and no entry is that big.
inline constexpr uint64_t kMaxRunBytes = uint64_t{1} << 30;

std::string PackRun(std::span<const std::string> rows);
// DataLoss if the bytes are not a whole run, or would be longer than `max_bytes` unpacked: nothing
// longer is ever allocated.
absl::StatusOr<std::vector<std::string>> UnpackRun(std::string_view packed, uint64_t max_bytes);

// Cuts a packed run into parts that fit a row each; at least one.
std::vector<std::string_view> CutIntoParts(std::string_view packed, uint64_t part_bytes);

}  // namespace jfs::mirror

#endif  // CORE_MIRROR_JOURNAL_H_
