#ifndef TOOLS_JINDO_GLOB_H_
#define TOOLS_JINDO_GLOB_H_

#include <string>
#include <string_view>
#include <vector>

// Wildcards in paths, as Hadoop's shell expands them itself: * ? [abc] [^abc] {one,other}, and
// \ before a character that means itself.
namespace jfs::tools {

bool HasWildcards(std::string_view text);
// "a{b,c}d" is "abd" and "acd"; braces may nest. Text without braces, or with unbalanced ones,
// stays as it is.
std::vector<std::string> ExpandBraces(std::string_view text);
// Whether a name (without '/') fits. Unlike in a Unix shell a leading dot is nothing special.
bool MatchesWildcards(std::string_view pattern, std::string_view name);
// Text with the backslashes before special characters taken out.
std::string Unescape(std::string_view text);

}  // namespace jfs::tools

#endif  // TOOLS_JINDO_GLOB_H_
