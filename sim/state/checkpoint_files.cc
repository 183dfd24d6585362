#include "sim/state/checkpoint_files.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

#include "core/base/codec.h"

namespace jfs::sim {

std::map<std::string, std::string> EncodeCheckpoint(const kv::MemoryStore::Map& contents,
                                                    uint64_t file_bytes) {
  std::map<std::string, std::string> files;
  std::string* file = &files["000001.pairs"];
  for (const auto& [key, value] : contents) {
    if (file->size() >= file_bytes) file = &files[absl::StrFormat("%06d.pairs", files.size() + 1)];
    Encoder encoder(file);
    encoder.Bytes(key);
    encoder.Bytes(value);
  }
  return files;
}

absl::StatusOr<kv::MemoryStore::Map> DecodeCheckpoint(
    const std::map<std::string, std::string>& files) {
  kv::MemoryStore::Map contents;
  for (const auto& [name, bytes] : files) {
    Decoder decoder(bytes);
    while (!decoder.Done()) {
      std::string key(decoder.Bytes());
      std::string value(decoder.Bytes());
      if (!decoder.ok()) {
        return absl::DataLossError(absl::StrCat("checkpoint file ", name, " is no list of pairs"));
      }
      contents.insert_or_assign(std::move(key), std::move(value));
    }
  }
  return contents;
}

}  // namespace jfs::sim
