#ifndef TOOLS_JINDO_COMMANDS_TEXT_TABLE_H_
#define TOOLS_JINDO_COMMANDS_TEXT_TABLE_H_

#include <string>
#include <vector>

namespace jfs::tools {

// Rows in columns as wide as their widest cell, two blanks between: the output of -df and -du.
class TextTable {
 public:
  // `right` says which columns are aligned to the right; others are to the left.
  explicit TextTable(std::vector<bool> right) : right_(std::move(right)) {}
  void AddRow(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }
  bool empty() const { return rows_.empty(); }
  // Lines; the last column has no blanks behind it.
  std::string Format() const;

 private:
  std::vector<bool> right_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace jfs::tools

#endif  // TOOLS_JINDO_COMMANDS_TEXT_TABLE_H_
