#ifndef CORE_NS_LOCATIONS_H_
#define CORE_NS_LOCATIONS_H_

#include <cstdint>

#include "absl/status/statusor.h"

#include "core/kv/view.h"
#include "core/ns/records.h"
#include "core/ns/reply.h"

namespace jfs::ns {

// The blocks of a file that have a part in `length` bytes from `offset` on.
absl::StatusOr<BlockLocations> LocationsOf(const kv::View& view, const FileRecord& file,
                                           uint64_t offset, uint64_t length);

}  // namespace jfs::ns

#endif  // CORE_NS_LOCATIONS_H_
