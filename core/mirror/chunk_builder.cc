#include "core/mirror/chunk_builder.h"

#include <utility>

namespace jfs::mirror {
namespace {

uint64_t BytesOf(const LoadedRow& row) {
  return row.key.size() + (row.value.has_value() ? row.value->size() : 0);
}

}  // namespace

bool ChunkBuilder::Full(const LoadedRow& row) const {
  return !rows_.empty() && (rows_.size() >= max_rows_ || bytes_ + BytesOf(row) > max_bytes_);
}

void ChunkBuilder::Add(LoadedRow row) {
  bytes_ += BytesOf(row);
  rows_.push_back(std::move(row));
}

void ChunkBuilder::Close(const LoadPlace& to) {
  std::string cursor = EncodeCursor(to);
  if (cursor == from_ && rows_.empty()) return;
  Chunk chunk;
  chunk.from = std::exchange(from_, cursor);
  chunk.to = std::move(cursor);
  chunk.rows = std::exchange(rows_, {});
  bytes_ = 0;
  ready_.push_back(std::move(chunk));
}

std::optional<Chunk> ChunkBuilder::Take() {
  if (ready_.empty()) return std::nullopt;
  Chunk chunk = std::move(ready_.front());
  ready_.pop_front();
  return chunk;
}

}  // namespace jfs::mirror
