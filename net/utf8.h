#ifndef NET_UTF8_H_
#define NET_UTF8_H_

#include <string_view>

namespace jfs::net {

// Whether `text` is well-formed UTF-8 (RFC 3629: no overlong forms, no surrogates, nothing above
// U+10FFFF). Empty text is.
bool IsUtf8(std::string_view text);

}  // namespace jfs::net

#endif  // NET_UTF8_H_
