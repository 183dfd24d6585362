// Every vector of tests/vectors/tablestore through core/ots: what official SDKs sent and accepted
// is read, written and signed by us to the same bytes.

#include <cstdio>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "google/protobuf/descriptor.pb.h"
#include "google/protobuf/dynamic_message.h"
#include "gtest/gtest.h"

#include "core/base/concat.h"
#include "core/ots/crc8.h"
#include "core/ots/error.h"
#include "core/ots/exchange.h"
#include "core/ots/filter.h"
#include "core/ots/plain_buffer.h"
#include "core/ots/requests.h"
#include "core/ots/signature.h"
#include "nlohmann/json.hpp"

namespace jfs::ots {
namespace {

using nlohmann::json;

json Load(const std::string& name) {
  std::ifstream file("tests/vectors/tablestore/" + name);
  EXPECT_TRUE(file.is_open()) << name;
  return json::parse(file);
}

std::string Bytes(const json& hex) { return absl::HexStringToBytes(hex.get<std::string>()); }
std::string Hex(std::string_view bytes) { return absl::BytesToHexString(ToAbsl(bytes)); }

// Vectors compared, printed at the end; a vector that no test knows how to compare fails.
int compared = 0;
class Totals : public testing::Environment {
 public:
  void TearDown() override {
    std::printf("tablestore vectors: compared %d, skipped 0\n", compared);
  }
};
const auto* const kTotals = testing::AddGlobalTestEnvironment(new Totals);

// ---- Rows as the vectors write them ----

json ValueTree(const Value& value) {
  switch (value.type()) {
    case ValueType::kInteger:
      return {{"int", std::to_string(value.integer())}};
    case ValueType::kDouble:
      return {{"double", value.real()}};
    case ValueType::kBoolean:
      return {{"bool", value.boolean()}};
    case ValueType::kString:
      return {{"string", value.bytes()}};
    case ValueType::kBlob:
      return {{"binary_hex", Hex(value.bytes())}};
    case ValueType::kInfMin:
      return {{"inf_min", true}};
    case ValueType::kInfMax:
      return {{"inf_max", true}};
    case ValueType::kAutoIncrement:
      return {{"auto_increment", true}};
  }
  return {};
}

json RowTree(const Row& row) {
  json tree = {{"primary_key", json::array()}};
  for (const KeyColumn& column : row.primary_key) {
    tree["primary_key"].push_back({{"name", column.name}, {"value", ValueTree(column.value)}});
  }
  for (const Cell& cell : row.cells) {
    json entry = {{"name", cell.name}};
    if (cell.value.has_value()) entry["value"] = ValueTree(*cell.value);
    if (cell.timestamp.has_value()) entry["timestamp"] = std::to_string(*cell.timestamp);
    if (cell.operation == CellOperation::kDeleteAllVersions) entry["type"] = "DELETE_ALL_VERSION";
    if (cell.operation == CellOperation::kDeleteOneVersion) entry["type"] = "DELETE_ONE_VERSION";
    if (cell.operation == CellOperation::kIncrement) entry["type"] = "INCREMENT";
    tree["cells"].push_back(entry);
  }
  if (row.delete_marker) tree["delete_marker"] = true;
  return tree;
}

std::string WithoutTrailingZeros(std::string bytes, size_t size) {
  EXPECT_GE(bytes.size(), size);
  EXPECT_EQ(bytes.find_first_not_of('\0', size), std::string::npos);
  bytes.resize(size);
  return bytes;
}

// Decodes a PlainBuffer and encodes it again to the same bytes, but for zeros behind the last row.
json PlainBufferTree(const std::string& bytes) {
  json tree = {{"plainbuffer_hex", Hex(bytes)}, {"rows", json::array()}};
  const absl::StatusOr<std::vector<Row>> rows = DecodeRows(bytes);
  EXPECT_TRUE(rows.ok()) << rows.status();
  if (!rows.ok()) return tree;
  const std::string again = EncodeRows(*rows);
  EXPECT_EQ(Hex(again), Hex(WithoutTrailingZeros(bytes, again.size())));
  for (const Row& row : *rows) tree["rows"].push_back(RowTree(row));
  return tree;
}

json FilterTree(const Filter& filter) {
  switch (filter.kind) {
    case Filter::Kind::kPagination:
      return {{"type", "FT_COLUMN_PAGINATION"}, {"offset", filter.offset}, {"limit", filter.limit}};
    case Filter::Kind::kCompare:
      return {{"type", "FT_SINGLE_COLUMN_VALUE"},
              {"comparator", static_cast<int>(filter.comparator)},
              {"column_name", filter.column},
              {"column_value", ValueTree(filter.value)},
              {"column_value_hex", Hex(EncodeBareValue(filter.value))},
              {"filter_if_missing", !filter.pass_if_missing},
              {"latest_version_only", filter.latest_version_only}};
    default:
      break;
  }
  json tree = {{"type", "FT_COMPOSITE_COLUMN_VALUE"},
               {"combinator", filter.kind == Filter::Kind::kNot   ? 1
                              : filter.kind == Filter::Kind::kAnd ? 2
                                                                  : 3},
               {"sub_filters", json::array()}};
  for (const Filter& operand : filter.operands) tree["sub_filters"].push_back(FilterTree(operand));
  return tree;
}

json FilterBytesTree(const std::string& bytes) {
  const absl::StatusOr<Filter> filter = DecodeFilter(bytes);
  EXPECT_TRUE(filter.ok()) << filter.status();
  if (!filter.ok()) return {};
  EXPECT_EQ(Hex(EncodeFilter(*filter)), Hex(bytes));
  return FilterTree(*filter);
}

// ---- Messages as the vectors write them, read with the field numbers of our own .proto ----

class Messages {
 public:
  Messages() {
    // What protoc makes of core/ots/proto/tablestore.proto: the code that core/ots uses has no
    // descriptors.
    std::ifstream file("tests/vectors/tablestore.descriptors", std::ios::binary);
    google::protobuf::FileDescriptorSet set;
    EXPECT_TRUE(set.ParseFromIstream(&file));
    for (const auto& proto : set.file()) EXPECT_NE(pool_.BuildFile(proto), nullptr);
  }

