#include "core/ns/codec.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "core/base/random.h"
#include "core/ns/error_text.h"

namespace jfs::ns {
namespace {

CommandBatch BatchOfEverything() {
  const Block block{7, 8, 9};
  const std::vector<Operation> operations = {
      Mkdirs{"/a", 0700, false},
      Create{"/f", 0640, "client", 3, false, 2, 1 << 20},
      AddBlock{"/f", "client", 16386, block, 3},
      AddBlock{"/f", "client", 0, std::nullopt, 0},
      Complete{"/f", "client", 16386, block},
      Delete{"/d", true},
      Rename{"/a", "/b"},
      Rename2{"/a", "/b", true, true},
      SetTimes{"/a", WallMillis(5), std::nullopt},
      SetPermission{"/a", 01777},
      SetOwner{"/a", "alice", std::nullopt},
      ImportFile{"/i", 0600, "u", "g", WallMillis(1), WallMillis(2), 3, 4, 5},
      CreateNamespace{"test"},
      Advance{},
      FinishDeletes{17},
      SetMirror{true, 4096},
      MirrorProgress{uint64_t{1} << 40},
      DisableMirror{},
      BeginRecovery{.cluster = "0badcafe",
                    .lineage = 3,
                    .last = 900,
                    .chain = UINT64_MAX,
                    .checkpoint = 850,
                    .checkpoint_chain = 77,
                    .wall = WallMillis(1'700'000'000'001),
                    .next_lease = 12,
                    .next_namespace = 2,
                    .directories = 5,
                    .files = 6,
                    .bytes = 7},
      LoadRows{"", "cursor", {{"e-key", "value"}, {"x-key", ""}, {"d-key", std::nullopt}}},
      LoadRows{"cursor", "end", {}},
      FinishRecovery{true, ""},
      FinishRecovery{false, "a reason"},
      ClaimRecovered{4, true, 4096},
      SetLimits{},
  };
  CommandBatch batch;
  batch.wall = WallMillis(1'700'000'000'000);
  batch.elapsed_millis = 12;
  for (const Operation& operation : operations) {
    Command command;
    command.ns = 2;
    command.caller = {"alice", {"users", "staff"}, true, "10.0.0.1"};
    command.call = {"0123456789abcdef", 77};
    command.operation = operation;
    batch.commands.push_back(command);
  }
  batch.commands.back().call = {};
  return batch;
}

std::vector<Reply> RepliesOfEveryKind() {
  FileStatus status;
  status.name = "name";
  status.owner = "alice";
  status.length = 1'000'000'000'000;
  BlockLocations locations;
  locations.blocks = {{1, 2, 3}, {4, 5, 6}};
  locations.last_block = Block{4, 5, 6};
  const std::vector<Value> values = {std::monostate(),
                                     Truth{true},
                                     Absent{},
                                     status,
                                     Listing{{status, status}, 3},
                                     ContentSummary{1, 2, 3, 4},
                                     locations,
                                     Block{1, 2, 3},
                                     NewNamespace{4}};
  std::vector<Reply> replies;
  for (const Value& value : values) {
    Reply reply;
    reply.value = value;
    reply.position = Position::Of(1, 300);
    replies.push_back(reply);
  }
  Reply refused;
  refused.code = Code::kNotInGroup;
  refused.arguments = {"alice", "staff"};
  replies.push_back(refused);
  return replies;
}

TEST(CommandCodecTest, EncodingIsDecodedToTheSameBytes) {
  const std::string bytes = EncodeCommandBatch(BatchOfEverything());
  const absl::StatusOr<CommandBatch> decoded = DecodeCommandBatch(bytes);
  ASSERT_TRUE(decoded.ok()) << decoded.status();
  EXPECT_EQ(decoded->commands.size(), BatchOfEverything().commands.size());
  EXPECT_EQ(EncodeCommandBatch(*decoded), bytes);
  EXPECT_EQ(std::get<SetOwner>(decoded->commands[10].operation).user, "alice");
  EXPECT_FALSE(std::get<SetOwner>(decoded->commands[10].operation).group.has_value());
  EXPECT_EQ(decoded->commands[2].caller.groups[1], "staff");
  EXPECT_EQ(decoded->commands[2].call.call, 77);
}

TEST(CommandCodecTest, EveryTruncationIsDataLoss) {
  const std::string bytes = EncodeCommandBatch(BatchOfEverything());
  for (size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_EQ(DecodeCommandBatch(bytes.substr(0, size)).status().code(),
              absl::StatusCode::kDataLoss)
        << size;
  }
  EXPECT_EQ(DecodeCommandBatch(bytes + '\0').status().code(), absl::StatusCode::kDataLoss);
}

TEST(CommandCodecTest, WhatOnlyANewerVersionKnowsIsUnimplemented) {
  std::string bytes = EncodeCommandBatch({WallMillis(1), 0, {Command{}}});
  // Batch version, wall, elapsed, count, operation number, operation version.
  for (const size_t at : {0u, 4u, 5u}) {
    std::string newer = bytes;
    newer[at] = 99;
    EXPECT_EQ(DecodeCommandBatch(newer).status().code(), absl::StatusCode::kUnimplemented) << at;
  }
}

TEST(CommandCodecTest, DamagedBytesAreRefusedOrMeanThemselves) {
  const std::string good = EncodeCommandBatch(BatchOfEverything());
  Random random(5);
  int accepted = 0;
  for (int i = 0; i < 20000; ++i) {
    std::string bytes = good;
    const uint64_t changes = random.Between(1, 3);
    for (uint64_t j = 0; j < changes; ++j) {
      const uint64_t at = random.Below(bytes.size());
      bytes[at] = static_cast<char>(random.Next());
    }
    const absl::StatusOr<CommandBatch> decoded = DecodeCommandBatch(bytes);
    if (!decoded.ok()) continue;
    ++accepted;
    EXPECT_EQ(EncodeCommandBatch(*decoded), bytes);
  }
  EXPECT_GT(accepted, 0);
}

TEST(ReplyCodecTest, RoundTripAndTruncations) {
  for (const Reply& reply : RepliesOfEveryKind()) {
    std::string bytes;
    Encoder out(&bytes);
    EncodeReply(reply, &out);
    Decoder in(bytes);
    EXPECT_EQ(DecodeReply(&in), reply);
    EXPECT_TRUE(in.Done());
    for (size_t size = 0; size < bytes.size(); ++size) {
      Decoder cut(std::string_view(bytes).substr(0, size));
      DecodeReply(&cut);
      EXPECT_FALSE(cut.ok()) << size;
    }
  }
}

TEST(ErrorTextTest, TextsOfTemplates) {
  const ErrorText denied =
      TextOf(Code::kPermissionDenied, {"alice", "WRITE", "/", "root", "root", "drwxr-xr-x"});
  EXPECT_EQ(denied.java_class, "org.apache.hadoop.security.AccessControlException");
  EXPECT_EQ(denied.message,
            "Permission denied: user=alice, access=WRITE, inode=\"/\":root:root:drwxr-xr-x");
  EXPECT_EQ(TextOf(Code::kLeaseNotOwner, {"/f", "0", "b", "2", "a"}).message,
            "Client (=b) is not the lease owner (=a: /f (inode 0) [Lease.  Holder: b, pending "
            "creates: 2]");
  EXPECT_EQ(TextOf(Code::kLeaseFileNotFound, {"/f", "7", "b", "0"}).message,
            "File does not exist: /f (inode 7) Holder b does not have any open files.");
  // Missing arguments show as nothing rather than fail.
  EXPECT_EQ(TextOf(Code::kFileNotFound, {}).message, "File does not exist: ");
}

TEST(ErrorTextTest, EveryCodeHasAClassAndItsOwnName) {
  int known = 0;
  for (int number = 1; number < 256; ++number) {
    if (!IsKnownCode(static_cast<uint64_t>(number))) continue;
    ++known;
    const auto code = static_cast<Code>(number);
    EXPECT_EQ(CodeName(code)[0], 'k');
    EXPECT_EQ(TextOf(code, {}).message.find("Refused with"), std::string::npos) << CodeName(code);
  }
  EXPECT_GE(known, 49);
}

}  // namespace
}  // namespace jfs::ns
