#ifndef CORE_OTS_PLAIN_BUFFER_H_
#define CORE_OTS_PLAIN_BUFFER_H_

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

#include "core/ots/row.h"
#include "core/ots/value.h"

// PlainBuffer: how rows and keys travel inside Tablestore's messages (docs/formats/tablestore.md).
// Every cell and every row carries a CRC-8, which decoding verifies.
namespace jfs::ots {

// One row behind a header. A key alone is a row without cells; that of a deletion has the marker.
// Cells are written in the order given. REQUIRES: names and values are shorter than 4 GiB.
std::string EncodeRow(const Row& row);
std::string EncodeKey(const PrimaryKey& key);
// Several rows behind one header. No rows: the empty string, which the official clients accept.
std::string EncodeRows(std::span<const Row> rows);

// All rows of `bytes`, which may be anything. Empty bytes and a header alone are no rows. Zero
// bytes behind the last row are ignored, because one official client sends them.
// DataLoss, naming the offset: cut short, an unknown element, one in a place where it has no
// meaning, or a checksum that does not match.
absl::StatusOr<std::vector<Row>> DecodeRows(std::string_view bytes);
// As DecodeRows, for exactly one row.
absl::StatusOr<Row> DecodeRow(std::string_view bytes);

// A value without length and name, as filters and partition ranges have it.
std::string EncodeBareValue(const Value& value);
absl::StatusOr<Value> DecodeBareValue(std::string_view bytes);

}  // namespace jfs::ots

#endif  // CORE_OTS_PLAIN_BUFFER_H_