  // Null if the bytes are no `name`, or have fields that it does not know.
  std::unique_ptr<google::protobuf::Message> Parse(const std::string& name,
                                                   const std::string& bytes) {
    const auto* const type = pool_.FindMessageTypeByName("jfs.ots.wire." + name);
    if (type == nullptr) return nullptr;
    std::unique_ptr<google::protobuf::Message> message(factory_.GetPrototype(type)->New());
    if (!message->ParseFromString(bytes)) return nullptr;
    return message;
  }

  static json Tree(const google::protobuf::Message& message) {
    json tree = json::object();
    const auto* const reflection = message.GetReflection();
    EXPECT_EQ(reflection->GetUnknownFields(message).field_count(), 0) << message.GetTypeName();
    std::vector<const google::protobuf::FieldDescriptor*> fields;
    reflection->ListFields(message, &fields);
    for (const auto* field : fields) {
      json& entry = tree[field->name()];
      if (!field->is_repeated()) {
        entry = Field(message, *reflection, *field, -1);
        continue;
      }
      entry = json::array();
      for (int i = 0; i < reflection->FieldSize(message, field); ++i) {
        entry.push_back(Field(message, *reflection, *field, i));
      }
    }
    return tree;
  }

 private:
  // Element `i` of a repeated field, or with -1 the value of another.
  static json Field(const google::protobuf::Message& m, const google::protobuf::Reflection& r,
                    const google::protobuf::FieldDescriptor& field, int i) {
    using google::protobuf::FieldDescriptor;
    const bool one = i < 0;
    switch (field.cpp_type()) {
      case FieldDescriptor::CPPTYPE_INT32:
        return one ? r.GetInt32(m, &field) : r.GetRepeatedInt32(m, &field, i);
      case FieldDescriptor::CPPTYPE_INT64:
        return std::to_string(one ? r.GetInt64(m, &field) : r.GetRepeatedInt64(m, &field, i));
      case FieldDescriptor::CPPTYPE_BOOL:
        return one ? r.GetBool(m, &field) : r.GetRepeatedBool(m, &field, i);
      case FieldDescriptor::CPPTYPE_ENUM:
        return one ? r.GetEnumValue(m, &field) : r.GetRepeatedEnumValue(m, &field, i);
      case FieldDescriptor::CPPTYPE_MESSAGE:
        return Tree(one ? r.GetMessage(m, &field) : r.GetRepeatedMessage(m, &field, i));
      case FieldDescriptor::CPPTYPE_STRING: {
        const std::string text = one ? r.GetString(m, &field) : r.GetRepeatedString(m, &field, i);
        if (field.type() == FieldDescriptor::TYPE_STRING) return text;
        if (field.name() == "filter" || field.name() == "column_condition") {
          return FilterBytesTree(text);
        }
        if (field.name().find("token") != std::string::npos) return Hex(text);
        return PlainBufferTree(text);
      }
      default:
        ADD_FAILURE() << "no vector has a field like " << field.full_name();
        return {};
    }
  }

