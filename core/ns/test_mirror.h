#ifndef CORE_NS_TEST_MIRROR_H_
#define CORE_NS_TEST_MIRROR_H_

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/random.h"
#include "core/kv/memory_store.h"
#include "core/ns/request.h"
#include "core/ns/test_world.h"
#include "core/outbox/outbox_row.h"

namespace jfs::ns {

// A mirror as its reader sees it: made of outbox rows alone. Dies if one does not fit what is there
// byte for byte.
class TestMirror {
 public:
  // Takes the outbox rows of `world` that came since the last time.
  void Take(const TestWorld& world);
  // What is there now becomes what the data table has; later rows are in the journal.
  void Checkpoint();

  const kv::MemoryStore::Map& rows() const { return rows_; }
  const outbox::OutboxRow& last() const { return last_; }
  uint64_t chain() const { return chain_; }

  // What a recovery from here begins with.
  BeginRecovery Source(uint16_t lineage) const;
  // What it loads, from the beginning to the end: rows of the data table in any order, some of them
  // newer than the checkpoint; then what the journal says, in order. In pieces of random size.
  std::vector<LoadRows> Chunks(Random* random) const;

 private:
  kv::MemoryStore::Map rows_;
  outbox::OutboxRow last_;
  uint64_t chain_ = 0;
  kv::MemoryStore::Map data_;
  uint64_t checkpoint_ = 0, checkpoint_chain_ = 0;
  std::vector<outbox::OutboxRow> journal_;  // since the checkpoint
};

// Recovers an empty world from a mirror and claims it, as its next lineage with a mirror of its
// own. Dies if it does not finish.
void RecoverFrom(const TestMirror& mirror, uint16_t lineage, Random* random, TestWorld* world);

}  // namespace jfs::ns

#endif  // CORE_NS_TEST_MIRROR_H_
