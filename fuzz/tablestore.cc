// What a Tablestore service, or a client of one, sends: rows, values, filters, messages, dates. The
// first byte says as what the rest is read.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/check.h"
#include "core/ots/date.h"
#include "core/ots/exchange.h"
#include "core/ots/filter.h"
#include "core/ots/plain_buffer.h"
#include "core/ots/requests.h"

namespace jfs::ots {
namespace {

// What was understood means the same after it was written and read again.
void Rows(std::string_view bytes) {
  const absl::StatusOr<std::vector<Row>> rows = DecodeRows(bytes);
  if (!rows.ok()) return;
  const std::string again = EncodeRows(*rows);
  const absl::StatusOr<std::vector<Row>> second = DecodeRows(again);
  CHECK(second.ok()) << second.status();
  CHECK(*second == *rows);
  for (const Row& row : *rows) FormatRow(row);
}

void BareValue(std::string_view bytes) {
  const absl::StatusOr<Value> value = DecodeBareValue(bytes);
  if (!value.ok()) return;
  CHECK(EncodeBareValue(*value) == bytes);
  FormatValue(*value);
}

void AnyFilter(std::string_view bytes) {
  const absl::StatusOr<Filter> filter = DecodeFilter(bytes);
  if (!filter.ok()) return;
  const absl::StatusOr<Filter> again = DecodeFilter(EncodeFilter(*filter));
  CHECK(again.ok()) << again.status();
  CHECK(*again == *filter);
}

void Date(std::string_view text) {
  const std::optional<int64_t> seconds = ParseDateSeconds(text);
  if (!seconds.has_value()) return;
  const std::string again = FormatRequestDate(*seconds * 1000);
  // A leap second is the next minute's first to us.
  if (text.substr(17, 2) != "60") CHECK(again.substr(0, 19) == text.substr(0, 19)) << again;
}

void Error(std::string_view body) {
  const ServiceError error = DecodeError(503, body);
  if (error.code.empty()) return;
  CHECK(DecodeError(503, EncodeError(error)) == error);
}

}  // namespace
}  // namespace jfs::ots

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0]) {
    case 'r':
      jfs::ots::Rows(rest);
      break;
    case 'v':
      jfs::ots::BareValue(rest);
      break;
    case 'f':
      jfs::ots::AnyFilter(rest);
      break;
    case 'd':
      jfs::ots::Date(rest);
      break;
    case 'e':
      jfs::ots::Error(rest);
      break;
    case 'a':
      jfs::ots::ReadListTable(rest).IgnoreError();
      jfs::ots::ReadDescribeTable(rest).IgnoreError();
      jfs::ots::ReadGetRow(rest).IgnoreError();
      jfs::ots::ReadBatchGetRow(rest).IgnoreError();
      jfs::ots::ReadBatchWriteRow(rest).IgnoreError();
      jfs::ots::ReadGetRange(rest).IgnoreError();
      jfs::ots::ReadStartLocalTransaction(rest).IgnoreError();
      break;
    default:
      break;
  }
  return 0;
}
