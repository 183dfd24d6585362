#ifndef CORE_NODE_LOG_CONVERSION_H_
#define CORE_NODE_LOG_CONVERSION_H_

#include "core/log/record.h"
#include "core/raft/types.h"

// core/log and core/raft know nothing of each other; these are the two ways between their entries.
namespace jfs::node {

inline log::LogEntry ToLog(const raft::Entry& entry) {
  return log::LogEntry{entry.index.value, entry.term.value, static_cast<uint8_t>(entry.kind),
                       entry.payload};
}

inline raft::Entry FromLog(const log::LogEntry& entry) {
  raft::Entry out;
  out.index = raft::LogIndex(entry.index);
  out.term = raft::Term(entry.term);
  out.kind = static_cast<raft::EntryKind>(entry.kind);
  out.payload = entry.payload;
  return out;
}

}  // namespace jfs::node

#endif  // CORE_NODE_LOG_CONVERSION_H_
