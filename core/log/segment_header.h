#ifndef CORE_LOG_SEGMENT_HEADER_H_
#define CORE_LOG_SEGMENT_HEADER_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"

#include "core/log/record.h"

// Block 0 of every file of the log, and the names of the files. Byte for byte: docs/formats/log.md.
namespace jfs::log {

// The header proper, with its checksum; the rest of block 0 is zero. It fits the smallest block, so
// that it is written as a whole or not at all.
inline constexpr uint32_t kSegmentHeaderBytes = 512;
inline constexpr uint16_t kSegmentVersion = 1;

// Where the log was cut by a recovery: the batch after which it goes on. Zeros: nothing came
// before.
struct CutPoint {
  uint64_t epoch = 0;  // of the segment that holds the batch
  uint64_t sequence = 0;
  uint32_t crc = 0;
  friend bool operator==(const CutPoint&, const CutPoint&) = default;
};

struct SegmentHeader {
  enum class Kind : uint8_t {
    kSpare = 1,      // zero-filled completely, not in use; no epoch
    kRolled = 2,     // goes on where segment `previous_epoch` had no room left
    kRecovered = 3,  // opened by a recovery: what lies behind `cut` and before this segment is
                     // void. Its first batch was durable before this header was written.
  };
  Kind kind = Kind::kSpare;
  ClusterNode identity;
  uint64_t epoch = 0;
  uint64_t previous_epoch = 0;  // kRolled
  CutPoint cut;                 // kRecovered
  uint32_t block_bytes = 0;
  uint64_t segment_bytes = 0;
  friend bool operator==(const SegmentHeader&, const SegmentHeader&) = default;

  uint32_t blocks() const { return static_cast<uint32_t>(segment_bytes / block_bytes); }
};

// One whole block 0 of `header.block_bytes` bytes.
std::string EncodeSegmentHeader(const SegmentHeader& header);

// Reads a header from the first bytes of a file, which may be anything.
//   DataLoss            too short, checksum wrong, or fields that contradict each other
//   OutOfRange          whole, but its epoch or cut is beyond kLargestNumber: nobody wrote that by
//                       counting
//   FailedPrecondition  whole, but of a version this program does not know
absl::Status DecodeSegmentHeader(std::string_view bytes, SegmentHeader* header);

// "segment-<epoch>" and "spare-<number>", 16 lower-case hexadecimal digits each.
std::string SegmentFileName(uint64_t epoch);
std::string SpareFileName(uint64_t number);
std::optional<uint64_t> ParseSegmentFileName(std::string_view name);
std::optional<uint64_t> ParseSpareFileName(std::string_view name);

}  // namespace jfs::log

#endif  // CORE_LOG_SEGMENT_HEADER_H_
