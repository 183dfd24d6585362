#include <gtest/gtest.h>

#include <string>

#include "core/ns/codec.h"
#include "core/ns/keys.h"
#include "core/ns/records.h"
#include "core/ns/test_world.h"

// Remembered calls, positions and the two times, as a caller of Namespace sees them.
namespace jfs::ns {
namespace {

const CallId kCall{"0123456789abcdef", 7};

TEST(RetryTest, SecondTimeIsAnsweredAsTheFirst) {
  TestWorld world;
  world.Make("/f");
  const Reply first = world.Run(Delete{"/f", false}, Superuser(), kCall);
  EXPECT_TRUE(std::get<Truth>(first.value).value);
  const Position position = world.ns().position();
  world.Reopen();
  EXPECT_EQ(world.Run(Delete{"/f", false}, Superuser(), kCall), first);
  EXPECT_EQ(world.ns().position(), position);
  // The same call by another client is another call.
  EXPECT_FALSE(
      std::get<Truth>(world.Run(Delete{"/f", false}, Superuser(), {"fedcba9876543210", 7}).value)
          .value);
}

TEST(RetryTest, FailureIsRememberedToo) {
  TestWorld world;
  const Reply first = world.Run(SetPermission{"/f", 0600}, Superuser(), kCall);
  EXPECT_EQ(first.code, Code::kAttributeTargetNotFound);
  world.Make("/f");
  EXPECT_EQ(world.Run(SetPermission{"/f", 0600}, Superuser(), kCall), first);
}

TEST(RetryTest, WithinOneBatch) {
  TestWorld world;
  CommandBatch batch;
  for (int i = 0; i < 2; ++i) {
    batch.commands.push_back({1, Superuser(), kCall, Create{.path = "/f", .client_name = "w"}});
  }
  const std::vector<Reply> replies = world.Run(batch);
  EXPECT_EQ(replies[0].code, Code::kOk);
  EXPECT_EQ(replies[0], replies[1]);
}

TEST(RetryTest, ExpiresByLogTimeNotByWallTime) {
  TestWorld world;
  const Reply first = world.Run(Mkdirs{"/d"}, Superuser(), kCall);
  world.wall += 3'600'000;  // a clock step
  world.Run(Delete{"/d", true});
  EXPECT_EQ(world.Run(Mkdirs{"/d"}, Superuser(), kCall), first);
  EXPECT_EQ(world.Tree(), "");
  EXPECT_TRUE(world.ns().anything_can_expire());
  world.elapsed_millis = 1'000'000;  // capped at 10 s
  for (int i = 0; i < 59; ++i) world.Run(Advance{});
  EXPECT_TRUE(world.ns().anything_can_expire());
  world.Reopen();
  world.Run(Advance{});
  EXPECT_FALSE(world.ns().anything_can_expire());
  EXPECT_EQ(world.Findings(), "");
  world.Run(Mkdirs{"/d"}, Superuser(), kCall);
  EXPECT_EQ(world.Tree(), "/d/");
}

TEST(RetryTest, ByteLimitPushesOutTheOldest) {
  TestWorld world;
  SetLimits limits;
  limits.retry_cache_bytes = 1000;
  world.Run(limits);
  world.elapsed_millis = 100;
  for (int i = 0; i < 100; ++i) {
    world.Run(Mkdirs{"/d" + std::to_string(i)}, Superuser(), {"0123456789abcdef", i});
    EXPECT_LE(world.ns().retry_cache().bytes, 1000u);
  }
  EXPECT_GT(world.ns().retry_cache().rows, 2u);
  EXPECT_LT(world.ns().retry_cache().rows, 20u);
  EXPECT_EQ(world.ns().retry_cache().evicted_age_millis, 100 * world.ns().retry_cache().rows);
  EXPECT_EQ(world.Findings(), "");
  // The youngest is still known, the oldest is executed again.
  world.Run(Delete{"/d99", true});
  world.Run(Delete{"/d0", true});
  world.Run(Mkdirs{"/d99"}, Superuser(), {"0123456789abcdef", 99});
  world.Run(Mkdirs{"/d0"}, Superuser(), {"0123456789abcdef", 0});
  EXPECT_EQ(world.Ask(GetFileInfo{"/d99"}).value, Value(Absent{}));
  EXPECT_NE(world.Ask(GetFileInfo{"/d0"}).value, Value(Absent{}));
}

TEST(TimeTest, WallNeverGoesBack) {
  TestWorld world;
  world.wall = 5000'000;
  world.Make("/a/");
  world.wall = 1;
  world.Make("/b/");
  const Reply reply = world.Ask(GetFileInfo{"/b"});
  EXPECT_EQ(std::get<FileStatus>(reply.value).mtime, WallMillis(5000'000));
}

TEST(RetryTest, AnotherCallUnderTheSameIdIsRefused) {
  TestWorld world;
  const CallId call = {"client", 7};
  ASSERT_EQ(world.Run(Mkdirs{"/d"}, Superuser(), call).code, Code::kOk);
  EXPECT_EQ(world.Run(Delete{"/d", true}, Superuser(), call).code, Code::kCallIdReused);
  EXPECT_EQ(world.Run(Mkdirs{"/d"}, User("mallory"), call).code, Code::kCallIdReused);
  EXPECT_EQ(world.Tree(), "/d/");
  world.Reopen();
  EXPECT_EQ(world.Run(Create{.path = "/f", .client_name = "w"}, Superuser(), call).code,
            Code::kCallIdReused);
  // It is not remembered in the place of the first.
  EXPECT_EQ(world.Run(Mkdirs{"/d"}, Superuser(), call).code, Code::kOk);
  EXPECT_EQ(world.Findings(), "");
}

TEST(RetryTest, LongNamesDoNotPushOthersOut) {
  TestWorld world;
  SetLimits limits;
  limits.retry_cache_bytes = 4 << 20;
  world.Run(limits);
  const CallId kept = {"client", 1};
  ASSERT_EQ(world.Run(Mkdirs{"/d"}, Superuser(), kept).code, Code::kOk);
  const std::string path = "/" + std::string(1'000'000, 'x');
  for (int i = 0; i < 50; ++i) {
    const Reply refused = world.Run(SetPermission{path, 0700}, User("mallory"), {"other", i});
    EXPECT_NE(refused.code, Code::kOk);
    ASSERT_LT(refused.arguments.at(0).size(), 20'000u);
  }
  EXPECT_GT(world.ns().retry_cache().rows, 50u);
  EXPECT_EQ(world.ns().retry_cache().evicted_age_millis, 0u);
}

TEST(PositionTest, CountsWhatChangesTheTree) {
  TestWorld world;
  const auto steps = [&](const Operation& operation) {
    const Position before = world.ns().position();
    const Reply reply = world.Run(operation);
    EXPECT_EQ(reply.position, world.ns().position());
    EXPECT_EQ(reply.position.lineage(), 1);
    return reply.position.sequence() - before.sequence();
  };
  EXPECT_EQ(steps(Mkdirs{"/a/b"}), 1u);
  EXPECT_EQ(steps(Mkdirs{"/a/b"}), 0u);
  EXPECT_EQ(steps(Delete{"/missing", true}), 0u);
  EXPECT_EQ(steps(SetPermission{"/a", 0755}), 0u);
  EXPECT_EQ(steps(SetPermission{"/a", 0700}), 1u);
  EXPECT_EQ(steps(Rename{"/a/b", "/a/b/c"}), 0u);
  EXPECT_EQ(steps(Delete{"/a", true}), 1u);
  EXPECT_EQ(steps(FinishDeletes{}), 1u);
  EXPECT_EQ(steps(Advance{}), 0u);
  EXPECT_EQ(steps(CreateNamespace{"test"}), 0u);
  EXPECT_EQ(steps(CreateNamespace{"other"}), 1u);
  EXPECT_EQ(world.Ask(GetFileInfo{"/"}).position, world.ns().position());
}

TEST(OpenTest, UnknownFeatureLevel) {
  TestWorld world;
  std::string newer;
  newer.push_back(SchemaRecord::kVersion);
  newer.push_back(SchemaRecord::kKnownFeatureLevel + 1);
  kv::WriteBatch batch;
  batch.Put(MetaKey(MetaRow::kSchema), newer);
  ASSERT_TRUE(world.store().Write(batch).ok());
  const auto opened = Namespace::Open(world.store(), Mutations());
  EXPECT_EQ(opened.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_NE(opened.status().message().find("feature level 3"), absl::string_view::npos)
      << opened.status();
}

TEST(OpenTest, UnknownSchemaAndDamage) {
  TestWorld world;
  kv::WriteBatch newer;
  newer.Put(std::string("m\0", 2), "\x04");
  ASSERT_TRUE(world.store().Write(newer).ok());
  EXPECT_EQ(Namespace::Open(world.store(), Mutations()).status().code(),
            absl::StatusCode::kFailedPrecondition);
  TestWorld damaged;
  kv::WriteBatch damage;
  damage.Put(std::string("m\1", 2), "\x02xy");
  ASSERT_TRUE(damaged.store().Write(damage).ok());
  EXPECT_EQ(Namespace::Open(damaged.store(), Mutations()).status().code(),
            absl::StatusCode::kDataLoss);
}

// A store whose reads fail must stop the node, not look empty.
class FailingView : public kv::View {
 public:
  absl::Status Get(std::string_view, std::string*, bool*) const override {
    return absl::DataLossError("sector gone");
  }
  std::unique_ptr<kv::Iterator> Scan(std::string_view, std::string_view) const override {
    class Failed : public kv::Iterator {
      bool Valid() const override { return false; }
      void Next() override {}
      std::string_view key() const override { return {}; }
      std::string_view value() const override { return {}; }
      absl::Status status() const override { return absl::DataLossError("sector gone"); }
    };
    return std::make_unique<Failed>();
  }
};

TEST(ReadErrorTest, IsTerminal) {
  TestWorld world;
  world.Make("/d/f");
  CommandBatch batch;
  batch.commands.push_back({1, Superuser(), {}, Delete{"/d/f", false}});
  kv::WriteBatch changes;
  std::vector<Reply> replies;
  const FailingView failing;
  EXPECT_FALSE(world.ns().Apply(failing, 100, EncodeCommandBatch(batch), &changes, &replies).ok());
  Reply reply;
  EXPECT_FALSE(world.ns().Read(failing, {1, Superuser(), GetListing{"/d"}}, &reply).ok());
  EXPECT_FALSE(Namespace::Open(failing, Mutations()).ok());
  EXPECT_FALSE(Fsck(failing).ok());
}

}  // namespace
}  // namespace jfs::ns
