#ifndef CORE_NS_OUTBOX_ROW_H_
#define CORE_NS_OUTBOX_ROW_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/time.h"
#include "core/ns/request.h"

// What waits to be copied to the mirror (docs/formats/state.md): one row for each log entry that
// changed the tree, with everything it did to the mirrored rows. The bytes are the same on every
// node, so whoever leads next goes on where the last one stopped.
namespace jfs::ns {

// Whether this store has a mirror. Decided once, while the store is empty; stored as numbers.
enum class MirrorState : uint8_t {
  kUndecided = 0,
  kOff = 1,
  kOn = 2,
  // The outbox passed its cap: the mirror stays as it was at its last position.
  kStale = 3,
};

struct MirrorRecord {
  MirrorState state = MirrorState::kUndecided;
  uint64_t cap_bytes = 0;  // of the outbox, in bytes of rows
  uint64_t mirrored = 0;   // sequence up to which the mirror is known to have everything
  uint64_t last = 0;       // last sequence that got into the outbox
  uint64_t chain = 0;      // over all outbox rows there ever were
  friend bool operator==(const MirrorRecord&, const MirrorRecord&) = default;
};

std::string EncodeRecord(const MirrorRecord& record);
bool DecodeRecord(std::string_view bytes, MirrorRecord* record);

// A row before and after the entry; unset: there was, or is, none.
struct RowChange {
  std::string key;
  std::optional<std::string> before, after;
  friend bool operator==(const RowChange&, const RowChange&) = default;
};

struct OutboxRow {
  // The mutations that the entry contained. REQUIRES: first <= last.
  uint64_t first = 0, last = 0;
  uint64_t previous_chain = 0;
  // After the entry: what a recovered namespace cannot find out from the rows.
  WallMillis wall;
  LeaseId next_lease = 1;
  NamespaceId next_namespace = 1;
  // After the entry, over all namespaces; a root counts as a directory.
  uint64_t directories = 0, files = 0, bytes = 0;
  std::vector<RowChange> changes;  // in key order
  friend bool operator==(const OutboxRow&, const OutboxRow&) = default;
};

std::string EncodeOutboxRow(const OutboxRow& row);
// False for anything that EncodeOutboxRow does not write.
bool DecodeOutboxRow(std::string_view bytes, OutboxRow* row);

// The chain after a row of these bytes.
uint64_t NextChain(uint64_t chain, std::string_view row);

// Whether rows of this key go to the mirror: those of the tree do; remembered calls, limits,
// counters, the outbox itself and what follows from other rows do not.
bool IsMirrored(std::string_view key);

}  // namespace jfs::ns

#endif  // CORE_NS_OUTBOX_ROW_H_
