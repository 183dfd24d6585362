#ifndef NET_HADOOP_TRANSLATE_TESTING_H_
#define NET_HADOOP_TRANSLATE_TESTING_H_

#include <string>
#include <string_view>
#include <variant>

#include "google/protobuf/message.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"

#include "net/hadoop/translate.h"

// For the tests of Translate and of the answers.
namespace jfs::net::hadoop {

inline ServiceFacts Facts() {
  ServiceFacts facts;
  facts.host_name = "emr-header-1";
  facts.block_pool_id = "BP-1";
  facts.cluster_id = "CID-7";
  facts.namespace_number = 7;
  facts.software_version = "3.5.0";
  return facts;
}

inline Plan PlanOf(std::string_view method, const google::protobuf::MessageLite& request) {
  return Translate(Facts(), kClientProtocol, 1, method, request.SerializePartialAsString());
}

template <typename T>
T OperationOf(const Plan& plan) {
  const Mutation* mutation = std::get_if<Mutation>(&plan.action);
  if (mutation == nullptr) {
    ADD_FAILURE() << "not a mutation: " << plan.action.index();
    return T();
  }
  EXPECT_EQ(plan.category, Category::kWrite);
  return std::get<T>(mutation->operation);
}

template <typename T>
T QueryOf(const Plan& plan) {
  const Read* read = std::get_if<Read>(&plan.action);
  if (read == nullptr) {
    ADD_FAILURE() << "not a read: " << plan.action.index();
    return T();
  }
  EXPECT_EQ(plan.category, Category::kRead);
  return std::get<T>(read->query);
}

inline IpcError ErrorIn(const Plan& plan) {
  const Refusal* refusal = std::get_if<Refusal>(&plan.action);
  if (refusal == nullptr) {
    ADD_FAILURE() << "not refused: " << plan.action.index();
    return {};
  }
  return refusal->error;
}

template <typename T>
T Parsed(const Answer& answer) {
  EXPECT_FALSE(answer.error.has_value()) << answer.error->message;
  T out;
  EXPECT_TRUE(out.ParseFromString(answer.response));
  return out;
}

// A request from its text form.
template <typename Request>
Plan PlanOfText(std::string_view method, const std::string& text) {
  Request in;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &in)) << method << ": " << text;
  return PlanOf(method, in);
}

}  // namespace jfs::net::hadoop

#endif  // NET_HADOOP_TRANSLATE_TESTING_H_
