#include "ots_mock/engine/table.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/status/status.h"

#include "core/base/check.h"
#include "core/base/codec.h"
#include "core/base/concat.h"
#include "core/ots/error.h"
#include "core/ots/parse_message.h"

namespace jfs::ots_mock {
namespace {

using ots::ErrorCode;
using ots::ValueType;

constexpr int kMaxKeyColumns = 4;
constexpr int kMaxDefinedColumns = 32;
constexpr size_t kMaxNameBytes = 255;
constexpr int64_t kDefaultDeviationSeconds = 86'400;

// Everything of table 7 begins with this byte and 7, big-endian.
constexpr uint8_t kRowPrefix = 'r';

// The first byte of each column of a stored key; values lie between the infinities.
constexpr uint8_t kBelow = 1;
constexpr uint8_t kValue = 2;
constexpr uint8_t kAbove = 3;

Refusal Invalid(std::string_view message) {
  return ots::MakeError(ErrorCode::kParameterInvalid, message);
}

// As the live service names types in its messages.
std::string VariantName(ValueType type) { return Concat("VT_", ots::ValueTypeName(type)); }

// Bytes that sort as the value does and are no beginning of another value's.
void PutSortable(const ots::Value& value, Encoder* out) {
  switch (value.type()) {
    case ValueType::kInfMin:
      out->U8(kBelow);
      return;
    case ValueType::kInfMax:
      out->U8(kAbove);
      return;
    case ValueType::kInteger:
      out->U8(kValue);
      // With the sign bit flipped, negative numbers sort before the others.
      out->U64(static_cast<uint64_t>(value.integer()) ^ (uint64_t{1} << 63));
      return;
    default:
      break;
  }
  CHECK(value.is(ValueType::kString) || value.is(ValueType::kBlob));
  out->U8(kValue);
  // A zero byte is followed by 0xff, the end is 0x00 0x01: shorter strings sort first.
  for (const char byte : value.bytes()) {
    out->U8(static_cast<uint8_t>(byte));
    if (byte == '\0') out->U8(0xff);
  }
  out->U8(0);
  out->U8(1);
}

}  // namespace

int64_t Table::deviation_seconds() const {
  return definition.table_options().deviation_cell_version_in_sec();
}

std::optional<size_t> Table::auto_increment() const {
  for (size_t i = 0; i < key.size(); ++i) {
    if (key[i].auto_increment) return i;
  }
  return std::nullopt;
}

std::string EncodeTable(const Table& table) {
  std::string out;
  Encoder encoder(&out);
  encoder.U8(1);  // version
  encoder.U32(table.id);
  encoder.U64(static_cast<uint64_t>(table.created_millis));
  encoder.Bytes(table.definition.SerializeAsString());
  return out;
}

absl::StatusOr<Table> DecodeTable(std::string_view bytes) {
  Decoder in(bytes);
  Table table;
  const uint8_t version = in.U8();
  table.id = in.U32();
  table.created_millis = static_cast<int64_t>(in.U64());
  const std::string_view definition = in.Bytes();
  if (!in.Done() || version != 1 || !ots::ParseMessage(definition, &table.definition)) {
    return absl::DataLossError("a stored table is damaged, or of a newer version of this program");
  }
  Complete(&table);
  return table;
}

bool IsName(std::string_view name) {
  if (name.empty() || name.size() > kMaxNameBytes) return false;
  const auto letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  };
  return letter(name[0]) && std::all_of(name.begin(), name.end(), [&](char c) {
           return letter(c) || (c >= '0' && c <= '9');
         });
}

Refusal CheckOptions(const ots::wire::TableOptions& options) {
  if (options.has_time_to_live() && options.time_to_live() < 1 && options.time_to_live() != -1) {
    return Invalid("TimeToLive cannot be 0 or less than -1.");
  }
  if (options.has_max_versions() && options.max_versions() < 1) {
    return Invalid("MaxVersions must be greater than 0.");
  }
  if (options.has_deviation_cell_version_in_sec() && options.deviation_cell_version_in_sec() < 1) {
    return Invalid("DeviationCellVersionInSec must be greater than 0.");
  }
  return std::nullopt;
}

