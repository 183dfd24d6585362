#ifndef SERVER_USER_GROUPS_H_
#define SERVER_USER_GROUPS_H_

#include <condition_variable>
#include <deque>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "core/base/time.h"
#include "net/client_service.h"
#include "net/event_loop.h"

namespace jfs::server {

// Groups of a user as the system knows them, the primary one first; a user that the system does not
// know has none. Blocks for as long as the system's name service takes.
std::vector<std::string> SystemGroups(const std::string& user);

// Name of the user this process runs as.
std::string ProcessUser();

// Which groups a caller is in and whether he is a superuser: from the configuration, or from the
// system, asked on a thread of its own and remembered for a while. The functions of CallerResolver
// belong to the loop's thread.
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
  };
  using Lookup = std::function<std::vector<std::string>(const std::string& user)>;

  // `loop` outlives this. `lookup` runs on the other thread.
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

  net::CallerGroups Of(const std::string& user, std::vector<std::string> groups) const;
  void Ask(const std::string& user);
  void Learn(const std::string& user, std::vector<std::string> groups);
  void Work();

  net::EventLoop* const loop_;
  const Options options_;
  const Lookup lookup_;
  std::map<std::string, User> users_;
  std::list<std::string> ages_;  // names by last use, the oldest first
  std::map<std::string, std::vector<std::function<void()>>>
      waiting_;  // asked for and not known yet
  const std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::string> queue_;  // guarded by mutex_
  bool stop_ = false;              // guarded by mutex_
  std::thread thread_;
};

}  // namespace jfs::server

#endif  // SERVER_USER_GROUPS_H_
