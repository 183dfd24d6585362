#ifndef NET_JINDO_TRANSLATE_H_
#define NET_JINDO_TRANSLATE_H_

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"

#include "core/ns/request.h"
#include "net/jindo/proto/jindo.pb.h"

// The jindo protocol's messages in terms of the namespace. Format: docs/formats/jindo-protocol.md.
namespace jfs::net::jindo {

inline constexpr uint64_t kProtocolVersion = 1;
inline constexpr int kMaxBatchOperations = 4096;

struct BatchOperation {
  int32_t call_id = 0;
  ns::Operation operation;
};

// The operations in order. InvalidArgument names the first that is empty or has a call id out of
// range, or says that there are too many.
absl::StatusOr<std::vector<BatchOperation>> OperationsOf(
    const ::jfs::jindo::ImportBatchRequestProto& request);

}  // namespace jfs::net::jindo

#endif  // NET_JINDO_TRANSLATE_H_
