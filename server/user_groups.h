#ifndef SERVER_USER_GROUPS_H_
#define SERVER_USER_GROUPS_H_

#include <cstddef>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

#include "core/base/time.h"
#include "net/client_service.h"
#include "net/event_loop.h"
#include "net/log_limit.h"
#include "net/lookup_threads.h"

namespace jfs::server {

// Groups of a user as the system knows them, the primary one first; a user that the system does not
// know has none. Not OK: the name service could not say. Blocks for as long as that takes.
absl::StatusOr<std::vector<std::string>> SystemGroups(const std::string& user);

// Name of the user this process runs as.
std::string ProcessUser();

// Which groups a caller is in and whether he is a superuser: from the configuration, or from the
// system, asked on threads of its own and remembered for a while. A name service that fails takes
// nobody's groups away: what was known stays known until it is stale, and about others nothing is
// said. The functions of CallerResolver belong to the loop's thread.
class UserGroups : public net::CallerResolver {
 public:
  struct Options {
    std::string process_user;  // always a superuser
    std::string superuser_group;
    std::map<std::string, std::vector<std::string>> static_groups;
    size_t max_users = 10'000;  // remembered; the one not asked for longest goes first
    // After this time an answer is still used once more while it is asked for anew, so that nobody
    // waits.
    Duration fresh = 300 * kSecond;
    // After this time it is not used any more.
    Duration stale = 3600 * kSecond;
    size_t threads = 4;
    // Users that are being asked for; who comes beyond that is told at once to come again.
    size_t max_waiting = 1000;
    // Whoever waits for longer is told to come again.
    Duration patience = 5 * kSecond;
    // After an error the same user is not asked for again before.
    Duration retry = kSecond;
  };
  // An error: ask again later. It owns all that it uses: it may outlive the object.
  using Lookup = std::function<absl::StatusOr<std::vector<std::string>>(const std::string& user)>;

  // `loop` outlives this. `lookup` runs on the other threads, several at a time.
  UserGroups(net::EventLoop* loop, Options options, Lookup lookup = SystemGroups);
  ~UserGroups() override;
  UserGroups(const UserGroups&) = delete;
  UserGroups& operator=(const UserGroups&) = delete;

  const net::CallerGroups* Find(const std::string& user) override;
  void Resolve(const std::string& user, std::function<void()> done) override;
  void Refresh() override;

  size_t remembered() const { return users_.size(); }

 private:
  struct User {
    net::CallerGroups groups;
    Micros at;
    bool permanent = false;
    std::list<std::string>::iterator age;  // in ages_; not of permanent ones
  };

  struct Waiting {
    Micros since;
    std::vector<std::function<void()>> done;
  };

  net::CallerGroups Of(const std::string& user, std::vector<std::string> groups) const;
  // Whether it may be asked for now.
  bool MayAsk(const std::string& user);
  void Ask(const std::string& user, std::function<void()> done);
  void Answered(const std::string& user, absl::StatusOr<std::vector<std::string>> groups);
  void Learn(const std::string& user, std::vector<std::string> groups);
  // Tells those who have waited for too long that there is no answer for now.
  void LosePatience();

  net::EventLoop* const loop_;
  const Options options_;
  const Lookup lookup_;
  std::map<std::string, User> users_;
  std::list<std::string> ages_;             // names by last use, the oldest first
  std::map<std::string, Waiting> waiting_;  // being asked for
  std::map<std::string, Micros> failed_;    // when; they are not asked for again at once
  net::EventLoop::TimerId timer_;           // while anybody waits
  net::LogLimit log_limit_{30 * kSecond};
  // Tasks posted to the loop run only while this lives.
  const std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  net::LookupThreads threads_;
};

}  // namespace jfs::server

#endif  // SERVER_USER_GROUPS_H_
