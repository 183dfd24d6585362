#ifndef CORE_NS_LOADED_ROW_H_
#define CORE_NS_LOADED_ROW_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/ns/request.h"

namespace jfs::ns {

// A row of a mirror, as far as it has to be understood to be loaded. Views point into what was
// parsed.
struct LoadedRow {
  // What is wrong with it, a sentence that names its key; empty: nothing.
  std::string fault;
  // For an entry: where it is, and the file it is to lead to, if it is one.
  bool is_entry = false;
  InodeId directory = 0;
  std::string_view name;
  std::optional<InodeId> file;
};

// Understands a row that a mirror of this lineage says there is, or (without a value) is not.
// Whatever is mirrored can be decoded, and names no id that a later lineage would give.
LoadedRow ParseLoadedRow(const LoadRows::Row& row, uint16_t lineage);

// Sets *file to the file that the value of an entry leads to; unset if it is a directory. False:
// the value cannot be decoded.
bool FileOfEntry(std::string_view value, std::optional<InodeId>* file);

}  // namespace jfs::ns

#endif  // CORE_NS_LOADED_ROW_H_
