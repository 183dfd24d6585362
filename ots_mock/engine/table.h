#ifndef OTS_MOCK_ENGINE_TABLE_H_
#define OTS_MOCK_ENGINE_TABLE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

#include "core/ots/exchange.h"
#include "core/ots/proto/tablestore.pb.h"
#include "core/ots/requests.h"
#include "core/ots/row.h"

// Tables and the keys of their rows. Functions called Check... return what is wrong in the
// service's words, or nothing.
namespace jfs::ots_mock {

using Refusal = std::optional<ots::ServiceError>;

struct Table {
  uint32_t id = 0;             // never used again, so rows of a dropped table belong to nobody
  int64_t created_millis = 0;  // since 1970
  ots::wire::CreateTableRequest definition;

  const std::string& name() const { return definition.table_meta().table_name(); }
  std::vector<ots::KeyColumnSchema> key;  // as in the definition
  int32_t time_to_live() const { return definition.table_options().time_to_live(); }
  int32_t max_versions() const { return definition.table_options().max_versions(); }
  int64_t deviation_seconds() const;
  // The place of the auto-increment column in the key, or nothing.
  std::optional<size_t> auto_increment() const;
};

// As it is stored, and back. DataLoss if the bytes are none.
std::string EncodeTable(const Table& table);
absl::StatusOr<Table> DecodeTable(std::string_view bytes);

// "[A-Za-z_][A-Za-z0-9_]*", at most 255 bytes.
bool IsName(std::string_view name);

Refusal CheckDefinition(const ots::wire::CreateTableRequest& definition);
Refusal CheckOptions(const ots::wire::TableOptions& options);
// Fills in Table::key and the options that have defaults. REQUIRES: CheckDefinition found nothing.
void Complete(Table* table);

enum class KeyUse : uint8_t {
  kRead,   // a value in each column
  kWrite,  // also the placeholder of the auto-increment column
  kRange,  // also infinities
};
// Number, names and types of the columns against the table's.
Refusal CheckKey(const Table& table, const ots::PrimaryKey& key, KeyUse use);

// ---- Keys in the store. They sort as the service sorts rows. ----

// Of everything in the table, and the first key behind it.
std::string TablePrefix(const Table& table);
std::string TableEnd(const Table& table);
// Of all rows with this partition key. REQUIRES: a value, no infinity or placeholder.
std::string PartitionPrefix(const Table& table, const ots::KeyColumn& partition_key);
// Of a row; with infinities, a bound. REQUIRES: CheckKey found nothing, and there is no
// placeholder.
std::string StoredKey(const Table& table, const ots::PrimaryKey& key);

}  // namespace jfs::ots_mock

#endif  // OTS_MOCK_ENGINE_TABLE_H_
