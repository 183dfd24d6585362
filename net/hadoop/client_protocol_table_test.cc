// Holds docs/client-protocol.md against the service definition and against what the code answers.

#include <fstream>
#include <map>
#include <memory>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "gmock/gmock.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/dynamic_message.h"
#include "google/protobuf/message.h"
#include "gtest/gtest.h"

#include "net/hadoop/proto/client_namenode.pb.h"
#include "net/hadoop/translate.h"
#include "net/hadoop/translate_testing.h"

namespace jfs::net::hadoop {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::ServiceDescriptor;
using testing::HasSubstr;

struct Row {
  std::string state, superuser, what;
};
// By protocol and method.
using Table = std::map<std::string, std::map<std::string, Row>>;

std::string Trimmed(absl::string_view text) {
  return std::string(absl::StripAsciiWhitespace(text));
}

Table ReadTable() {
  std::ifstream in("docs/client-protocol.md");
  EXPECT_TRUE(in.good()) << "docs/client-protocol.md is not there";
  Table table;
  std::string line, protocol;
  while (std::getline(in, line)) {
    if (line.rfind("## `", 0) == 0) protocol = line.substr(4, line.size() - 5);
    if (line.rfind("| `", 0) != 0) continue;
    const std::vector<std::string> cells = absl::StrSplit(line, '|');
    EXPECT_EQ(cells.size(), 6u) << line;
    if (cells.size() != 6) continue;
    const std::string name = Trimmed(cells[1]);
    const auto [at, added] =
        table[protocol].emplace(name.substr(1, name.size() - 2),
                                Row{Trimmed(cells[2]), Trimmed(cells[3]), Trimmed(cells[4])});
    EXPECT_TRUE(added) << "two rows for " << at->first;
  }
  return table;
}

const char* Text(Support support) {
  switch (support) {
    case Support::kServed:
      return "served";
    case Support::kFeatureOff:
      return "feature off";
    case Support::kRefused:
      return "refused";
  }
  return "?";
}

const ServiceDescriptor* Service() {
  const auto* file = ::hadoop::hdfs::MkdirsRequestProto::descriptor()->file();
  const ServiceDescriptor* service = file->FindServiceByName("ClientNamenodeProtocol");
  EXPECT_NE(service, nullptr);
  return service;
}

// A request with all that it must have.
void FillRequired(Message* message) {
  const auto* reflection = message->GetReflection();
  const Descriptor* type = message->GetDescriptor();
  for (int i = 0; i < type->field_count(); ++i) {
    const FieldDescriptor* field = type->field(i);
    if (!field->is_required()) continue;
    switch (field->cpp_type()) {
      case FieldDescriptor::CPPTYPE_MESSAGE:
        FillRequired(reflection->MutableMessage(message, field));
        break;
      case FieldDescriptor::CPPTYPE_STRING:
        reflection->SetString(message, field, field->name() == "poolId" ? "BP-1" : "/d");
        break;
      case FieldDescriptor::CPPTYPE_ENUM:
        reflection->SetEnum(message, field, field->enum_type()->value(0));
        break;
      case FieldDescriptor::CPPTYPE_INT32:
        reflection->SetInt32(message, field, 1);
        break;
      case FieldDescriptor::CPPTYPE_INT64:
        reflection->SetInt64(message, field, 1);
        break;
      case FieldDescriptor::CPPTYPE_UINT32:
        reflection->SetUInt32(message, field, 1);
        break;
      case FieldDescriptor::CPPTYPE_UINT64:
        reflection->SetUInt64(message, field, 1);
        break;
      case FieldDescriptor::CPPTYPE_BOOL:
        reflection->SetBool(message, field, true);
        break;
      default:
        ADD_FAILURE() << "no value for field " << field->full_name();
    }
  }
}

std::string MinimalRequest(const Descriptor* type) {
  const Message* prototype =
      google::protobuf::MessageFactory::generated_factory()->GetPrototype(type);
  std::unique_ptr<Message> message(prototype->New());
  FillRequired(message.get());
  // Paths are not among what must be there in the newest requests.
  for (const char* name : {"src", "filename"}) {
    const FieldDescriptor* field = type->FindFieldByName(name);
    if (field != nullptr && field->cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
      message->GetReflection()->SetString(message.get(), field, "/d");
    }
  }
  if (type->name() == "SetXAttrRequestProto") {
    static_cast<::hadoop::hdfs::SetXAttrRequestProto*>(message.get())
        ->mutable_xattr()
        ->set_name("");
    static_cast<::hadoop::hdfs::SetXAttrRequestProto*>(message.get())
        ->mutable_xattr()
        ->set_namespace_(::hadoop::hdfs::XAttrProto::USER);
  }
  return message->SerializeAsString();
}

// How a call ends that carries no more than it must, about a directory of somebody else; nothing if
// that is for the namespace to decide.
std::optional<IpcError> RefusalOf(Plan plan) {
  if (const auto* refusal = std::get_if<Refusal>(&plan.action); refusal != nullptr) {
    return refusal->error;
  }
  const auto* read = std::get_if<Read>(&plan.action);
  if (read == nullptr || !std::holds_alternative<ns::GetFileInfo>(read->query)) return std::nullopt;
  plan.user = "bob";
  const ns::FileStatus directory{.type = ns::FileType::kDirectory, .owner = "alice"};
  return AnswerTo(Facts(), plan, {.value = directory}).error;
}

std::string ShortClass(const std::string& java_class) {
  return java_class.substr(java_class.find_last_of(".$") + 1);
}

TEST(ClientProtocolTable, NamesEveryMethodOnce) {
  const Table table = ReadTable();
  std::set<std::string> defined, documented, answered;
  for (int i = 0; i < Service()->method_count(); ++i) defined.insert(Service()->method(i)->name());
  for (const auto& [method, row] : table.at(kClientProtocol)) documented.insert(method);
  for (const MethodInfo& method : MethodsOf(kClientProtocol)) answered.emplace(method.name);
  EXPECT_EQ(documented, defined);
  EXPECT_EQ(answered, defined);
  EXPECT_EQ(defined.size(), 111u) << "Hadoop 3.5.0 has that many";

  std::set<std::string> protocols;
  for (const auto& [protocol, methods] : table) protocols.insert(protocol);
  EXPECT_THAT(protocols, testing::UnorderedElementsAre(kClientProtocol, kHaServiceProtocol,
                                                       kNamenodeProtocol, kGetUserMappingsProtocol,
                                                       kRefreshUserMappingsProtocol));
  for (const std::string& protocol : protocols) {
    std::set<std::string> rows, known;
    for (const auto& [method, row] : table.at(protocol)) rows.insert(method);
    for (const MethodInfo& method : MethodsOf(protocol)) known.emplace(method.name);
    EXPECT_EQ(rows, known) << protocol;
  }
}

TEST(ClientProtocolTable, StatesAreWhatTheCodeSays) {
  for (const auto& [protocol, rows] : ReadTable()) {
    for (const MethodInfo& method : MethodsOf(protocol)) {
      const auto row = rows.find(std::string(method.name));
      ASSERT_NE(row, rows.end()) << method.name;
      EXPECT_EQ(row->second.state, Text(method.support)) << method.name;
    }
  }
}

TEST(ClientProtocolTable, AnswersAreWhatTheTableSays) {
  const Table table = ReadTable();
  for (int i = 0; i < Service()->method_count(); ++i) {
    const auto* method = Service()->method(i);
    SCOPED_TRACE(method->name());
    const Row& row = table.at(kClientProtocol).at(method->name());
    const Plan plan = Translate(Facts(), kClientProtocol, 1, method->name(),
                                MinimalRequest(method->input_type()));
    EXPECT_EQ(!plan.superuser_operation.empty(), row.superuser.rfind("yes", 0) == 0);
    const std::optional<IpcError> error = RefusalOf(plan);
    if (row.state == "refused") {
      ASSERT_TRUE(error.has_value()) << "it is not refused";
    }
    if (!error.has_value()) continue;
    EXPECT_THAT(row.what, HasSubstr("`" + ShortClass(error->exception_class) + "`"))
        << error->message;
    EXPECT_NE(ShortClass(error->exception_class), "InvalidProtocolBufferException");
  }
}

// A request that lacks what it must have is never taken for one that does not.
TEST(ClientProtocolTable, EveryRequestIsParsed) {
  for (int i = 0; i < Service()->method_count(); ++i) {
    const auto* method = Service()->method(i);
    SCOPED_TRACE(method->name());
    const Plan broken = Translate(Facts(), kClientProtocol, 1, method->name(), "\xff");
    EXPECT_THAT(ErrorIn(broken).exception_class, HasSubstr("InvalidProtocolBufferException"));
    bool needs_something = false;
    for (int f = 0; f < method->input_type()->field_count(); ++f) {
      needs_something |= method->input_type()->field(f)->is_required();
    }
    if (!needs_something) continue;
    const Plan empty = Translate(Facts(), kClientProtocol, 1, method->name(), "");
    EXPECT_THAT(ErrorIn(empty).message, HasSubstr("Message missing required fields: "));
  }
}

}  // namespace
}  // namespace jfs::net::hadoop
