// Requests of the Hadoop protocols and of the jindo protocol: the first byte chooses the protocol
// and the method, the rest is the request.

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>
#include <variant>
#include <vector>

#include "core/base/check.h"
#include "core/base/overload.h"
#include "net/hadoop/translate.h"
#include "net/jindo/translate.h"

namespace {

namespace ns = jfs::ns;
using jfs::net::hadoop::Answer;
using jfs::net::hadoop::Plan;
using jfs::net::hadoop::ServiceFacts;

struct Method {
  std::string_view protocol, name;
};

std::vector<Method> AllMethods() {
  using namespace jfs::net::hadoop;  // NOLINT: five names of protocols
  std::vector<Method> out;
  for (const std::string_view protocol :
       {std::string_view(kClientProtocol), std::string_view(kHaServiceProtocol),
        std::string_view(kNamenodeProtocol), std::string_view(kGetUserMappingsProtocol),
        std::string_view(kRefreshUserMappingsProtocol)}) {
    for (const MethodInfo& method : MethodsOf(protocol)) out.push_back({protocol, method.name});
  }
  out.push_back({kClientProtocol, "noSuchMethod"});
  CHECK_LT(out.size(), size_t{255}) << "one byte chooses";
  return out;
}

ns::BlockLocations Locations() {
  return {.file_length = 1, .blocks = {ns::Block{.bytes = 1}}, .last_block = ns::Block{.bytes = 1}};
}

// A value of the kind that the namespace answers with.
ns::Value ValueFor(const ns::Operation& operation) {
  return std::visit(
      [](const auto& op) -> ns::Value {
        using T = std::decay_t<decltype(op)>;
        if constexpr (std::is_same_v<T, ns::Create>) return ns::FileStatus{.name = "n"};
        if constexpr (std::is_same_v<T, ns::Append>) {
          return ns::AppendPoint{.last_block = ns::Block{.id = 1}};
        }
        if constexpr (std::is_same_v<T, ns::AddBlock> ||
                      std::is_same_v<T, ns::UpdateBlockForPipeline>) {
          return ns::Block{.id = 1};
        }
        return ns::Truth{true};
      },
      operation);
}
ns::Value ValueFor(const ns::Query& query) {
  return std::visit(
      jfs::Overload{
          [](const ns::GetFileInfo&) -> ns::Value { return ns::FileStatus{.name = "n"}; },
          [](const ns::GetListing&) -> ns::Value {
            return ns::Listing{
                .entries = {ns::FileStatus{}}, .remaining = UINT64_MAX, .locations = {Locations()}};
          },
          [](const ns::GetContentSummary&) -> ns::Value { return ns::ContentSummary{}; },
          [](const ns::GetBlockLocations&) -> ns::Value { return Locations(); },
          [](const ns::GetLocatedFileInfo&) -> ns::Value {
            return ns::LocatedStatus{.locations = Locations()};
          },
          [](const ns::GetQuotaUsage&) -> ns::Value { return ns::QuotaUsage{}; },
          [](const ns::GetAclStatus&) -> ns::Value {
            return ns::AclStatus{.entries = {ns::AclEntry{.permission = 255}}};
          },
          [](const ns::GetXAttrs&) -> ns::Value { return ns::XAttrs{.xattrs = {ns::XAttr{}}}; },
          [](const ns::ListXAttrs&) -> ns::Value { return ns::XAttrs{.xattrs = {ns::XAttr{}}}; },
          [](const ns::ListOpenFiles&) -> ns::Value {
            return ns::OpenFileList{.files = {ns::OpenFileList::File{.id = 1}}};
          },
          [](const auto&) -> ns::Value { return ns::Truth{true}; },
      },
      query);
}

// An answer is one or the other, never both.
void CheckAnswer(const Answer& answer) {
  if (!answer.error.has_value()) return;
  CHECK(!answer.error->exception_class.empty());
  CHECK(answer.response.empty());
}

void CheckAnswers(const ServiceFacts& facts, const Plan& plan, ns::Value value) {
  CheckAnswer(jfs::net::hadoop::AnswerTo(facts, plan, {.value = std::move(value)}));
  CheckAnswer(jfs::net::hadoop::AnswerTo(
      facts, plan, {.code = ns::Code::kFileNotFound, .arguments = {}, .value = {}}));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const auto* const methods = new std::vector<Method>(AllMethods());
  if (size == 0) return 0;
  const std::string_view request(reinterpret_cast<const char*>(data) + 1, size - 1);
  const size_t choice = data[0] % (methods->size() + 1);
  if (choice == methods->size()) {
    jfs::jindo::ImportBatchRequestProto in;
    if (in.ParseFromArray(request.data(), static_cast<int>(request.size()))) {
      const auto operations = jfs::net::jindo::OperationsOf(in);
      if (operations.ok()) CHECK_EQ(operations->size(), static_cast<size_t>(in.operations_size()));
    }
    return 0;
  }
  ServiceFacts facts;
  facts.block_pool_id = "BP-1";
  Plan plan = jfs::net::hadoop::Translate(facts, (*methods)[choice].protocol, 1,
                                          (*methods)[choice].name, request);
  plan.user = "alice";
  std::visit(
      jfs::Overload{
          [&](const jfs::net::hadoop::Refusal& refusal) {
            CHECK(!refusal.error.exception_class.empty());
            CHECK(!refusal.error.message.empty());
          },
          [&](const jfs::net::hadoop::Mutation& mutation) {
            CheckAnswers(facts, plan, ValueFor(mutation.operation));
          },
          [&](const jfs::net::hadoop::Read& read) {
            CheckAnswers(facts, plan, ValueFor(read.query));
          },
          [&](const jfs::net::hadoop::Reads& reads) {
            std::vector<ns::Reply> replies;
            for (const ns::Query& query : reads.queries) {
              replies.push_back({.value = ValueFor(query)});
            }
            CheckAnswer(jfs::net::hadoop::AnswerToAll(facts, plan, replies));
          },
          [&](const jfs::net::hadoop::Confirm&) { CheckAnswers(facts, plan, ns::FileStatus{}); },
          [&](const jfs::net::hadoop::Local&) {
            CHECK(!jfs::net::hadoop::AnswerLocally(facts, plan, {}).error.has_value());
          },
          [](const auto&) {},
      },
      plan.action);
  return 0;
}
