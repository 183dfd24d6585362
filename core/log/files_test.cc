#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

#include "core/log/log_world.h"
#include "core/log/segment_header.h"

// What recovery makes of whole files: lost, foreign, under another name, of another size.
namespace jfs::log {
namespace {

using Files = std::map<std::string, std::string>;

LogWorld Begin() {
  LogWorld world(LogWorld::TinyOptions());
  world.options().spare_segments = 2;
  EXPECT_EQ(world.Recover(), "");
  world.FillSegmentsAndKill();
  return world;
}

// Names of segments that hold batches, in order; the one made ahead is left out.
std::vector<std::string> Segments(LogWorld& world) {
  std::vector<std::string> names;
  for (const auto& [name, bytes] : world.disk().files()) {
    if (ParseSegmentFileName(name) && bytes.substr(512, 512) != std::string(512, '\0'))
      names.push_back(name);
  }
  return names;
}

TEST(FilesTest, EachSegmentLost) {
  LogWorld world = Begin();
  const Files all = world.disk().files();
  const std::vector<std::string> segments = Segments(world);
  ASSERT_GE(segments.size(), 3u);
  for (const std::string& name : segments) {
    world.disk().files() = all;
    world.disk().files().erase(name);
    absl::Status status;
    const RecoveredLog recovered = world.Peek(&status);
    ASSERT_TRUE(status.ok()) << status;
    EXPECT_TRUE(recovered.existed);
    EXPECT_TRUE(recovered.damaged) << name;
    EXPECT_TRUE(absl::StrContains(recovered.damage, name)) << recovered.damage;
    EXPECT_EQ(world.oracle().Judge(recovered), "");
  }
}

TEST(FilesTest, EverySegmentLostButSparesTell) {
  LogWorld world = Begin();
  for (auto file = world.disk().files().begin(); file != world.disk().files().end();) {
    file = ParseSegmentFileName(file->first) ? world.disk().files().erase(file) : std::next(file);
  }
  ASSERT_FALSE(world.disk().files().empty());
  absl::Status status;
  const RecoveredLog recovered = world.Peek(&status);
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_TRUE(recovered.existed);
  EXPECT_TRUE(recovered.damaged);
  EXPECT_EQ(recovered.identity.incarnation, Incarnation(11));
}

TEST(FilesTest, EverythingLostIsAnEmptyDisk) {
  LogWorld world = Begin();
  world.disk().files().clear();
  world.disk().files()["lock"] = "not ours";
  world.options().identity.incarnation = Incarnation(12);
  absl::Status status;
  const RecoveredLog recovered = world.Peek(&status);
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_FALSE(recovered.existed);
  EXPECT_FALSE(recovered.damaged);
  EXPECT_EQ(recovered.identity.incarnation, Incarnation(12));
}

// The rename that made a segment was lost: its contents say what it is.
TEST(FilesTest, EachRenameLost) {
  LogWorld world = Begin();
  const Files all = world.disk().files();
  for (const std::string& name : Segments(world)) {
    for (const std::string old_name : {"spare-00000000000000ff", "segment-0000000000000000"}) {
      world.disk().files() = all;
      world.disk().files()[old_name] = world.disk().files()[name];
      world.disk().files().erase(name);
      if (!ParseSegmentFileName(old_name) && !ParseSpareFileName(old_name)) continue;
      LogWorld copy = Begin();
      copy.disk().files() = world.disk().files();
      ASSERT_EQ(copy.Recover(), "") << name;
      EXPECT_FALSE(copy.recovered().damaged) << copy.recovered().damage;
      copy.AppendEntries(2, 900);
      copy.CompleteAll();
      copy.Compact(copy.oracle().next_index() - 1);
      copy.AppendEntries(2, 900);
      copy.CompleteAll();
      ASSERT_EQ(copy.Recover(), "") << name;
      EXPECT_FALSE(copy.recovered().damaged) << copy.recovered().damage;
    }
  }
}

TEST(FilesTest, HeaderOfTheSegmentMadeAhead) {
  LogWorld world = Begin();
  const std::vector<std::string> used = Segments(world);
  for (auto& [name, bytes] : world.disk().files()) {
    if (std::find(used.begin(), used.end(), name) != used.end()) continue;
    bytes[20] = static_cast<char>(bytes[20] ^ 1);
  }
  ASSERT_EQ(world.Recover(), "");
  EXPECT_FALSE(world.recovered().damaged) << world.recovered().damage;
  world.AppendEntries(2, 900);
  world.CompleteAll();
  ASSERT_EQ(world.Recover(), "");
  EXPECT_FALSE(world.recovered().damaged) << world.recovered().damage;
}

TEST(FilesTest, AnotherNodesDirectoryIsRefused) {
  LogWorld world = Begin();
  world.options().identity.node = NodeId(3);
  absl::Status status;
  (void)world.Peek(&status);
  EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
  EXPECT_TRUE(absl::StrContains(std::string(status.message()), "belongs to node 1, this is node 3"))
      << status;
}

TEST(FilesTest, FilesOfTwoDisksAreRefused) {
  LogWorld world = Begin();
  SegmentHeader header;
  auto last = std::prev(world.disk().files().end());
  ASSERT_TRUE(DecodeSegmentHeader(last->second, &header).ok());
  header.identity.incarnation = Incarnation(99);
  last->second.replace(0, 512, EncodeSegmentHeader(header));
  absl::Status status;
  (void)world.Peek(&status);
  EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
}

TEST(FilesTest, OtherSizesAfterAChangeOfConfiguration) {
  for (const uint32_t block_bytes : {512u, 4096u}) {
    for (const uint64_t segment_bytes : {uint64_t{8192}, uint64_t{65536}}) {
      if (segment_bytes / block_bytes < 8) continue;
      LogWorld world = Begin();
      world.options().block_bytes = block_bytes;
      world.options().segment_bytes = segment_bytes;
      for (int i = 0; i < 3; ++i) {
        ASSERT_EQ(world.Recover(), "");
        ASSERT_FALSE(world.recovered().damaged) << world.recovered().damage;
        world.ReadAll();
        world.AppendEntries(3, 3000);
        world.CompleteAll();
        ASSERT_TRUE(world.read_errors().empty()) << world.read_errors()[0];
      }
      world.Compact(world.oracle().next_index() - 1);
      world.CompleteAll();
      world.AppendEntries(3, 3000);
      world.CompleteAll();
      ASSERT_EQ(world.Recover(), "");
      ASSERT_FALSE(world.recovered().damaged) << world.recovered().damage;
    }
  }
}

TEST(FilesTest, RestartsDoNotFillTheDisk) {
  LogWorld world = Begin();
  for (int i = 0; i < 50; ++i) {
    ASSERT_EQ(world.Recover(), "");
    world.AppendEntries(1, 10);
    world.CompleteAll();
    world.Compact(world.oracle().next_index() - 1);
    world.CompleteAll();
  }
  EXPECT_LE(world.disk().files().size(), 6u);
}

}  // namespace
}  // namespace jfs::log
