#include "net/socket.h"

#include <string>

#include "gtest/gtest.h"

#include "net/log_limit.h"

namespace jfs::net {
namespace {

struct HostPortCase {
  const char* text;
  bool ok;
  const char* host;
  uint16_t port;
};

TEST(ParseHostPort, Table) {
  const HostPortCase cases[] = {
      {"emr-header-1:8103", true, "emr-header-1", 8103},
      {"10.0.0.1:1", true, "10.0.0.1", 1},
      {"[::1]:8101", true, "::1", 8101},
      {"h:0", true, "h", 0},
      {"h:65535", true, "h", 65535},
      {"h:65536", false, "", 0},
      {"h:-1", false, "", 0},
      {"h:", false, "", 0},
      {"h", false, "", 0},
      {":80", false, "", 0},
      {"", false, "", 0},
      {"::1:80", false, "", 0},
      {"[::1:80", false, "", 0},
      {"[]:80", false, "", 0},
      {"a b:80", false, "", 0},
      {"h:8 0", false, "", 0},
      {"h:99999999999999999999", false, "", 0},
  };
  for (const HostPortCase& c : cases) {
    SCOPED_TRACE(c.text);
    const absl::StatusOr<HostPort> got = ParseHostPort(c.text);
    ASSERT_EQ(got.ok(), c.ok) << got.status();
    if (!c.ok) {
      EXPECT_NE(std::string(got.status().message()).find(c.text), std::string::npos);
      continue;
    }
    EXPECT_EQ(got->host, c.host);
    EXPECT_EQ(got->port, c.port);
    EXPECT_EQ(got->ToString(), c.text);
  }
}

TEST(Socket, ListenSaysWhichAddressIsTaken) {
  absl::StatusOr<UniqueFd> first = Listen({.host = "127.0.0.1", .port = 0}, 1);
  ASSERT_TRUE(first.ok()) << first.status();
  const absl::StatusOr<Endpoint> where = LocalEndpoint(first->get());
  ASSERT_TRUE(where.ok());
  const absl::StatusOr<HostPort> taken = ParseHostPort(where->ToString());
  ASSERT_TRUE(taken.ok());
  const absl::StatusOr<UniqueFd> second = Listen(*taken, 1);
  ASSERT_FALSE(second.ok());
  EXPECT_NE(second.status().ToString().find(where->ToString()), std::string::npos)
      << second.status();
}

TEST(Socket, NamesAreNotResolvedNumerically) {
  EXPECT_FALSE(ResolveNumeric({.host = "localhost", .port = 1}).ok());
  const absl::StatusOr<Endpoint> numeric = ResolveNumeric({.host = "127.0.0.1", .port = 81});
  ASSERT_TRUE(numeric.ok());
  EXPECT_EQ(numeric->ToString(), "127.0.0.1:81");
}

TEST(LogLimit, OneLineAnIntervalAndACountOfTheRest) {
  LogLimit limit(10 * kSecond);
  EXPECT_EQ(limit.Admit("a", Micros(0)), "");
  EXPECT_EQ(limit.Admit("a", Micros(1)), std::nullopt);
  EXPECT_EQ(limit.Admit("a", Micros(9 * kSecond)), std::nullopt);
  EXPECT_EQ(limit.Admit("b", Micros(9 * kSecond)), "");
  EXPECT_EQ(limit.Admit("a", Micros(10 * kSecond)), " (2 like it left out)");
  EXPECT_EQ(limit.Admit("a", Micros(20 * kSecond)), "");
}

TEST(LogLimit, RemembersABoundedNumberOfKeys) {
  LogLimit limit(10 * kSecond, 2);
  EXPECT_EQ(limit.Admit("a", Micros(0)), "");
  EXPECT_EQ(limit.Admit("b", Micros(1)), "");
  EXPECT_EQ(limit.Admit("c", Micros(2)), "");  // "a" makes room
  EXPECT_EQ(limit.Admit("c", Micros(3)), std::nullopt);
  EXPECT_EQ(limit.Admit("a", Micros(4)), "");
}

}  // namespace
}  // namespace jfs::net
