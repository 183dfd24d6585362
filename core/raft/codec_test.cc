#include "core/raft/codec.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "gtest/gtest.h"

namespace jfs::raft {
namespace {

Membership Record() {
  return {.cluster = ClusterId(0xabcdef),
          .as_of = LogIndex(300),
          .as_of_term = Term(4),
          .members = {{.node = NodeId(1), .incarnation = Incarnation(11)},
                      {.node = NodeId(2), .incarnation = Incarnation(UINT64_MAX)},
                      {.node = NodeId(3), .incarnation = Incarnation(13)}}};
}

Entry Command(uint64_t index, uint64_t term, std::string payload) {
  return {.term = Term(term),
          .index = LogIndex(index),
          .kind = EntryKind::kCommand,
          .payload = SharedBytes(std::move(payload))};
}

std::vector<Message> Samples() {
  const Admission admission = {.member = {.node = NodeId(3), .incarnation = Incarnation(9)},
                               .session = 5};
  const Entry admit = {.term = Term(7),
                       .index = LogIndex(130),
                       .kind = EntryKind::kAdmit,
                       .payload = SharedBytes(EncodeAdmission(admission))};
  const Entry noop = {.term = Term(6), .index = LogIndex(128), .kind = EntryKind::kNoop};
  std::vector<Body> bodies = {
      Hello{.answer = true, .locked = Record(), .formed = {}},
      Hello{.answer = false, .locked = {}, .formed = Record()},
      VoteRequest{.pre_vote = true, .last_index = LogIndex(129), .last_term = Term(6)},
      VoteRequest{.transfer = true},
      VoteReply{.granted = true, .commit = {.index = LogIndex(1), .term = Term(1)}},
      AppendRequest{.previous_index = LogIndex(127),
                    .previous_term = Term(5),
                    .commit = LogIndex(120),
                    .round = 1'000'000,
                    .entries = {noop, Command(129, 7, std::string(200, 'z')), admit}},
      AppendRequest{},
      AppendReply{.accepted = true, .match = LogIndex(130), .round = 3, .disk_low = true},
      AppendReply{
          .match = LogIndex(1), .match_term = Term(1), .busy = true, .admission_session = 7},
      Heartbeat{.commit = LogIndex(120), .round = 4},
      HeartbeatReply{.round = 4, .disk_low = true, .admission_session = UINT64_MAX},
      TimeoutNow{}};
  std::vector<Message> messages;
  messages.reserve(bodies.size());
  for (Body& body : bodies) {
    messages.push_back({.from = {.node = NodeId(1), .incarnation = Incarnation(11)},
                        .to = NodeId(2),
                        .cluster = ClusterId(0xabcdef),
                        .term = Term(7),
                        .body = std::move(body)});
  }
  return messages;
}

TEST(CodecTest, MessagesComeBackAsTheyWere) {
  for (const Message& message : Samples()) {
    const std::string bytes = EncodeMessage(message);
    const auto decoded = DecodeMessage(SharedBytes(bytes));
    ASSERT_TRUE(decoded.has_value()) << message.body.index();
    // Equal encodings of values that were decoded strictly are equal values.
    EXPECT_EQ(EncodeMessage(*decoded), bytes);
    EXPECT_EQ(decoded->from, message.from);
    EXPECT_EQ(decoded->term, message.term);
    EXPECT_EQ(decoded->body.index(), message.body.index());
    if (const auto* append = std::get_if<AppendRequest>(&message.body)) {
      EXPECT_EQ(std::get<AppendRequest>(decoded->body).entries, append->entries);
    }
  }
}

// docs/formats/raft.md prints this.
TEST(CodecTest, TheExampleOfTheFormatsPage) {
  AppendRequest append;
  append.previous_index = LogIndex(1);
  append.previous_term = Term(1);
  append.commit = LogIndex(1);
  append.round = 5;
  append.entries = {Command(2, 3, "hello")};
  const Message message = {.from = {.node = NodeId(1), .incarnation = Incarnation(11)},
                           .to = NodeId(2),
                           .cluster = ClusterId(7),
                           .term = Term(3),
                           .body = std::move(append)};
  EXPECT_EQ(absl::BytesToHexString(EncodeMessage(message)),
            "0101000000000000000b0200000000000000070304010101050103020568656c6c6f");
}

TEST(CodecTest, NumbersThatNobodyCanHaveCountedToAreRefused) {
  constexpr uint64_t kLargest = uint64_t{1} << 62;
  const auto comes_back = [](uint64_t term, uint64_t previous, size_t entries) {
    AppendRequest append;
    append.previous_index = LogIndex(previous);
    for (size_t i = 0; i < entries; ++i) append.entries.push_back(Command(0, term, "x"));
    const Message message = {.from = {.node = NodeId(1), .incarnation = Incarnation(11)},
                             .to = NodeId(2),
                             .cluster = ClusterId(7),
                             .term = Term(term),
                             .body = std::move(append)};
    return DecodeMessage(SharedBytes(EncodeMessage(message))).has_value();
  };
  EXPECT_TRUE(comes_back(kLargest, kLargest - 2, 2));
  EXPECT_FALSE(comes_back(kLargest + 1, 1, 0));
  EXPECT_FALSE(comes_back(UINT64_MAX, 1, 0));
  EXPECT_FALSE(comes_back(1, kLargest - 1, 2));
  EXPECT_FALSE(comes_back(1, UINT64_MAX, 1));
  HardState state;
  state.term = Term(kLargest);
  EXPECT_TRUE(DecodeHardState(EncodeHardState(state)).has_value());
  state.term = Term(UINT64_MAX);
  EXPECT_FALSE(DecodeHardState(EncodeHardState(state)).has_value());
}

TEST(CodecTest, EveryTruncationIsRefused) {
  for (const Message& message : Samples()) {
    const std::string bytes = EncodeMessage(message);
    for (size_t size = 0; size < bytes.size(); ++size) {
      EXPECT_FALSE(DecodeMessage(SharedBytes(bytes.substr(0, size))).has_value());
    }
    EXPECT_FALSE(DecodeMessage(SharedBytes(bytes + '\0')).has_value());
  }
}

TEST(CodecTest, FlippedBitsNeverYieldSomethingMalformed) {
  for (const Message& message : Samples()) {
    const std::string bytes = EncodeMessage(message);
    for (size_t bit = 0; bit < bytes.size() * 8; ++bit) {
      std::string flipped = bytes;
      flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << bit % 8));
      const auto decoded = DecodeMessage(SharedBytes(flipped));
      if (!decoded) continue;
      EXPECT_EQ(EncodeMessage(*decoded), flipped) << "one value, one encoding";
      const auto* append = std::get_if<AppendRequest>(&decoded->body);
      if (append == nullptr) continue;
      Position before = {.index = append->previous_index, .term = append->previous_term};
      for (const Entry& entry : append->entries) {
        EXPECT_EQ(entry.index, before.index + 1);
        EXPECT_GE(entry.term, before.term);
        EXPECT_LE(entry.term, decoded->term);
        before = {.index = entry.index, .term = entry.term};
      }
    }
  }
}

