#include "server/user_groups.h"

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace jfs::server {
namespace {

using testing::ElementsAre;

// A name service that can be down, and hangs over one user.
struct NameService {
  std::atomic<int> lookups = 0;
  std::atomic<bool> down = false;

  void AwaitTheSlow() {
    std::unique_lock<std::mutex> lock(mutex);
    changed.wait(lock, [this] { return slow_may_go; });
  }
  void LetTheSlowGo() {
    const std::lock_guard<std::mutex> lock(mutex);
    slow_may_go = true;
    changed.notify_all();
  }

  std::mutex mutex;
  std::condition_variable changed;
  bool slow_may_go = false;
};

class UserGroupsTest : public testing::Test {
 protected:
  std::unique_ptr<UserGroups> New(UserGroups::Options options) {
    options.process_user = "hdfs";
    options.superuser_group = "supergroup";
    return std::make_unique<UserGroups>(
        loop_.get(), std::move(options),
        [service = service_](const std::string& user) -> absl::StatusOr<std::vector<std::string>> {
          ++service->lookups;
          if (user == "slow") service->AwaitTheSlow();
          if (service->down) return absl::UnavailableError("no LDAP server answers");
          if (user == "carol") return std::vector<std::string>{"staff", "supergroup"};
          return std::vector<std::string>{user + "-group"};
        });
  }
  ~UserGroupsTest() override { service_->LetTheSlowGo(); }
  void Learn(UserGroups* groups, const std::string& user) {
    bool done = false;
    groups->Resolve(user, [&] { done = true; });
    const Micros end = net::EventLoop::Now() + 20 * kSecond;
    while (!done && net::EventLoop::Now() < end) loop_->RunOnce(10 * kMillisecond);
    ASSERT_TRUE(done);
  }

  // What may last no time at all is over then.
  static void LetTheClockMove() {
    const Micros now = net::EventLoop::Now();
    while (net::EventLoop::Now() <= now + 1) {
    }
  }

  std::unique_ptr<net::EventLoop> loop_ = std::move(*net::EventLoop::Create());
  // Outlives a lookup that hangs.
  const std::shared_ptr<NameService> service_ = std::make_shared<NameService>();
};

TEST_F(UserGroupsTest, IsAskedForOnceAndThenKnown) {
  auto groups = New({});
  EXPECT_EQ(groups->Find("alice"), nullptr);
  int done = 0;
  groups->Resolve("alice", [&] { ++done; });
  groups->Resolve("alice", [&] { ++done; });
  while (done < 2) loop_->RunOnce(kSecond);
  ASSERT_NE(groups->Find("alice"), nullptr);
  EXPECT_THAT(groups->Find("alice")->groups, ElementsAre("alice-group"));
  EXPECT_FALSE(groups->Find("alice")->superuser);
  EXPECT_EQ(service_->lookups, 1);
}

TEST_F(UserGroupsTest, SuperusersAreTheProcessAndTheGroup) {
  auto groups = New({});
  Learn(groups.get(), "hdfs");
  Learn(groups.get(), "carol");
  EXPECT_TRUE(groups->Find("hdfs")->superuser);
  EXPECT_TRUE(groups->Find("carol")->superuser);
}

TEST_F(UserGroupsTest, StaticMappingIsNeverAskedFor) {
  UserGroups::Options options;
  options.static_groups = {{"alice", {"a", "b"}}, {"carol", {}}};
  auto groups = New(options);
  ASSERT_NE(groups->Find("alice"), nullptr);
  EXPECT_THAT(groups->Find("alice")->groups, ElementsAre("a", "b"));
  EXPECT_FALSE(groups->Find("carol")->superuser);
  EXPECT_EQ(service_->lookups, 0);
}

TEST_F(UserGroupsTest, TheOneNotAskedForLongestIsForgotten) {
  UserGroups::Options options;
  options.max_users = 2;
  auto groups = New(options);
  Learn(groups.get(), "a");
  Learn(groups.get(), "b");
  EXPECT_NE(groups->Find("a"), nullptr);
  Learn(groups.get(), "c");
  EXPECT_EQ(groups->Find("b"), nullptr);
  EXPECT_NE(groups->Find("a"), nullptr);
  EXPECT_EQ(groups->remembered(), 2u);
}

TEST_F(UserGroupsTest, OldAnswersServeWhileTheyAreRenewed) {
  UserGroups::Options options;
  options.fresh = 0;
  auto groups = New(options);
  Learn(groups.get(), "a");
  const int before = service_->lookups;
  while (service_->lookups == before) {
    ASSERT_NE(groups->Find("a"), nullptr);
    loop_->RunOnce(kMillisecond);
  }
}

TEST_F(UserGroupsTest, RefreshForgetsWhatWasAskedFor) {
  UserGroups::Options options;
  options.static_groups = {{"dave", {"d"}}};
  auto groups = New(options);
  Learn(groups.get(), "alice");
  groups->Refresh();
  EXPECT_EQ(groups->Find("alice"), nullptr);
  EXPECT_NE(groups->Find("dave"), nullptr);
  Learn(groups.get(), "alice");
  EXPECT_NE(groups->Find("alice"), nullptr);
  EXPECT_EQ(service_->lookups, 2);
}

TEST_F(UserGroupsTest, StaleAnswersDoNotServe) {
  UserGroups::Options options;
  options.fresh = 0;
  options.stale = 0;
  auto groups = New(options);
  Learn(groups.get(), "a");
  LetTheClockMove();
  EXPECT_EQ(groups->Find("a"), nullptr);
}

TEST_F(UserGroupsTest, NameServiceThatFailsTakesNobodysGroupsAway) {
  UserGroups::Options options;
  options.fresh = 0;
  options.retry = 0;
  auto groups = New(options);
  Learn(groups.get(), "carol");
  service_->down = true;
  const int before = service_->lookups;
  while (service_->lookups < before + 3) {
    ASSERT_NE(groups->Find("carol"), nullptr);
    EXPECT_TRUE(groups->Find("carol")->superuser);
    loop_->RunOnce(kMillisecond);
  }
  // Nothing is known of a newcomer: not that he has no groups either.
  Learn(groups.get(), "dave");
  EXPECT_EQ(groups->Find("dave"), nullptr);
  service_->down = false;
  LetTheClockMove();
  Learn(groups.get(), "dave");
  ASSERT_NE(groups->Find("dave"), nullptr);
  EXPECT_THAT(groups->Find("dave")->groups, ElementsAre("dave-group"));
}

TEST_F(UserGroupsTest, AfterAnErrorTheSameUserIsNotAskedForAtOnce) {
  UserGroups::Options options;
  options.retry = 3600 * kSecond;
  auto groups = New(options);
  service_->down = true;
  Learn(groups.get(), "dave");
  Learn(groups.get(), "dave");
  EXPECT_EQ(service_->lookups, 1);
  Learn(groups.get(), "erin");
  EXPECT_EQ(service_->lookups, 2);
}

TEST_F(UserGroupsTest, SlowLookupHoldsUpNeitherOthersNorItsUserForever) {
  UserGroups::Options options;
  options.patience = kSecond;
  auto groups = New(options);
  Learn(groups.get(), "slow");  // comes back without an answer
  EXPECT_EQ(groups->Find("slow"), nullptr);
  Learn(groups.get(), "slow");
  EXPECT_EQ(service_->lookups, 1) << "it is still being asked for";
  Learn(groups.get(), "alice");
  EXPECT_NE(groups->Find("alice"), nullptr);
  service_->LetTheSlowGo();
  const Micros end = net::EventLoop::Now() + 20 * kSecond;
  while (groups->Find("slow") == nullptr && net::EventLoop::Now() < end) {
    loop_->RunOnce(10 * kMillisecond);
  }
  EXPECT_NE(groups->Find("slow"), nullptr);
}

TEST_F(UserGroupsTest, UsersThatWaitAreBounded) {
  UserGroups::Options options;
  options.max_waiting = 1;
  options.patience = 3600 * kSecond;
  auto groups = New(options);
  bool slow_done = false;
  groups->Resolve("slow", [&] { slow_done = true; });
  Learn(groups.get(), "alice");  // at once, without an answer
  EXPECT_EQ(groups->Find("alice"), nullptr);
  EXPECT_FALSE(slow_done);
}

TEST_F(UserGroupsTest, EndDoesNotWaitForALookupThatHangs) {
  auto groups = New({});
  bool done = false;
  groups->Resolve("slow", [&] { done = true; });
  while (service_->lookups == 0) loop_->RunOnce(kMillisecond);
  groups.reset();
  EXPECT_FALSE(done);
}

TEST(SystemGroups, RootIsInRootAndStrangersAreInNothing) {
  const absl::StatusOr<std::vector<std::string>> root = SystemGroups("root");
  ASSERT_TRUE(root.ok()) << root.status();
  ASSERT_FALSE(root->empty());
  EXPECT_EQ(root->front(), "root");
  const absl::StatusOr<std::vector<std::string>> stranger = SystemGroups("no such user here");
  ASSERT_TRUE(stranger.ok()) << stranger.status();
  EXPECT_TRUE(stranger->empty());
  EXPECT_FALSE(ProcessUser().empty());
}

}  // namespace
}  // namespace jfs::server
