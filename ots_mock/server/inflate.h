#ifndef OTS_MOCK_SERVER_INFLATE_H_
#define OTS_MOCK_SERVER_INFLATE_H_

#include <cstddef>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace jfs::ots_mock {

// What a zlib stream holds. InvalidArgument if it is none, is cut short, or holds more than `max`.
absl::StatusOr<std::string> Inflate(std::string_view compressed, size_t max);

}  // namespace jfs::ots_mock

#endif  // OTS_MOCK_SERVER_INFLATE_H_
