#include "tools/jindo/commands/text_table.h"

#include <algorithm>

#include "tools/jindo/commands/java_text.h"

namespace jfs::tools {

std::string TextTable::Format() const {
  std::vector<size_t> widths(right_.size());
  for (const auto& row : rows_) {
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], JavaLength(row[i]));
  }
  std::string out;
  for (const auto& row : rows_) {
    for (size_t i = 0; i < row.size(); ++i) {
      if (i > 0) out += "  ";
      if (right_[i]) {
        out += PadLeft(row[i], widths[i]);
      } else {
        out += i + 1 < row.size() ? PadRight(row[i], widths[i]) : row[i];
      }
    }
    out += '\n';
  }
  return out;
}

}  // namespace jfs::tools
