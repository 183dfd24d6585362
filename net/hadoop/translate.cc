#include "net/hadoop/translate.h"

#include <algorithm>
#include <utility>

#include "core/base/check.h"
#include "core/base/concat.h"
#include "net/hadoop/calls.h"
#include "net/owner_names.h"

namespace jfs::net::hadoop {
namespace {

constexpr uint64_t kProtocolVersion = 1;
// Of a client's name, which is a lease's holder: kept with every open file, in entries of the log
// and in memory. Hadoop's are about 50 bytes long.
constexpr size_t kMaxClientNameBytes = 1024;

struct Protocol {
  std::string_view name;
  std::vector<MethodEntry> methods;  // sorted by name
};

std::vector<Protocol> MakeProtocols() {
  const auto sorted = [](std::initializer_list<std::span<const MethodEntry>> parts) {
    std::vector<MethodEntry> out;
    for (const auto& part : parts) out.insert(out.end(), part.begin(), part.end());
    std::sort(out.begin(), out.end(),
              [](const MethodEntry& a, const MethodEntry& b) { return a.name < b.name; });
    for (size_t i = 1; i < out.size(); ++i) {
      CHECK(out[i - 1].name != out[i].name) << "two entries for method " << out[i].name;
    }
    return out;
  };
  return {{kClientProtocol, sorted({TreeCalls(), ReadingCalls(), WritingCalls(), AttributeCalls(),
                                    SnapshotCalls(), StorageFeatureCalls(), ServiceCalls()})},
          {kHaServiceProtocol, sorted({HaServiceCalls()})},
          {kNamenodeProtocol, sorted({NamenodeCalls()})},
          {kGetUserMappingsProtocol, sorted({GetUserMappingsCalls()})},
          {kRefreshUserMappingsProtocol, sorted({RefreshUserMappingsCalls()})}};
}

const Protocol* FindProtocol(std::string_view name) {
  static const auto* const protocols = new std::vector<Protocol>(MakeProtocols());
  for (const Protocol& protocol : *protocols) {
    if (protocol.name == name) return &protocol;
  }
  return nullptr;
}

const MethodEntry* FindMethod(const Protocol& protocol, std::string_view name) {
  const auto it = std::lower_bound(
      protocol.methods.begin(), protocol.methods.end(), name,
      [](const MethodEntry& entry, std::string_view wanted) { return entry.name < wanted; });
  return it != protocol.methods.end() && it->name == name ? &*it : nullptr;
}

// The longest client name that a call brings into the namespace.
size_t ClientNameBytes(const Plan& plan) {
  if (const auto* renewal = std::get_if<RenewLease>(&plan.action); renewal != nullptr) {
    size_t longest = 0;
    for (const std::string& holder : renewal->holders) longest = std::max(longest, holder.size());
    return longest;
  }
  const auto* mutation = std::get_if<Mutation>(&plan.action);
  if (mutation == nullptr) return 0;
  return std::visit(
      [](const auto& operation) -> size_t {
        if constexpr (requires { operation.client_name; }) return operation.client_name.size();
        return 0;
      },
      mutation->operation);
}

}  // namespace

Plan Translate(const ServiceFacts& facts, std::string_view protocol, uint64_t version,
               std::string_view method, std::string_view request) {
  Plan plan;
  const auto refuse = [&](IpcError error) {
    plan.action = Refusal{std::move(error)};
    return plan;
  };
  const Protocol* found = FindProtocol(protocol);
  if (found == nullptr) return refuse(NoSuchProtocolError(protocol));
  if (version != kProtocolVersion) {
    return refuse(ProtocolVersionError(protocol, version, kProtocolVersion));
  }
  const MethodEntry* entry = FindMethod(*found, method);
  if (entry == nullptr) return refuse(NoSuchMethodError(protocol, method));
  plan.category = entry->category;
  plan.superuser_operation = entry->superuser_operation;
  entry->plan(facts, method, request, &plan);
  if (const size_t bytes = ClientNameBytes(plan); bytes > kMaxClientNameBytes) {
    return refuse(
        IllegalArgumentError(Concat("The name of the client is ", bytes,
                                    " bytes long; the limit is ", kMaxClientNameBytes, ".")));
  }
  if (const auto* mutation = std::get_if<Mutation>(&plan.action); mutation != nullptr) {
    std::optional<std::string> too_long = TooLongOwnerName(mutation->operation);
    if (too_long.has_value()) return refuse(IllegalArgumentError(*std::move(too_long)));
  }
  return plan;
}

std::vector<MethodInfo> MethodsOf(std::string_view protocol) {
  std::vector<MethodInfo> out;
  const Protocol* found = FindProtocol(protocol);
  if (found == nullptr) return out;
  for (const MethodEntry& entry : found->methods) out.push_back({entry.name, entry.support});
  return out;
}

Answer AnswerTo(const ServiceFacts& facts, const Plan& plan, const ns::Reply& reply) {
  if (reply.code != ns::Code::kOk && !plan.answers_refusals) {
    return Failed(ErrorOf(facts, reply));
  }
  CHECK(plan.answer != nullptr) << "this call is not answered by the namespace";
  return plan.answer(facts, plan, reply);
}

Answer AnswerToAll(const ServiceFacts& facts, const Plan& plan,
                   const std::vector<ns::Reply>& replies) {
  return BatchedListingAnswer(facts, plan, replies);
}

Answer AnswerLocally(const ServiceFacts& facts, const Plan& plan, const LocalState& state) {
  CHECK(plan.answer_locally != nullptr) << "this call is not answered locally";
  return plan.answer_locally(facts, plan, state);
}

}  // namespace jfs::net::hadoop
