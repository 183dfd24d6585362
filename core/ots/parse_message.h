#ifndef CORE_OTS_PARSE_MESSAGE_H_
#define CORE_OTS_PARSE_MESSAGE_H_

#include <limits>
#include <string_view>

namespace jfs::ots {

// Reads a protobuf message from bytes that may be anything; false if they are none, or a required
// field is missing. The library's own ParseFrom... functions would write to standard error about
// the latter.
template <typename Message>
bool ParseMessage(std::string_view bytes, Message* message) {
  if (bytes.size() > static_cast<size_t>(std::numeric_limits<int>::max())) return false;
  return message->ParsePartialFromArray(bytes.data(), static_cast<int>(bytes.size())) &&
         message->IsInitialized();
}

}  // namespace jfs::ots

#endif  // CORE_OTS_PARSE_MESSAGE_H_
