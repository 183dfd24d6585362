#include "server/user_groups.h"

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace jfs::server {
namespace {

using testing::ElementsAre;

class UserGroupsTest : public testing::Test {
 protected:
  std::unique_ptr<UserGroups> New(UserGroups::Options options) {
    options.process_user = "hdfs";
    options.superuser_group = "supergroup";
    return std::make_unique<UserGroups>(loop_.get(), std::move(options),
                                        [this](const std::string& user) {
                                          ++lookups_;
                                          if (user == "carol")
                                            return std::vector<std::string>{"staff", "supergroup"};
                                          return std::vector<std::string>{user + "-group"};
                                        });
  }
  void Learn(UserGroups* groups, const std::string& user) {
    bool done = false;
    groups->Resolve(user, [&] { done = true; });
    const Micros end = net::EventLoop::Now() + 20 * kSecond;
    while (!done && net::EventLoop::Now() < end) loop_->RunOnce(10 * kMillisecond);
    ASSERT_TRUE(done);
  }

  std::unique_ptr<net::EventLoop> loop_ = std::move(*net::EventLoop::Create());
  std::atomic<int> lookups_ = 0;
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
  EXPECT_EQ(lookups_, 1);
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
  EXPECT_EQ(lookups_, 0);
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
  const int before = lookups_;
  while (lookups_ == before) {
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
  EXPECT_EQ(lookups_, 2);
}

TEST_F(UserGroupsTest, StaleAnswersDoNotServe) {
  UserGroups::Options options;
  options.fresh = 0;
  options.stale = 0;
  auto groups = New(options);
  Learn(groups.get(), "a");
  const Micros now = net::EventLoop::Now();
  while (net::EventLoop::Now() <= now + 1) {
  }
  EXPECT_EQ(groups->Find("a"), nullptr);
}

TEST(SystemGroups, RootIsInRootAndStrangersAreInNothing) {
  const std::vector<std::string> root = SystemGroups("root");
  ASSERT_FALSE(root.empty());
  EXPECT_EQ(root[0], "root");
  EXPECT_TRUE(SystemGroups("no such user here").empty());
  EXPECT_FALSE(ProcessUser().empty());
}

}  // namespace
}  // namespace jfs::server
