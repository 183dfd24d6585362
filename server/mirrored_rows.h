#ifndef SERVER_MIRRORED_ROWS_H_
#define SERVER_MIRRORED_ROWS_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"

#include "core/kv/view.h"
#include "net/jindo/proto/jindo.pb.h"

namespace jfs::server {

// Pages of mirroredRows: short enough that nobody behind them has to wait for long.
inline constexpr uint32_t kMirroredRowsPerPage = 4096;
inline constexpr uint64_t kMirroredBytesPerPage = uint64_t{1} << 20;  // of keys and values read

// Fills in `rows` and `more`: the rows that belong into the mirror, behind `start_after` (empty:
// from the first one), at most `limit` (0: as many as a page may have). A status is a read error of
// the store.
absl::Status ReadMirroredRows(const kv::View& state, const std::string& start_after, uint32_t limit,
                              ::jfs::jindo::MirroredRowsResponseProto* out);

}  // namespace jfs::server

#endif  // SERVER_MIRRORED_ROWS_H_
