#ifndef CORE_OUTBOX_OUTBOX_ROW_H_
#define CORE_OUTBOX_OUTBOX_ROW_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/time.h"

// What waits to be copied to the mirror (docs/formats/state.md): one row for each log entry that
// changed the tree, with everything it did to the mirrored rows. The bytes are the same on every
// node, so whoever leads next goes on where the last one stopped. The namespace writes them, the
// mirror reads them; neither knows the other.
namespace jfs::outbox {

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
  uint64_t next_lease = 1;
  uint32_t next_namespace = 1;
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

}  // namespace jfs::outbox

#endif  // CORE_OUTBOX_OUTBOX_ROW_H_
