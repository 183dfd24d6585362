#include "net/held_port.h"

#include <errno.h>
#include <sys/socket.h>

#include "gtest/gtest.h"

namespace jfs::net {
namespace {

int Dial(const Endpoint& there) {
  const UniqueFd fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const auto* address = reinterpret_cast<const sockaddr*>(&there.address);
  return connect(fd.get(), address, there.size) == 0 ? 0 : errno;
}

// As the kernel sees who asks for any port: it looks for one that nobody else is bound to.
TEST(HeldPort, IsTakenForWhoDoesNotNameItAsAListener) {
  const HeldPort held;
  const Endpoint there = *ResolveNumeric(held.where());
  const UniqueFd fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  EXPECT_NE(bind(fd.get(), reinterpret_cast<const sockaddr*>(&there.address), there.size), 0);
  EXPECT_EQ(errno, EADDRINUSE);
}

TEST(HeldPort, RefusesConnectionsUntilSomebodyListens) {
  const HeldPort held;
  const Endpoint there = *ResolveNumeric(held.where());
  EXPECT_EQ(Dial(there), ECONNREFUSED);
  absl::StatusOr<UniqueFd> listener = Listen(held.where(), 1);
  ASSERT_TRUE(listener.ok()) << listener.status();
  EXPECT_EQ(Dial(there), 0);
  // The next one at the same port comes too late, as at any port.
  EXPECT_FALSE(Listen(held.where(), 1).ok());
  listener->Reset();
  EXPECT_TRUE(Listen(held.where(), 1).ok());
}

}  // namespace
}  // namespace jfs::net
