#include "server/user_groups.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "core/base/concat.h"

namespace jfs::server {
namespace {

constexpr size_t kMaxNameBuffer = 1 << 20;

// getpw… and getgr… want a buffer of a size that nobody knows beforehand.
template <typename Entry, typename Call>
bool Ask(Call call, Entry* entry, std::vector<char>* buffer) {
  buffer->resize(4096);
  while (true) {
    Entry* found = nullptr;
    const int error = call(entry, buffer->data(), buffer->size(), &found);
    if (error == ERANGE && buffer->size() < kMaxNameBuffer) {
      buffer->resize(buffer->size() * 2);
      continue;
    }
    return error == 0 && found != nullptr;
  }
}

}  // namespace

std::vector<std::string> SystemGroups(const std::string& user) {
  passwd account;
  std::vector<char> buffer;
  const auto by_name = [&](passwd* entry, char* data, size_t size, passwd** found) {
    return getpwnam_r(user.c_str(), entry, data, size, found);
  };
  if (!Ask<passwd>(by_name, &account, &buffer)) return {};
  int count = 64;
  std::vector<gid_t> ids(static_cast<size_t>(count));
  while (getgrouplist(user.c_str(), account.pw_gid, ids.data(), &count) < 0) {
    if (static_cast<size_t>(count) <= ids.size()) return {};
    ids.resize(static_cast<size_t>(count));
  }
  ids.resize(static_cast<size_t>(count));
  // The primary group comes first whatever order the system gives.
  std::stable_partition(ids.begin(), ids.end(), [&](gid_t id) { return id == account.pw_gid; });
  std::vector<std::string> out;
  for (const gid_t id : ids) {
    group entry;
    std::vector<char> group_buffer;
    const auto by_id = [&](group* g, char* data, size_t size, group** found) {
      return getgrgid_r(id, g, data, size, found);
    };
    std::string name = Ask<group>(by_id, &entry, &group_buffer) ? entry.gr_name : Concat(id);
    if (std::find(out.begin(), out.end(), name) == out.end()) out.push_back(std::move(name));
  }
  return out;
}

std::string ProcessUser() {
  passwd account;
  std::vector<char> buffer;
  const auto by_id = [](passwd* entry, char* data, size_t size, passwd** found) {
    return getpwuid_r(geteuid(), entry, data, size, found);
  };
  return Ask<passwd>(by_id, &account, &buffer) ? account.pw_name : Concat(geteuid());
}

UserGroups::UserGroups(net::EventLoop* loop, Options options, Lookup lookup)
    : loop_(loop), options_(std::move(options)), lookup_(std::move(lookup)) {
  for (const auto& [user, groups] : options_.static_groups) {
    users_[user] = {.groups = Of(user, groups), .permanent = true};
  }
  thread_ = std::thread([this] { Work(); });
}

UserGroups::~UserGroups() {
  *alive_ = false;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    stop_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

net::CallerGroups UserGroups::Of(const std::string& user, std::vector<std::string> groups) const {
  const bool superuser =
      user == options_.process_user ||
      std::find(groups.begin(), groups.end(), options_.superuser_group) != groups.end();
  return {.groups = std::move(groups), .superuser = superuser};
}

const net::CallerGroups* UserGroups::Find(const std::string& user) {
  const auto it = users_.find(user);
  if (it == users_.end()) return nullptr;
  User& known = it->second;
  if (known.permanent) return &known.groups;
  const Duration age = net::EventLoop::Now() - known.at;
  if (age > options_.stale) return nullptr;
  ages_.splice(ages_.end(), ages_, known.age);
  if (age > options_.fresh && !waiting_.contains(user)) {
    waiting_[user];
    Ask(user);
  }
  return &known.groups;
}

void UserGroups::Resolve(const std::string& user, std::function<void()> done) {
  const auto [it, first] = waiting_.try_emplace(user);
  it->second.push_back(std::move(done));
  if (first) Ask(user);
}

void UserGroups::Refresh() {
  // Whoever is being asked for already is asked for once more when he calls again.
  for (const std::string& user : ages_) users_.erase(user);
  ages_.clear();
}

void UserGroups::Ask(const std::string& user) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    queue_.push_back(user);
  }
  wake_.notify_one();
}

void UserGroups::Learn(const std::string& user, std::vector<std::string> groups) {
  auto [it, added] = users_.try_emplace(user);
  if (added) {
    it->second.age = ages_.insert(ages_.end(), user);
  } else {
    ages_.splice(ages_.end(), ages_, it->second.age);
  }
  it->second.groups = Of(user, std::move(groups));
  it->second.at = net::EventLoop::Now();
  while (ages_.size() > options_.max_users) {
    users_.erase(ages_.front());
    ages_.pop_front();
  }
  auto waiting = waiting_.extract(user);
  if (waiting.empty()) return;
  for (const std::function<void()>& done : waiting.mapped()) done();
}

void UserGroups::Work() {
  std::unique_lock<std::mutex> lock(mutex_);
  while (true) {
    wake_.wait(lock, [this] { return stop_ || !queue_.empty(); });
    if (stop_) return;
    const std::string user = std::move(queue_.front());
    queue_.pop_front();
    lock.unlock();
    std::vector<std::string> groups = lookup_(user);
    loop_->Post([this, alive = alive_, user, groups = std::move(groups)]() mutable {
      if (*alive) Learn(user, std::move(groups));
    });
    lock.lock();
  }
}

}  // namespace jfs::server
