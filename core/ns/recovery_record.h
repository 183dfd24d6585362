#ifndef CORE_NS_RECOVERY_RECORD_H_
#define CORE_NS_RECOVERY_RECORD_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "core/ns/request.h"

// What this store knows of its recovery from a mirror (docs/formats/state.md, "Recovery"). An
// ordinary store has no such record, and neither has one whose recovered tree has been claimed.
namespace jfs::ns {

// Stored as numbers.
enum class RecoveryState : uint8_t {
  kNone = 0,
  kLoading = 1,   // rows come in; nothing is served
  kFinished = 2,  // all is there and has been recounted: reads are served, writes refused
  kFailed = 3,    // for good, in this store
};

// What the cursor is once everything is loaded.
inline constexpr char kRecoveryEnd[] = "end";

struct RecoveryRecord {
  RecoveryState state = RecoveryState::kNone;
  BeginRecovery source;  // what is being loaded
  std::string cursor;    // how far that is; the bytes are the loader's own business
  uint64_t rows = 0;     // put or removed so far
  std::string failure;   // kFailed: why, a sentence or two
  friend bool operator==(const RecoveryRecord&, const RecoveryRecord&) = default;
};

std::string EncodeRecord(const RecoveryRecord& record);
bool DecodeRecord(std::string_view bytes, RecoveryRecord* record);

// How much of the rows has been loaded, in percent: an estimate, below 100 until the recovery is
// finished. 0 without a recovery.
uint32_t RecoveryPercent(const RecoveryRecord& record);

// What a tree holds; a root counts as a directory.
struct TreeTotals {
  uint64_t directories = 0, files = 0, bytes = 0;
  friend bool operator==(const TreeTotals&, const TreeTotals&) = default;
};
// What the mirror says of itself.
TreeTotals TotalsOf(const BeginRecovery& source);
// "directories 3, expected 4; bytes 0, expected 12", or nothing if they are equal.
std::string DifferenceOf(const TreeTotals& found, const TreeTotals& expected);

}  // namespace jfs::ns

#endif  // CORE_NS_RECOVERY_RECORD_H_
