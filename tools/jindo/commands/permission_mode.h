#ifndef TOOLS_JINDO_COMMANDS_PERMISSION_MODE_H_
#define TOOLS_JINDO_COMMANDS_PERMISSION_MODE_H_

#include <cstdint>
#include <optional>
#include <string_view>

namespace jfs::tools {

// What chmod does to a mode, in Hadoop's grammar: octal digits (3, or 4 of which the first is 0 or
// 1 for the sticky bit), or parts like u+rwX, go-w, a=r, +t with commas between. Of several parts
// that name the same class the last one counts. It knows no set-user-id, and unlike a Unix chmod
// applies no umask where no class is named.
class PermissionChange {
 public:
  // Nothing: the text is no such mode.
  static std::optional<PermissionChange> Parse(std::string_view text);
  // Bits that files and directories lose, as fs.permissions.umask-mode has them: octal digits that
  // say which, or parts like u=rwx,g=rx,o= that say which remain.
  static std::optional<uint32_t> ParseUmask(std::string_view text);
  // `mode` is of 01777. X is x for directories and where somebody may execute already.
  uint32_t ApplyTo(uint32_t mode, bool directory) const;

 private:
  static constexpr uint32_t kExecuteIfAny = 8;  // X, beside the bits 4, 2, 1
  struct Part {
    char operation = '+';  // + - =
    uint32_t bits = 0;
  };
  static std::optional<PermissionChange> ParseParts(std::string_view text, bool letters_wanted);
  static uint32_t Apply(const Part& part, uint32_t bits, bool may_execute);
  Part user_, group_, other_, sticky_;
};

}  // namespace jfs::tools

#endif  // TOOLS_JINDO_COMMANDS_PERMISSION_MODE_H_
