#ifndef CORE_MIRROR_CHUNK_BUILDER_H_
#define CORE_MIRROR_CHUNK_BUILDER_H_

#include <cstdint>
#include <deque>
#include <optional>
#include <string>

#include "core/mirror/load_cursor.h"
#include "core/mirror/loader.h"

namespace jfs::mirror {

// Cuts a sequence of rows into chunks of bounded size, each of which begins where the one before
// ends.
class ChunkBuilder {
 public:
  ChunkBuilder(const LoadLimits& limits, const LoadPlace& from)
      : max_bytes_(limits.chunk_bytes), max_rows_(limits.chunk_rows), from_(EncodeCursor(from)) {}

  // Whether the chunk must end before `row`. A chunk has at least one row, of any size.
  bool Full(const LoadedRow& row) const;
  void Add(LoadedRow row);
  // The chunk ends here; nothing happens if it has moved nowhere.
  void Close(const LoadPlace& to);

  // Chunks that have ended and are not taken.
  size_t ready() const { return ready_.size(); }
  std::optional<Chunk> Take();

 private:
  const uint64_t max_bytes_;
  const uint32_t max_rows_;
  std::string from_;
  std::vector<LoadedRow> rows_;
  uint64_t bytes_ = 0;
  std::deque<Chunk> ready_;
};

}  // namespace jfs::mirror

#endif  // CORE_MIRROR_CHUNK_BUILDER_H_
