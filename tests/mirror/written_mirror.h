#ifndef TESTS_MIRROR_WRITTEN_MIRROR_H_
#define TESTS_MIRROR_WRITTEN_MIRROR_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "core/base/random.h"
#include "core/mirror/fence.h"
#include "core/mirror/journal.h"
#include "core/mirror/tables.h"
#include "core/outbox/outbox_row.h"
#include "tests/mirror/virtual_service.h"

// Mirrors made without an uploader: row by row, so that tests of the loader do not depend on how
// one happens to write them.
namespace jfs::mirror {

using Rows = std::map<std::string, std::string>;

// A history of a namespace as its outbox has it: entries of one to three mutations, each changing a
// few rows.
class History {
 public:
  // `keys`: how many different keys there are; few make many overwrites.
  explicit History(uint64_t seed, uint64_t keys = 60) : random_(seed), keys_(keys) {}

  // One more entry with so many changed rows.
  void Grow(uint64_t changes);
  void GrowMany(int entries) {
    for (int i = 0; i < entries; ++i) Grow(random_.Between(1, 6));
  }

  struct Entry {
    outbox::OutboxRow row;
    std::string bytes;
    uint64_t chain = 0;  // after it
    Rows state;          // after it
  };
  const std::vector<Entry>& entries() const { return entries_; }
  // Place of the entry that ends with that sequence, counted from 1; 0 for sequence 0.
  size_t PlaceOf(uint64_t sequence) const;
  uint64_t last() const { return entries_.empty() ? 0 : entries_.back().row.last; }
  uint64_t chain() const { return entries_.empty() ? 0 : entries_.back().chain; }
  Rows state() const { return entries_.empty() ? Rows() : entries_.back().state; }
  Carried carried() const;

 private:
  Random random_;
  const uint64_t keys_;
  std::vector<Entry> entries_;
};

// What a mirror of a history looks like.
struct MirrorShape {
  uint64_t seed = 1;
  uint64_t lineage = 3;
  uint64_t term = 7;
  std::string cluster = "00c0ffee00c0ffee";
  // Entries in one run, at most; the first `folded_runs` of the runs are folded, and rows of later
  // entries here and there, as after a writer who was ended between folding and saying so.
  uint64_t run_entries = 5;
  size_t folded_runs = 3;
  // A packed run is cut into parts of so many bytes, and some runs leave parts of an earlier try.
  uint64_t part_bytes = 200;
  bool keep_folded_runs = false;  // not trimmed yet
};

// Creates the tables and writes the mirror of `history` into them, open. Returns its fence.
Fence WriteMirror(const History& history, const MirrorShape& shape, VirtualService* service);

Fence ReadFence(VirtualService* service);
// Writes it, whatever is there.
void ForceFence(const Fence& fence, VirtualService* service);
void ForceRow(std::string_view table, const ots::Row& row, VirtualService* service);
void DeleteRow(std::string_view table, const ots::PrimaryKey& key, VirtualService* service);

}  // namespace jfs::mirror

#endif  // TESTS_MIRROR_WRITTEN_MIRROR_H_
