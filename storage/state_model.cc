#include "storage/state_model.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

#include "core/base/codec.h"

namespace jfs::storage {
namespace {

constexpr uint64_t kTerm = 3;

std::string EncodeApplied(uint64_t n) {
  std::string row;
  Encoder encoder(&row);
  encoder.U64(n);
  encoder.U64(kTerm);
  return row;
}

absl::StatusOr<raft::Position> DecodeApplied(std::string_view row) {
  Decoder decoder(row);
  raft::Position position;
  position.index = raft::LogIndex(decoder.U64());
  position.term = raft::Term(decoder.U64());
  if (!decoder.Done()) return absl::DataLossError("no applied row");
  return position;
}

}  // namespace

StateOptions StateModel::Options(rocksdb::Env* env) {
  StateOptions options;
  options.applied_key = std::string(kAppliedKey);
  options.decode_applied = DecodeApplied;
  // Of "key0123" what comes before the last two digits.
  options.insert_group = [](std::string_view key) { return std::min<size_t>(key.size(), 5); };
  options.block_cache_bytes = 1 << 20;
  options.gather_bytes = 20 << 10;  // a few batches
  options.write_buffer_bytes = 64 << 10;
  options.background_bytes_per_second = 0;
  options.env = env;
  return options;
}

absl::StatusOr<StateModel::Content> StateModel::ReadAll(const kv::View& view) {
  Content content;
  std::unique_ptr<kv::Iterator> it = view.Scan("", "");
  for (; it->Valid(); it->Next()) content.emplace(it->key(), it->value());
  if (!it->status().ok()) return it->status();
  return content;
}

StateModel::StateModel() : history_(1) {}

kv::WriteBatch StateModel::Next(Random& random) {
  Content content = history_.back();
  kv::WriteBatch batch;
  const uint64_t changes = random.Between(1, 12);
  for (uint64_t i = 0; i < changes; ++i) {
    const std::string key = absl::StrFormat("key%04d", random.Below(200));
    if (random.Chance(1, 4)) {
      batch.Delete(key);
      content.erase(key);
      continue;
    }
    std::string value = absl::StrCat("batch ", last() + 1, " of ", key, " ");
    const char fill = static_cast<char>('a' + random.Below(26));
    value.append(random.Below(2000), fill);
    batch.Put(key, value);
    content[key] = value;
  }
  const std::string applied = EncodeApplied(last() + 1);
  batch.Put(kAppliedKey, applied);
  content[std::string(kAppliedKey)] = applied;
  history_.push_back(std::move(content));
  return batch;
}

absl::StatusOr<uint64_t> StateModel::Identify(const kv::View& view) const {
  absl::StatusOr<Content> content = ReadAll(view);
  if (!content.ok()) return content.status();
  uint64_t n = 0;
  const auto row = content->find(std::string(kAppliedKey));
  if (row != content->end()) {
    absl::StatusOr<raft::Position> position = DecodeApplied(row->second);
    if (!position.ok()) return position.status();
    n = position->index.value;
  }
  if (n > last()) return absl::DataLossError(absl::StrCat("batch ", n, " was never written"));
  if (*content == history_[n]) return n;
  for (const auto& [key, value] : history_[n]) {
    const auto it = content->find(key);
    if (it == content->end()) {
      return absl::DataLossError(absl::StrCat("says batch ", n, " but lacks ", key));
    }
    if (it->second != value) {
      return absl::DataLossError(absl::StrCat("says batch ", n, " but ", key, " is ",
                                              it->second.substr(0, 30), " instead of ",
                                              value.substr(0, 30)));
    }
  }
  return absl::DataLossError(absl::StrCat("says batch ", n, " but holds further keys"));
}

}  // namespace jfs::storage
