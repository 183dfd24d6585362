#include "core/ots/requests.h"

#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "gtest/gtest.h"

#include "core/ots/date.h"
#include "core/ots/plain_buffer.h"
#include "core/ots/signature.h"

namespace jfs::ots {
namespace {

std::string Hex(const Request& request) { return absl::BytesToHexString(request.body); }

PrimaryKey Key(std::string pk, int64_t id) {
  return {{"pk", Value::String(std::move(pk))}, {"id", Value::Integer(id)}};
}

// What official clients send for the same calls, byte by byte.
TEST(Requests, SameBytesAsOfficialClients) {
  EXPECT_EQ(Hex(StartLocalTransaction("tbl", {"pk", Value::String("a")})),
            "0a0374626c121c7500000001030402000000706b05060000000301000000610ad409ee");
  RowChange deletion{.kind = RowChange::Kind::kDelete, .row = {.primary_key = Key("a", 1)}};
  EXPECT_EQ(
      Hex(WriteRow("tbl", deletion)),
      "0a0374626c12357500000001030402000000706b05060000000301000000610ad40304020000006964050900"
      "00000001000000000000000a0a0809011a020800");
  EXPECT_EQ(Hex(CommitTransaction("txn-0001")), "0a0874786e2d30303031");
  EXPECT_EQ(ListTable().body, "");
}

TEST(Requests, DeletionOfARowNeverCarriesItsCells) {
  RowChange deletion{.kind = RowChange::Kind::kDelete, .row = {.primary_key = Key("a", 1)}};
  const Request bare = WriteRow("tbl", deletion);
  deletion.row.cells.push_back({.name = "s", .value = Value::Integer(1)});
  EXPECT_EQ(WriteRow("tbl", deletion), bare);
}

TEST(Requests, AnswersThatAreNone) {
  const std::string junk = "\xff\xff\xff";
  EXPECT_EQ(ReadGetRow(junk).status().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(ReadGetRow("").status().code(), absl::StatusCode::kDataLoss)
      << "an empty answer has no row, not even an empty one";
  EXPECT_EQ(ReadGetRange(junk).status().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(ReadBatchWriteRow(junk).status().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(ReadBatchGetRow(junk).status().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(ReadStartLocalTransaction("").status().code(), absl::StatusCode::kDataLoss);
}

TEST(Filter, OfOfficialClients) {
  const Filter filter = CompareColumn("d", Comparator::kEqual, Value::Double(1.5));
  EXPECT_EQ(absl::BytesToHexString(EncodeFilter(filter)),
            "0801121408011201641a0901000000000000f83f20012801");
  // NOT ( s == "x" AND ( i > 5 OR b != true ) ), all passing when the column is missing.
  Filter b = CompareColumn("b", Comparator::kNotEqual, Value::Boolean(true), true);
  b.latest_version_only = false;
  const Filter composite =
      Not(And({CompareColumn("s", Comparator::kEqual, Value::String("x"), true),
               Or({CompareColumn("i", Comparator::kGreater, Value::Integer(5), true), b})}));
  EXPECT_EQ(absl::BytesToHexString(EncodeFilter(composite)),
            "08021256080112520802124e080212150801121108011201731a060301000000782000280112330802122f"
            "080312180801121408031201691a090005000000000000002000280112110801120d08021201621a020201"
            "20002800");
  EXPECT_EQ(*DecodeFilter(EncodeFilter(composite)), composite);
}

TEST(Filter, RefusesWhatIsTooMuchOrNoFilter) {
  std::vector<Filter> many(kMaxFilterNodes - 1,
                           CompareColumn("a", Comparator::kEqual, Value::Integer(1)));
  EXPECT_TRUE(DecodeFilter(EncodeFilter(And(many))).ok());
  many.push_back(many.back());
  EXPECT_EQ(DecodeFilter(EncodeFilter(And(many))).status().message(),
            "The count of filter exceeds the max: 32.");
  EXPECT_EQ(DecodeFilter("\x08\x01").status().code(), absl::StatusCode::kInvalidArgument);
  Filter deep = CompareColumn("a", Comparator::kEqual, Value::Integer(1));
  for (int i = 0; i < 2000; ++i) {
    Filter next = Not(std::move(deep));
    deep = std::move(next);
    if (i == 40) break;
  }
  EXPECT_FALSE(DecodeFilter(EncodeFilter(deep)).ok());
}

struct DateCase {
  const char* text;
  int64_t seconds;  // -1: no date
};
constexpr DateCase kDateCases[] = {
    {"1970-01-01T00:00:00Z", 0},
    {"2024-05-06T07:08:09.123Z", 1'714'979'289},
    {"2024-05-06T07:08:09.123456Z", 1'714'979'289},
    {"2026-11-22T17:20:05.11225Z", 1'795'368'005},
    {"2024-02-29T23:59:59Z", 1'709'251'199},
    {"2000-03-01T00:00:00.0Z", 951'868'800},
    {"2023-02-29T00:00:00Z", -1},
    {"2024-05-06T07:08:09", -1},
    {"2024-05-06T07:08:09.Z", -1},
    {"2024-05-06 07:08:09Z", -1},
    {"2024-13-06T07:08:09Z", -1},
    {"2024-05-06T24:08:09Z", -1},
    {"1969-12-31T23:59:59Z", -1},
    {"2024-05-06T07:08:09Zx", -1},
    {"Sun, 06 Nov 1994 08:49:37 GMT", -1},
    {"", -1},
};
TEST(Date, ReadAndWritten) {
  for (const DateCase& c : kDateCases) {
    EXPECT_EQ(ParseDateSeconds(c.text).value_or(-1), c.seconds) << c.text;
  }
  EXPECT_EQ(FormatRequestDate(1'714'979'289'123), "2024-05-06T07:08:09.123Z");
  EXPECT_EQ(FormatResponseDate(1'714'979'289'007), "2024-05-06T07:08:09.007000Z");
  EXPECT_EQ(FormatSigningDay(1'714'979'289'123), "20240506");
  for (int64_t day = 0; day < 60'000; day += 7) {
    const int64_t seconds = day * 86'400 + day % 86'400;
    EXPECT_EQ(ParseDateSeconds(FormatRequestDate(seconds * 1000)).value_or(-1), seconds);
  }
}

TEST(Signature, AllHeadersOfARequest) {
  const Credentials credentials{.access_key_id = "LTAI5tExampleAccessKeyId",
                                .secret = "ExampleSecret0123456789abcdef"};
  const auto headers =
      SignedRequestHeaders(credentials, "mock-inst", "/ListTable", "", 1'714'979'289'123);
  ASSERT_TRUE(headers.ok()) << headers.status();
  EXPECT_EQ(headers->back(), (Header{"x-ots-signature", "g875oqpX3MWJ5VPn0Xj0i0ULx98="}));
  EXPECT_EQ(RequestStringToSign("/ListTable", *headers),
            "/ListTable\nPOST\n\n"
            "x-ots-accesskeyid:LTAI5tExampleAccessKeyId\n"
            "x-ots-apiversion:2015-12-31\n"
            "x-ots-contentmd5:1B2M2Y8AsgTpgAmY7PhCfg==\n"
            "x-ots-date:2024-05-06T07:08:09.123Z\n"
            "x-ots-instancename:mock-inst\n");
  EXPECT_TRUE(SameSignature("abc", "abc"));
  EXPECT_FALSE(SameSignature("abc", "abd"));
  EXPECT_FALSE(SameSignature("abc", "ab"));
}

}  // namespace
}  // namespace jfs::ots
