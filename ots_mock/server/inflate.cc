#include "ots_mock/server/inflate.h"

#include <zlib.h>

#include "absl/status/status.h"

namespace jfs::ots_mock {

absl::StatusOr<std::string> Inflate(std::string_view compressed, size_t max) {
  z_stream stream{};
  if (inflateInit(&stream) != Z_OK) return absl::InternalError("zlib cannot start");
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(compressed.data()));
  stream.avail_in = static_cast<uInt>(compressed.size());
  std::string out;
  int result = Z_OK;
  while (result == Z_OK && out.size() <= max) {
    char chunk[16 << 10];
    stream.next_out = reinterpret_cast<Bytef*>(chunk);
    stream.avail_out = sizeof chunk;
    result = inflate(&stream, Z_NO_FLUSH);
    out.append(chunk, sizeof chunk - stream.avail_out);
  }
  inflateEnd(&stream);
  if (out.size() > max) {
    return absl::InvalidArgumentError("The decompressed body of the request is too large.");
  }
  if (result != Z_STREAM_END) {
    return absl::InvalidArgumentError("The body of the request is no deflated data.");
  }
  return out;
}

}  // namespace jfs::ots_mock