TEST(CodecTest, HugeCountsDoNotReserveMemory) {
  // Version, sender, receiver, cluster, term, append with a count of 2^56.
  const std::string bytes =
      std::string("\x01\x01\0\0\0\0\0\0\0\x0b\x02\0\0\0\0\0\0\0\x01\x07\x04\0\0\0\0", 25) +
      std::string(8, '\x80') + '\x01';
  EXPECT_FALSE(DecodeMessage(SharedBytes(bytes)).has_value());
}

TEST(CodecTest, HardStateAndItsParts) {
  const HardState state = {.term = Term(9),
                           .voted_for = NodeId(2),
                           .membership = Record(),
                           .locked = {},
                           .recovering = true};
  const std::string bytes = EncodeHardState(state);
  EXPECT_EQ(DecodeHardState(bytes), state);
  for (size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(DecodeHardState(bytes.substr(0, size)).has_value());
  }
  EXPECT_EQ(DecodeHardState(EncodeHardState(HardState{})), HardState{});
  EXPECT_EQ(DecodeMembership(EncodeMembership(Record())), Record());
  const Admission admission = {.member = Record().members[1], .session = 3};
  EXPECT_EQ(DecodeAdmission(EncodeAdmission(admission)), admission);
  EXPECT_FALSE(DecodeAdmission("").has_value());
}

TEST(CodecTest, MembersAreSortedAndNamedOnce) {
  Membership record = Record();
  std::swap(record.members[0], record.members[1]);
  EXPECT_FALSE(DecodeMembership(EncodeMembership(record)).has_value());
  record = Record();
  record.members[1] = record.members[0];
  EXPECT_FALSE(DecodeMembership(EncodeMembership(record)).has_value());
}

TEST(CodecTest, EntriesShareTheBytesTheyCameIn) {
  const Entry entry = Command(5, 2, "payload");
  const SharedBytes bytes(EncodeEntry(entry));
  const auto decoded = DecodeEntry(bytes);
  ASSERT_TRUE(decoded.has_value());
  EXPECT_EQ(*decoded, entry);
  EXPECT_GE(decoded->payload.view().data(), bytes.view().data());
  EXPECT_LT(decoded->payload.view().data(), bytes.view().data() + bytes.size());
  for (size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(DecodeEntry(SharedBytes::Slice(bytes, 0, size)).has_value());
  }
}

}  // namespace
}  // namespace jfs::raft
