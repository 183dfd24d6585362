#ifndef NET_HADOOP_CALLS_H_
#define NET_HADOOP_CALLS_H_

#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "google/protobuf/message_lite.h"

#include "core/base/check.h"
#include "net/hadoop/proto/client_namenode.pb.h"
#include "net/hadoop/translate.h"

// What the files that translate calls (calls_*.cc) share with translate.cc and with each other. For
// this folder only.
namespace jfs::net::hadoop {

using PlanFunction = void (*)(const ServiceFacts&, std::string_view method,
                              std::string_view request, Plan* plan);

// One method of a protocol.
struct MethodEntry {
  std::string_view name;
  Support support;
  Category category;
  std::string_view superuser_operation;  // as in Plan
  PlanFunction plan;
};

// The methods by what they are about, in no order.
std::span<const MethodEntry> TreeCalls();
std::span<const MethodEntry> ReadingCalls();
std::span<const MethodEntry> WritingCalls();
std::span<const MethodEntry> AttributeCalls();
std::span<const MethodEntry> SnapshotCalls();
std::span<const MethodEntry> StorageFeatureCalls();
std::span<const MethodEntry> ServiceCalls();
std::span<const MethodEntry> HaServiceCalls();
std::span<const MethodEntry> NamenodeCalls();
std::span<const MethodEntry> GetUserMappingsCalls();
std::span<const MethodEntry> RefreshUserMappingsCalls();

// ---- Requests ----

namespace calls_internal {
template <typename Request>
Request RequestOf(void (*)(const ServiceFacts&, const Request&, Plan*));
}  // namespace calls_internal

// The plan function of a method whose request, once parsed, is handed to `kFill`. One that cannot
// be parsed is refused.
template <auto kFill>
void Planned(const ServiceFacts& facts, std::string_view method, std::string_view request,
             Plan* plan) {
  decltype(calls_internal::RequestOf(kFill)) in;
  if (!in.ParsePartialFromArray(request.data(), static_cast<int>(request.size()))) {
    plan->action = Refusal{BadRequestError(method)};
  } else if (!in.IsInitialized()) {
    plan->action = Refusal{BadRequestError(method, in.InitializationErrorString())};
  } else {
    kFill(facts, in, plan);
  }
}

inline void Refuse(Plan* plan, IpcError error) { plan->action = Refusal{std::move(error)}; }
inline void Mutate(Plan* plan, ns::Operation operation, decltype(Plan::answer) answer) {
  plan->action = Mutation{std::move(operation)};
  plan->answer = answer;
}
inline void Ask(Plan* plan, ns::Query query, decltype(Plan::answer) answer) {
  plan->action = Read{std::move(query)};
  plan->answer = answer;
}
inline void AnswerWith(Plan* plan, decltype(Plan::answer_locally) answer) {
  plan->action = Local{};
  plan->answer_locally = answer;
}

// Whether all of these are UTF-8, as every path is; if not, the call is refused. Java would put
// replacement characters there and so take different names for one.
bool ArePaths(std::initializer_list<std::string_view> paths, Plan* plan);
// The same for names of users, groups and attributes.
bool AreNames(std::initializer_list<std::string_view> names, Plan* plan);

uint16_t ModeOf(const ::hadoop::hdfs::FsPermissionProto& permission);
std::optional<uint16_t> UnmaskedOf(bool present,
                                   const ::hadoop::hdfs::FsPermissionProto& permission);
// Java's clients send a short here, so that -1 travels as 65535 or as 2^32 - 1. The namespace gets
// it as a number of two's complement again.
uint32_t ReplicationOf(uint32_t wire);
ns::Block BlockOf(const ::hadoop::hdfs::ExtendedBlockProto& block);
std::string BlockText(const ::hadoop::hdfs::ExtendedBlockProto& block);

// Refuses a file that was to be erasure coded: no policy is ever enabled.
IpcError NoCodingPolicyError(std::string_view policy);

// ---- Answers ----

inline Answer Serialized(const google::protobuf::MessageLite& message) {
  Answer out;
  out.response = message.SerializeAsString();
  return out;
}
inline Answer Failed(IpcError error) {
  Answer out;
  out.error = std::move(error);
  return out;
}

// The value of a reply that is kOk.
template <typename T>
const T& Get(const ns::Reply& reply) {
  const T* value = std::get_if<T>(&reply.value);
  CHECK(value != nullptr) << "the namespace answered with a value of another kind: "
                          << reply.value.index();
  return *value;
}

template <typename Response>
Answer EmptyAnswer(const ServiceFacts&, const Plan&, const ns::Reply&) {
  return Serialized(Response());
}
template <typename Response>
Answer EmptyLocally(const ServiceFacts&, const Plan&, const LocalState&) {
  return Serialized(Response());
}
template <typename Response>
Answer TruthAnswer(const ServiceFacts&, const Plan&, const ns::Reply& reply) {
  Response out;
  out.set_result(Get<ns::Truth>(reply).value);
  return Serialized(out);
}

void FillStatus(const ns::FileStatus& in, ::hadoop::hdfs::HdfsFileStatusProto* out);
void FillBlock(const ServiceFacts& facts, const ns::Block& in, uint64_t offset,
               ::hadoop::hdfs::LocatedBlockProto* out);
void FillLocations(const ServiceFacts& facts, const ns::BlockLocations& in,
                   ::hadoop::hdfs::LocatedBlocksProto* out);
void FillListing(const ServiceFacts& facts, const ns::Listing& in,
                 google::protobuf::RepeatedPtrField<::hadoop::hdfs::HdfsFileStatusProto>* out);

// The answer to getBatchedListing; its plan's `subjects` are the paths.
Answer BatchedListingAnswer(const ServiceFacts& facts, const Plan& plan,
                            const std::vector<ns::Reply>& replies);

}  // namespace jfs::net::hadoop

#endif  // NET_HADOOP_CALLS_H_
