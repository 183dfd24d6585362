// What is inside a whole frame between masters: Raft messages and snapshots; and the payload of a
// log entry.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/bytes.h"
#include "core/base/check.h"
#include "core/node/snapshot_wire.h"
#include "core/ns/codec.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  const absl::StatusOr<jfs::node::PeerBody> body =
      jfs::node::DecodePeerPayload(jfs::SharedBytes(bytes));
  if (body.ok()) {
    CHECK(jfs::node::EncodePeerPayload(*body) == bytes) << "a payload has one encoding";
  }
  const absl::StatusOr<jfs::ns::CommandBatch> batch = jfs::ns::DecodeCommandBatch(bytes);
  if (batch.ok()) {
    CHECK(jfs::ns::EncodeCommandBatch(*batch) == bytes) << "a batch has one encoding";
  }
  return 0;
}