Refusal CheckDefinition(const ots::wire::CreateTableRequest& definition) {
  const ots::wire::TableMeta& meta = definition.table_meta();
  if (!IsName(meta.table_name())) {
    return Invalid(Concat("Invalid table name: ", meta.table_name(), "."));
  }
  if (meta.primary_key_size() < 1 || meta.primary_key_size() > kMaxKeyColumns) {
    return Invalid("The number of primary key columns must be in range: [1, 4].");
  }
  std::set<std::string> names;
  int automatic = 0;
  for (int i = 0; i < meta.primary_key_size(); ++i) {
    const ots::wire::PrimaryKeySchema& column = meta.primary_key(i);
    if (!IsName(column.name())) return Invalid(Concat("Invalid column name: ", column.name(), "."));
    if (!names.insert(column.name()).second) {
      return Invalid(Concat("Duplicated primary key name: ", column.name(), "."));
    }
    if (!column.has_option()) continue;
    if (i == 0) {
      return Invalid(
          Concat("First primary key can't be auto increment, table: ", meta.table_name(), "."));
    }
    if (column.type() != ots::wire::KEY_INTEGER || ++automatic > 1) {
      return Invalid("Only one primary key column may be auto increment, and it must be INTEGER.");
    }
  }
  if (meta.defined_column_size() > kMaxDefinedColumns) {
    return Invalid("The number of defined columns exceeds the limit, limit count: 32.");
  }
  for (const ots::wire::DefinedColumnSchema& column : meta.defined_column()) {
    if (!IsName(column.name())) return Invalid(Concat("Invalid column name: ", column.name(), "."));
    if (!names.insert(column.name()).second) {
      return Invalid(
          Concat("Duplicated attribute column name with primary key column: ", column.name(), "."));
    }
  }
  if (!definition.table_options().has_time_to_live()) {
    return Invalid("Time-to-live is missing while creating table.");
  }
  if (!definition.table_options().has_max_versions()) {
    return Invalid("MaxVersions is missing while creating table.");
  }
  if (definition.index_metas_size() > 0) {
    return Invalid("This mock has no secondary indexes.");
  }
  return CheckOptions(definition.table_options());
}

void Complete(Table* table) {
  table->key.clear();
  for (const ots::wire::PrimaryKeySchema& column : table->definition.table_meta().primary_key()) {
    const ValueType type = column.type() == ots::wire::KEY_INTEGER  ? ValueType::kInteger
                           : column.type() == ots::wire::KEY_STRING ? ValueType::kString
                                                                    : ValueType::kBlob;
    table->key.push_back(
        {.name = column.name(), .type = type, .auto_increment = column.has_option()});
  }
  ots::wire::TableOptions* const options = table->definition.mutable_table_options();
  if (!options->has_deviation_cell_version_in_sec()) {
    options->set_deviation_cell_version_in_sec(kDefaultDeviationSeconds);
  }
}

Refusal CheckKey(const Table& table, const ots::PrimaryKey& key, KeyUse use) {
  const auto mismatch = [](const std::string& message) {
    return ots::MakeError(ErrorCode::kInvalidPrimaryKey, message);
  };
  if (key.size() != table.key.size()) {
    return mismatch(
        Concat("Validate PK size fail. Input: ", key.size(), ", Meta: ", table.key.size(), "."));
  }
  for (size_t i = 0; i < key.size(); ++i) {
    const ots::KeyColumnSchema& schema = table.key[i];
    const ots::Value& value = key[i].value;
    if (key[i].name != schema.name) {
      return mismatch(
          Concat("Validate PK name fail. Input: ", key[i].name, ", Meta: ", schema.name, "."));
    }
    if (value.is(ValueType::kInfMin) || value.is(ValueType::kInfMax)) {
      if (use == KeyUse::kRange) continue;
      return Invalid(Concat(VariantName(value.type()), " is an invalid type for the primary key."));
    }
    if (value.is(ValueType::kAutoIncrement)) {
      if (use != KeyUse::kWrite) return Invalid("PKAutoIncr can't be used for read operations.");
      if (schema.auto_increment) continue;
    }
    if (!value.is(schema.type)) {
      return mismatch(Concat("Validate PK type fail. Input: ", VariantName(value.type()),
                             ", Meta: ", VariantName(schema.type), "."));
    }
    if (value.bytes().size() > ots::kMaxKeyColumnBytes) {
      return Invalid(Concat("The length of primary key column: ", schema.name,
                            " exceeds the MaxLength: ", ots::kMaxKeyColumnBytes,
                            " with CurrentLength: ", value.bytes().size(), "."));
    }
  }
  return std::nullopt;
}

std::string TablePrefix(const Table& table) {
  std::string out;
  Encoder encoder(&out);
  encoder.U8(kRowPrefix);
  encoder.U32(table.id);
  return out;
}

std::string TableEnd(const Table& table) {
  std::string out;
  Encoder encoder(&out);
  encoder.U8(kRowPrefix);
  encoder.U32(table.id + 1);
  return out;
}

std::string PartitionPrefix(const Table& table, const ots::KeyColumn& partition_key) {
  std::string out = TablePrefix(table);
  Encoder encoder(&out);
  PutSortable(partition_key.value, &encoder);
  return out;
}

std::string StoredKey(const Table& table, const ots::PrimaryKey& key) {
  std::string out = TablePrefix(table);
  Encoder encoder(&out);
  for (const ots::KeyColumn& column : key) PutSortable(column.value, &encoder);
  return out;
}

}  // namespace jfs::ots_mock
