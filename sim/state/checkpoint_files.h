#ifndef SIM_STATE_CHECKPOINT_FILES_H_
#define SIM_STATE_CHECKPOINT_FILES_H_

#include <cstdint>
#include <map>
#include <string>

#include "absl/status/statusor.h"

#include "core/kv/memory_store.h"

namespace jfs::sim {

// A checkpoint as files: sorted pairs of key and value, each a byte string, cut into files of about
// `file_bytes`. An empty state is one empty file.
std::map<std::string, std::string> EncodeCheckpoint(const kv::MemoryStore::Map& contents,
                                                    uint64_t file_bytes);
// DataLoss if a file is not what EncodeCheckpoint wrote.
absl::StatusOr<kv::MemoryStore::Map> DecodeCheckpoint(
    const std::map<std::string, std::string>& files);

}  // namespace jfs::sim

#endif  // SIM_STATE_CHECKPOINT_FILES_H_
