#include "net/jindo/translate.h"

#include <utility>

#include "absl/status/status.h"

#include "core/base/concat.h"
#include "net/owner_names.h"

namespace jfs::net::jindo {
namespace {

using ::jfs::jindo::OperationProto;

constexpr uint32_t kModeBits = 01777;

uint16_t Mode(uint32_t mode) { return static_cast<uint16_t>(mode & kModeBits); }

absl::StatusOr<ns::Operation> OperationOf(const OperationProto& in) {
  switch (in.operation_case()) {
    case OperationProto::kMkdirs:
      return ns::Mkdirs{.path = in.mkdirs().path(),
                        .mode = Mode(in.mkdirs().mode()),
                        .create_parent = in.mkdirs().createparent()};
    case OperationProto::kImportFile: {
      const OperationProto::ImportFile& file = in.importfile();
      return ns::ImportFile{.path = file.path(),
                            .mode = Mode(file.mode()),
                            .user = file.user(),
                            .group = file.group(),
                            .mtime = WallMillis(file.mtime()),
                            .atime = WallMillis(file.atime()),
                            .replication = file.replication(),
                            .block_size = file.blocksize(),
                            .length = file.length()};
    }
    case OperationProto::kSetOwner: {
      ns::SetOwner out{.path = in.setowner().path()};
      if (in.setowner().has_user()) out.user = in.setowner().user();
      if (in.setowner().has_group()) out.group = in.setowner().group();
      return out;
    }
    case OperationProto::kSetPermission:
      return ns::SetPermission{.path = in.setpermission().path(),
                               .mode = Mode(in.setpermission().mode())};
    case OperationProto::kSetTimes: {
      ns::SetTimes out{.path = in.settimes().path()};
      if (in.settimes().has_mtime()) out.mtime = WallMillis(in.settimes().mtime());
      if (in.settimes().has_atime()) out.atime = WallMillis(in.settimes().atime());
      return out;
    }
    case OperationProto::kDelete:
      return ns::Delete{.path = in.delete_().path(), .recursive = in.delete_().recursive()};
    case OperationProto::OPERATION_NOT_SET:
      break;
  }
  return absl::InvalidArgumentError("it names no operation that this version knows");
}

}  // namespace

absl::StatusOr<std::vector<BatchOperation>> OperationsOf(
    const ::jfs::jindo::ImportBatchRequestProto& request) {
  if (request.operations_size() > kMaxBatchOperations) {
    return absl::InvalidArgumentError(Concat("a batch of ", request.operations_size(),
                                             " operations; the limit is ", kMaxBatchOperations));
  }
  std::vector<BatchOperation> out;
  out.reserve(static_cast<size_t>(request.operations_size()));
  for (int i = 0; i < request.operations_size(); ++i) {
    const OperationProto& in = request.operations(i);
    if (in.callid() > static_cast<uint32_t>(INT32_MAX)) {
      return absl::InvalidArgumentError(Concat("operation ", i, " of the batch: call id ",
                                               in.callid(), " is not in 0 .. 2^31-1"));
    }
    absl::StatusOr<ns::Operation> operation = OperationOf(in);
    if (!operation.ok()) {
      return absl::InvalidArgumentError(
          Concat("operation ", i, " of the batch: ", ToStd(operation.status().message())));
    }
    if (const auto too_long = TooLongOwnerName(*operation); too_long.has_value()) {
      return absl::InvalidArgumentError(Concat("operation ", i, " of the batch: ", *too_long));
    }
    out.push_back(
        {.call_id = static_cast<int32_t>(in.callid()), .operation = std::move(*operation)});
  }
  return out;
}

}  // namespace jfs::net::jindo
