// Requests of ClientProtocol and of the jindo protocol: the first byte chooses the method, the rest
// is the request.

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string_view>
#include <variant>

#include "core/base/check.h"
#include "core/base/overload.h"
#include "net/hadoop/translate.h"
#include "net/jindo/translate.h"

namespace {

namespace ns = jfs::ns;
using jfs::net::hadoop::Answer;
using jfs::net::hadoop::Method;
using jfs::net::hadoop::Plan;

constexpr std::string_view kMethods[] = {"mkdirs",
                                         "create",
                                         "addBlock",
                                         "complete",
                                         "delete",
                                         "rename",
                                         "rename2",
                                         "setTimes",
                                         "setPermission",
                                         "setOwner",
                                         "getFileInfo",
                                         "getFileLinkInfo",
                                         "getListing",
                                         "getContentSummary",
                                         "getBlockLocations",
                                         "getPreferredBlockSize",
                                         "isFileClosed",
                                         "msync",
                                         "getServerDefaults",
                                         "getFsStats",
                                         "getDatanodeReport",
                                         "renewLease",
                                         "setSafeMode",
                                         "getHAServiceState",
                                         "append",
                                         "noSuchMethod"};

// A reply of the kind that the namespace gives to this method.
ns::Reply ReplyFor(Method method) {
  switch (method) {
    case Method::kCreate:
    case Method::kGetFileInfo:
    case Method::kGetFileLinkInfo:
    case Method::kGetPreferredBlockSize:
      return {.value = ns::FileStatus{.name = "n"}};
    case Method::kGetListing:
      return {.value = ns::Listing{.entries = {ns::FileStatus{}}, .remaining = UINT64_MAX}};
    case Method::kGetContentSummary:
      return {.value = ns::ContentSummary{}};
    case Method::kGetBlockLocations:
    case Method::kIsFileClosed:
      return {.value = ns::BlockLocations{.blocks = {ns::Block{.bytes = 1}}}};
    case Method::kAddBlock:
      return {.value = ns::Block{.id = 1}};
    default:
      return {.value = ns::Truth{true}};
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view request(reinterpret_cast<const char*>(data) + 1, size - 1);
  const size_t choice = data[0] % (std::size(kMethods) + 1);
  if (choice == std::size(kMethods)) {
    jfs::jindo::ImportBatchRequestProto in;
    if (in.ParseFromArray(request.data(), static_cast<int>(request.size()))) {
      const auto operations = jfs::net::jindo::OperationsOf(in);
      if (operations.ok()) CHECK_EQ(operations->size(), static_cast<size_t>(in.operations_size()));
    }
    return 0;
  }
  const jfs::net::hadoop::ServiceFacts facts;
  const Plan plan = jfs::net::hadoop::Translate(facts, jfs::net::hadoop::kClientProtocol, 1,
                                                kMethods[choice], request);
  std::visit(jfs::Overload{
                 [&](const jfs::net::hadoop::Refusal& refusal) {
                   CHECK(!refusal.error.exception_class.empty());
                 },
                 [&](const jfs::net::hadoop::Local&) {
                   CHECK(!jfs::net::hadoop::AnswerLocally(facts, plan, {}).error.has_value());
                 },
                 [&](const auto&) {
                   const Answer done =
                       jfs::net::hadoop::AnswerTo(facts, plan, ReplyFor(plan.method));
                   const Answer refused = jfs::net::hadoop::AnswerTo(
                       facts, plan, {.code = ns::Code::kFileNotFound, .arguments = {}});
                   CHECK(refused.error.has_value() || plan.method == Method::kMsync);
                   (void)done;
                 },
             },
             plan.action);
  return 0;
}
