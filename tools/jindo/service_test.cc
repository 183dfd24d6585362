#include "tools/jindo/service.h"

#include <gtest/gtest.h>

#include <fstream>

#include "core/base/concat.h"

namespace jfs::tools {
namespace {

std::string WriteConfiguration(const std::string& name, std::string_view content) {
  const std::string file = testing::TempDir() + "/" + name;
  std::ofstream(file) << content;
  return file;
}

std::string Addresses(const std::vector<net::HostPort>& masters) {
  std::string out;
  for (const net::HostPort& master : masters) out += master.ToString() + " ";
  return out;
}

TEST(Service, FlagsBeforeFileBeforeEnvironment) {
  const std::string conf = WriteConfiguration(
      "a.cfg", "namespace.backend.type=raft\njfs.namespace.server.rpc-address=b1:1,b2:2\n");
  const auto masters = [](const ServiceFlags& flags) {
    const auto service = FindService(flags);
    return service.ok() ? Addresses(service->masters) : std::string(service.status().message());
  };
  EXPECT_EQ(masters({.masters = "a:1, c:3", .conf = conf, .environment = "e:5"}), "a:1 c:3 ");
  EXPECT_EQ(masters({.conf = conf, .environment = "e:5"}), "b1:1 b2:2 ");
  EXPECT_EQ(masters({.environment = "e:5", .home_conf = conf}), "e:5 ");
  EXPECT_EQ(masters({.home_conf = conf}), "b1:1 b2:2 ");
}

TEST(Service, ErrorsSayWhatIsMissing) {
  const auto message = [](const ServiceFlags& flags) {
    return std::string(FindService(flags).status().message());
  };
  EXPECT_NE(message({.home_conf = "/nowhere/x.cfg"}).find("--masters"), std::string::npos);
  EXPECT_NE(message({.conf = "/nowhere/x.cfg"}).find("/nowhere/x.cfg"), std::string::npos);
  EXPECT_NE(message({.masters = "a"}).find("--masters"), std::string::npos);
  const std::string conf = WriteConfiguration("raft.cfg", "namespace.backend.type=raft\n");
  EXPECT_NE(message({.conf = conf}).find("jfs.namespace.server.rpc-address"), std::string::npos);
}

TEST(Service, OneMasterIsFoundByItsOwnPort) {
  const std::string conf =
      WriteConfiguration("one.cfg", "namespace.rpc.port=9101\nnamespace.meta-dir=/x\n");
  const auto service = FindService({.conf = conf});
  ASSERT_TRUE(service.ok()) << service.status();
  EXPECT_EQ(Addresses(service->masters), "127.0.0.1:9101 ");
}

TEST(Service, NamespacesHavePortsOfTheirOwn) {
  const std::string conf =
      WriteConfiguration("two.cfg",
                         "jfs.namespace.server.rpc-address=m1:8101,m2:8101\njfs.namespaces=test,"
                         "logs\njfs.namespaces.logs.rpc.port=8111\n");
  const auto service = FindService({.conf = conf});
  ASSERT_TRUE(service.ok()) << service.status();
  const auto masters = [&](std::string_view path) {
    const auto found = MastersOf(*service, *ParseTarget(path, "u"));
    return found.ok() ? Addresses(*found) : std::string(found.status().message());
  };
  EXPECT_EQ(masters("/x"), "m1:8101 m2:8101 ");
  EXPECT_EQ(masters("jfs://test/x"), "m1:8101 m2:8101 ");
  EXPECT_EQ(masters("jfs://logs/x"), "m1:8111 m2:8111 ");
  EXPECT_EQ(masters("jfs://m2:8101/x"), "m2:8101 ");
  EXPECT_NE(masters("jfs://other/x").find("no namespace 'other'"), std::string::npos);
}

}  // namespace
}  // namespace jfs::tools
