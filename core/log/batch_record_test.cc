#include "core/log/batch_record.h"

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"

#include "core/log/replay.h"

namespace jfs::log {
namespace {

LogEntry Entry(uint64_t index, uint64_t term, std::string payload) {
  LogEntry entry;
  entry.index = index;
  entry.term = term;
  entry.kind = 2;
  entry.payload = SharedBytes(std::move(payload));
  return entry;
}

BatchRecord Example() {
  BatchRecord record;
  record.previous_crc = 0xdeadbeef;
  record.oldest_epoch = 5;
  record.base = {300, 4};
  record.hard_state = "vote";
  record.damage = "segment-1 at offset 2";
  record.operations = {
      ResetOperation{{300, 4}}, AppendOperation{{Entry(301, 4, "a"), Entry(302, 5, "")}},
      TruncateOperation{302}, AppendOperation{{Entry(302, 6, std::string(300, 'b'))}}};
  return record;
}

TEST(BatchRecordTest, RoundTrip) {
  BatchRecord decoded;
  ASSERT_TRUE(DecodeRecord(SharedBytes(EncodeRecord(Example())), &decoded).ok());
  EXPECT_EQ(decoded, Example());
  BatchRecord empty;
  ASSERT_TRUE(DecodeRecord(SharedBytes(EncodeRecord(BatchRecord())), &empty).ok());
  EXPECT_EQ(empty, BatchRecord());
}

TEST(BatchRecordTest, EveryTruncationAndEveryExtension) {
  const std::string bytes = EncodeRecord(Example());
  for (size_t size = 0; size < bytes.size(); ++size) {
    BatchRecord decoded;
    ASSERT_TRUE(absl::IsDataLoss(DecodeRecord(SharedBytes(bytes.substr(0, size)), &decoded)))
        << size;
  }
  BatchRecord decoded;
  EXPECT_TRUE(absl::IsDataLoss(DecodeRecord(SharedBytes(bytes + '\0'), &decoded)));
}

// Whatever decodes encodes to the same bytes again: one record, one form.
TEST(BatchRecordTest, EveryByteChanged) {
  const std::string bytes = EncodeRecord(Example());
  for (size_t at = 0; at < bytes.size(); ++at) {
    for (int value = 0; value < 256; ++value) {
      std::string changed = bytes;
      changed[at] = static_cast<char>(value);
      BatchRecord decoded;
      const bool decodes = DecodeRecord(SharedBytes(changed), &decoded).ok();
      ASSERT_TRUE(!decodes || EncodeRecord(decoded) == changed) << at;
    }
  }
}

TEST(BatchRecordTest, NumbersBeyondTheLargest) {
  const auto with = [](Operation operation) {
    BatchRecord record;
    record.operations.push_back(std::move(operation));
    return record;
  };
  struct Case {
    const char* what;
    std::function<BatchRecord(uint64_t)> make;
  };
  const std::vector<Case> cases = {
      {"oldest epoch", [](uint64_t n) { return BatchRecord{.oldest_epoch = n}; }},
      {"base index",
       [](uint64_t n) {
         return BatchRecord{.base = {n, 1}};
       }},
      {"base term",
       [](uint64_t n) {
         return BatchRecord{.base = {1, n}};
       }},
      {"truncate", [&](uint64_t n) { return with(TruncateOperation{n}); }},
      {"reset index",
       [&](uint64_t n) {
         return with(ResetOperation{{n, 1}});
       }},
      {"reset term",
       [&](uint64_t n) {
         return with(ResetOperation{{1, n}});
       }},
      {"entry term", [&](uint64_t n) { return with(AppendOperation{{Entry(1, n, "")}}); }},
      {"index", [&](uint64_t n) { return with(AppendOperation{{Entry(n, 1, "")}}); }},
      {"last index",
       [&](uint64_t n) {
         return with(AppendOperation{{Entry(n - 1, 1, ""), Entry(n, 1, "")}});
       }},
  };
  for (const Case& c : cases) {
    for (const uint64_t number : {kLargestNumber, kLargestNumber + 1, UINT64_MAX - 1, UINT64_MAX}) {
      BatchRecord decoded;
      const absl::Status status = DecodeRecord(SharedBytes(EncodeRecord(c.make(number))), &decoded);
      EXPECT_EQ(status.ok(), number == kLargestNumber) << c.what << " " << number;
      EXPECT_TRUE(status.ok() || absl::IsDataLoss(status)) << status;
    }
  }
}

TEST(ReplayTest, GapsAreRefused) {
  Replay replay;
  ASSERT_TRUE(replay.Apply(Example().operations));
  ASSERT_EQ(replay.entries().size(), 2u);
  EXPECT_EQ(replay.entries()[1].term, 6u);
  EXPECT_EQ(replay.next(), 303u);
  EXPECT_EQ(replay.changed_from(), 0u);
  EXPECT_FALSE(Replay(replay).Apply({AppendOperation{{Entry(304, 6, "")}}}));
  EXPECT_FALSE(Replay(replay).Apply({TruncateOperation{304}}));
  EXPECT_TRUE(Replay(replay).Apply({TruncateOperation{301}, AppendOperation{{Entry(301, 7, "")}}}));
}

}  // namespace
}  // namespace jfs::log
