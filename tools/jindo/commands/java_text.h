#ifndef TOOLS_JINDO_COMMANDS_JAVA_TEXT_H_
#define TOOLS_JINDO_COMMANDS_JAVA_TEXT_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

// Text as Java counts, orders and changes it: in UTF-16. Hadoop's shell makes its columns and its
// orders that way, so output that is to be equal has to do the same. Bytes that are not UTF-8
// become U+FFFD, as in Java's decoder.
namespace jfs::tools {

std::u32string DecodeUtf8(std::string_view text);
void AppendUtf8(char32_t c, std::string* out);

// What String.compareTo orders by: compare the results with <.
std::u16string ToUtf16(std::string_view text);
// String.length().
size_t JavaLength(std::string_view text);

// "%-10s" and "%10s". Wider text stays whole.
std::string PadRight(std::string_view text, size_t width);
std::string PadLeft(std::string_view text, size_t width);

// String.toLowerCase(Locale.ENGLISH), toUpperCase likewise for ASCII only.
std::string ToLower(std::string_view text);
std::string ToUpperAscii(std::string_view text);

// Control, format, private and unassigned characters replaced by '?': ls -q.
std::string WithoutUnprintable(std::string_view text);

// Bytes as new String(bytes, UTF_8) would print them again.
std::string ValidUtf8(std::string_view bytes);

// The places of `keys` in the order in which a HashMap gives them that they were put into one after
// the other. Scripts see this order in -getfattr -d.
std::vector<size_t> HashMapOrder(const std::vector<std::string>& keys);

}  // namespace jfs::tools

#endif  // TOOLS_JINDO_COMMANDS_JAVA_TEXT_H_
