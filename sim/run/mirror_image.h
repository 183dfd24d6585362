#ifndef SIM_RUN_MIRROR_IMAGE_H_
#define SIM_RUN_MIRROR_IMAGE_H_

#include "core/kv/memory_store.h"
#include "core/mirror/fence.h"
#include "sim/tablestore/tablestore.h"

namespace jfs::sim {

// What a mirror describes: the rows as of the fence's position.
struct MirrorImage {
  mirror::Fence fence;
  kv::MemoryStore::Map rows;
};

// Reads it as docs/formats/mirror.md says, past all faults, and by other code than a recovery's.
// Violates where the mirror contradicts itself.
MirrorImage ReadMirror(Tablestore* tablestore);

}  // namespace jfs::sim

#endif  // SIM_RUN_MIRROR_IMAGE_H_
