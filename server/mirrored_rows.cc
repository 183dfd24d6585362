#include "server/mirrored_rows.h"

#include <algorithm>
#include <memory>

#include "core/base/hash.h"
#include "core/ns/keys.h"
#include "core/ns/namespace.h"

namespace jfs::server {

absl::Status ReadMirroredRows(const kv::View& state, const std::string& start_after, uint32_t limit,
                              ::jfs::jindo::MirroredRowsResponseProto* out) {
  const uint32_t most = limit == 0 ? kMirroredRowsPerPage : std::min(limit, kMirroredRowsPerPage);
  // The first key behind it.
  const std::string from = start_after.empty() ? std::string() : start_after + '\0';
  uint64_t bytes = 0;
  out->set_more(false);
  // Kind by kind: whole kinds of rows are not mirrored, and to walk over them would take long.
  for (char kind = 'a'; kind <= 'z'; ++kind) {
    const std::string prefix(1, kind);
    const std::string end = ns::EndOf(prefix);
    if (!ns::IsMirrored(prefix) || from >= end) continue;
    const std::unique_ptr<kv::Iterator> row = state.Scan(std::max(from, prefix), end);
    for (; row->Valid(); row->Next()) {
      if (static_cast<uint32_t>(out->rows_size()) >= most || bytes >= kMirroredBytesPerPage) {
        out->set_more(true);
        return absl::OkStatus();
      }
      bytes += row->key().size() + row->value().size();
      ::jfs::jindo::MirroredRowProto* const to = out->add_rows();
      to->set_key(std::string(row->key()));
      to->set_valuehash(Hash64(row->value()));
      to->set_valuebytes(row->value().size());
    }
    if (absl::Status status = row->status(); !status.ok()) return status;
  }
  return absl::OkStatus();
}

}  // namespace jfs::server
