#ifndef CORE_NS_OUTBOX_H_
#define CORE_NS_OUTBOX_H_

#include <cstdint>
#include <map>
#include <string_view>

#include "core/ns/mirror_record.h"
#include "core/ns/rows.h"
#include "core/outbox/outbox_row.h"

namespace jfs::ns {

// The outbox and what is known of the mirror, as rows and in memory. Belongs to the replicated
// state: every change follows from the log alone.
class Outbox {
 public:
  // How many superfluous rows an entry removes at most, besides those that must make room for what
  // it adds: more than the one it may add.
  static constexpr int kTrimRows = 64;

  const MirrorRecord& record() const { return record_; }
  uint64_t rows() const { return rows_.size(); }
  uint64_t bytes() const { return bytes_; }
  // Mutations are to be put in.
  bool recording() const { return record_.state == MirrorState::kOn; }
  // Rows wait to be removed: applying anything removes some.
  bool trim_pending() const;

  // While loading the state.
  void RestoreRecord(const MirrorRecord& record, uint64_t row_hash);
  // False: the key is not an outbox row's.
  bool RestoreRow(std::string_view key, std::string_view value);

  // Decides whether there is a mirror, unless that is decided already: then only a new cap counts.
  // `empty`: nothing has been changed in this store yet; later it is too late for a mirror.
  void Decide(bool on, uint64_t cap_bytes, bool empty);
  // A recovered store goes on behind what it was loaded from: the mirror has everything up to
  // `last`, with that chain. REQUIRES: nothing is decided yet.
  void Continue(bool on, uint64_t cap_bytes, uint64_t last, uint64_t chain);
  // The operator gives the mirror up.
  void Disable();
  // The mirror has everything up to `sequence`. Never goes back, nor beyond what was put in.
  void Advance(uint64_t sequence);

  // Adds what one entry did, with row.previous_chain filled in. Where that goes over the cap, rows
  // that the mirror has make room first; if they are too few, the mirror becomes stale instead.
  // REQUIRES: recording().
  void Add(outbox::OutboxRow row, RowWriter* rows);
  // Removes superfluous rows and writes the record if it has changed: at the end of each entry.
  void Finish(RowWriter* rows);

 private:
  struct Kept {
    uint64_t bytes = 0;
    uint64_t hash = 0;
  };

  // REQUIRES: trim_pending().
  void RemoveOldest(RowWriter* rows);

  MirrorRecord record_;
  MirrorRecord written_;
  uint64_t record_hash_ = 0;       // 0: no row yet
  std::map<uint64_t, Kept> rows_;  // by the last sequence in them
  uint64_t bytes_ = 0;
};

}  // namespace jfs::ns

#endif  // CORE_NS_OUTBOX_H_