  google::protobuf::DescriptorPool pool_;
  google::protobuf::DynamicMessageFactory factory_;
};

std::vector<Header> Headers(const json& list) {
  std::vector<Header> headers;
  for (const json& header : list) headers.push_back({header[0], header[1]});
  return headers;
}

std::string HeaderValue(const json& list, std::string_view name) {
  for (const json& header : list) {
    if (absl::AsciiStrToLower(header[0].get<std::string>()) == ToAbsl(name)) return header[1];
  }
  return "";
}

TEST(TablestoreVectors, Crc8) {
  const json file = Load("crc8.json");
  for (const json& vector : file["vectors"]) {
    EXPECT_EQ(Crc8(0, Bytes(vector["input_hex"])), vector["crc8"].get<int>());
    ++compared;
  }
}

TEST(TablestoreVectors, PlainBuffer) {
  const json file = Load("plainbuffer.json");
  for (const char* const list : {"vectors", "extra"}) {
    for (const json& vector : file[list]) {
      SCOPED_TRACE(vector["name"].get<std::string>());
      const std::string bytes = Bytes(vector["hex"]);
      const std::string kind = vector["kind"];
      ++compared;
      if (kind == "variant") {
        const absl::StatusOr<Value> value = DecodeBareValue(bytes);
        ASSERT_TRUE(value.ok()) << value.status();
        EXPECT_EQ(ValueTree(*value), vector["decoded"]);
        EXPECT_EQ(Hex(EncodeBareValue(*value)), vector["hex"]);
        continue;
      }
      const json tree = PlainBufferTree(bytes);
      // PlainBufferTree has compared the bytes; with zeros behind them there were more.
      EXPECT_EQ(EncodeRows(*DecodeRows(bytes)), bytes);
      if (vector.contains("decoded")) {
        const json rows = kind == "rows" ? vector["decoded"] : json::array({vector["decoded"]});
        EXPECT_EQ(tree["rows"], rows);
      } else {
        ASSERT_EQ(kind, "stream_record");
        const absl::StatusOr<Row> row = DecodeRow(bytes);
        ASSERT_TRUE(row.ok()) << row.status();
        EXPECT_EQ(row->sequence,
                  (StreamSequence{.epoch = 1, .timestamp = 1'700'000'000'000'000, .row_index = 0}));
      }
      if (vector.contains("node_sdk_hex")) {
        const std::string padded = Bytes(vector["node_sdk_hex"]);
        EXPECT_EQ(padded.size() - bytes.size(), vector["node_sdk_zero_padding"].get<size_t>());
        EXPECT_EQ(PlainBufferTree(padded)["rows"], tree["rows"]);
      }
      if (vector.contains("annotated")) {
        std::string joined;
        for (const json& part : vector["annotated"]) {
          EXPECT_EQ(joined.size(), part["offset"].get<size_t>() * 2);
          joined += part["hex"];
        }
        EXPECT_EQ(joined, vector["hex"]);
      }
    }
  }
}

TEST(TablestoreVectors, Requests) {
  Messages messages;
  for (const char* const sdk : {"node", "python", "go", "java"}) {
    const json file = Load(Concat("requests.", sdk, ".json"));
    const std::string secret = "ExampleSecret0123456789abcdef";
    for (const json& vector : file["vectors"]) {
      SCOPED_TRACE(Concat(sdk, ": ", vector["name"].get<std::string>()));
      ++compared;
      const std::string name = vector["operation"];
      const std::string body = Bytes(vector["body_hex"]);
      const std::vector<Header> headers = Headers(vector["headers"]);
      EXPECT_EQ(*ContentMd5(body), HeaderValue(vector["headers"], kContentMd5Header));
      EXPECT_EQ(RequestStringToSign(vector["path"].get<std::string>(), headers),
                vector["string_to_sign"]);
      ASSERT_EQ(vector["signature_header"], kSignatureHeader);
      EXPECT_EQ(*Sign(secret, vector["string_to_sign"].get<std::string>()), vector["signature"]);

      const std::optional<Operation> operation = ParseOperation(name);
      ASSERT_TRUE(operation.has_value());
      EXPECT_EQ(OperationPath(*operation), vector["path"]);
      const auto message = messages.Parse(name + "Request", body);
      ASSERT_NE(message, nullptr);
      EXPECT_EQ(Messages::Tree(*message), vector["decoded"]);
      EXPECT_EQ(Hex(message->SerializeAsString()), vector["body_hex"]);
    }
  }
}

// What our client makes of an answer.
absl::Status Read(Operation operation, const std::string& body) {
  switch (operation) {
    case Operation::kListTable:
      return ReadListTable(body).status();
    case Operation::kDescribeTable:
      return ReadDescribeTable(body).status();
    case Operation::kGetRow:
      return ReadGetRow(body).status();
    case Operation::kBatchGetRow:
      return ReadBatchGetRow(body).status();
    case Operation::kBatchWriteRow:
      return ReadBatchWriteRow(body).status();
    case Operation::kGetRange:
      return ReadGetRange(body).status();
    case Operation::kStartLocalTransaction:
      return ReadStartLocalTransaction(body).status();
    default:
      return absl::OkStatus();
  }
}

TEST(TablestoreVectors, Responses) {
  Messages messages;
  const json file = Load("responses.json");
  for (const json& vector : file["vectors"]) {
    const std::string name = vector["operation"];
    SCOPED_TRACE(Concat(name, ": ", vector["name"].get<std::string>()));
    ++compared;
    const std::string body = Bytes(vector["body_hex"]);
    EXPECT_EQ(*ContentMd5(body), vector["body_md5_base64"]);
    if (name == "any") {
      const int status = vector["http_status"];
      const ServiceError error = DecodeError(status, body);
      EXPECT_EQ("error " + error.code, vector["name"]);
      EXPECT_EQ(Hex(EncodeError(error)), vector["body_hex"]);
      EXPECT_EQ(InfoOf(ParseErrorCode(error.code)).http_status, status);
      continue;
    }
    const auto message = messages.Parse(name + "Response", body);
    ASSERT_NE(message, nullptr);
    Messages::Tree(*message);
    EXPECT_EQ(Hex(message->SerializeAsString()), vector["body_hex"]);
    const absl::Status read = Read(*ParseOperation(name), body);
    EXPECT_TRUE(read.ok()) << read;
  }
}

TEST(TablestoreVectors, Signatures) {
  const json file = Load("signatures.json");
  const std::string secret = file["credentials"]["access_key_secret"];
  for (const json& vector : file["v2_requests"]) {
    SCOPED_TRACE(vector["name"].get<std::string>());
    ++compared;
    EXPECT_EQ(*ContentMd5(Bytes(vector["body_hex"])), vector["body_md5_base64"]);
    const std::string text =
        RequestStringToSign(vector["path"].get<std::string>(), Headers(vector["headers"]));
    EXPECT_EQ(text, vector["string_to_sign"]);
    EXPECT_EQ(Hex(text), vector["string_to_sign_hex"]);
    EXPECT_EQ(*Sign(secret, text), vector["x-ots-signature"]);
  }
  for (const json& vector : file["v4_requests"]) {
    SCOPED_TRACE(vector["name"].get<std::string>());
    ++compared;
    const std::string text =
        RequestStringToSign(vector["path"].get<std::string>(), Headers(vector["headers"]));
    EXPECT_EQ(text + "ots", vector["string_to_sign_with_salt"]);
    const std::string key = *SigningKeyV4(secret, HeaderValue(vector["headers"], kSignDayHeader),
                                          HeaderValue(vector["headers"], kSignRegionHeader));
    EXPECT_EQ(key, vector["signing_key_base64_text_used_as_hmac_key"]);
    EXPECT_EQ(*SignV4(key, text), vector["x-ots-signaturev4"]);
  }
  for (const json& vector : file["response_signatures"]) {
    ++compared;
    std::vector<Header> headers;
    for (const auto& [name, value] : vector["headers"].items()) headers.push_back({name, value});
    const std::string text =
        ResponseStringToSign(Concat("/", vector["operation"].get<std::string>()), headers);
    EXPECT_EQ(text, vector["string_to_sign"]);
    EXPECT_EQ(Concat("OTS LTAI5tExampleAccessKeyId:", *Sign(secret, text)),
              vector["authorization"]);
  }
  for (const json& vector : file["error_body_md5_from_live_service"]) {
    ++compared;
    const std::string body =
        EncodeError({.http_status = 0, .code = vector["code"], .message = vector["message"]});
    EXPECT_EQ(Hex(body), vector["body_hex"]);
    EXPECT_EQ(*ContentMd5(body), vector["x-ots-contentmd5"]);
  }
}

}  // namespace
}  // namespace jfs::ots
