#include "server/master_status.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace jfs::server {
namespace {

using testing::ElementsAre;

std::vector<std::string> Addresses(const std::string& file) {
  const auto settings = ParseFile("test.cfg", file + "namespace.meta-dir=/d\n");
  EXPECT_TRUE(settings.ok()) << settings.status();
  const auto config = Interpret(*settings, "box");
  EXPECT_TRUE(config.ok()) << config.status();
  ::jfs::jindo::MetaStatusResponseProto status;
  DescribeMasters(*config, node::NodeStatus(), nullptr, MirrorFacts(), &status);
  std::vector<std::string> out;
  for (const auto& master : status.masters()) out.push_back(master.address());
  return out;
}

// One master alone listens for no other: what people know of it is where clients go.
TEST(MasterStatus, OneMasterAloneHasItsClientAddress) {
  EXPECT_THAT(Addresses(""), ElementsAre("box:8101"));
  EXPECT_THAT(Addresses("namespace.rpc.port=8201\n"), ElementsAre("box:8201"));
  EXPECT_THAT(Addresses("jfs.namespace.server.rpc-address=127.0.0.1:8301\n"),
              ElementsAre("127.0.0.1:8301"));
}

TEST(MasterStatus, OfAGroupEachHasItsEntryOfInitialConf) {
  EXPECT_THAT(Addresses("namespace.backend.type=raft\n"
                        "namespace.backend.raft.initial-conf=box:8103:0,b:8103:0,c:8103:0\n"
                        "jfs.namespace.server.rpc-address=box:8101,b:8101,c:8101\n"),
              ElementsAre("box:8103", "b:8103", "c:8103"));
}

}  // namespace
}  // namespace jfs::server
