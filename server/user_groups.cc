#include "server/user_groups.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "core/base/concat.h"
#include "spdlog/spdlog.h"

namespace jfs::server {
namespace {

constexpr size_t kMaxNameBuffer = 1 << 20;

// getpw… and getgr… want a buffer of a size that nobody knows beforehand. False: there is no such
// entry. An error says that nobody knows.
template <typename Entry, typename Call>
absl::StatusOr<bool> Ask(Call call, Entry* entry, std::vector<char>* buffer) {
  buffer->resize(4096);
  while (true) {
    Entry* found = nullptr;
    const int error = call(entry, buffer->data(), buffer->size(), &found);
    switch (error) {
      case 0:
        return found != nullptr;
      // How some name services say that they do not have it (getpwnam(3)).
      case ENOENT:
      case ESRCH:
      case EBADF:
      case EPERM:
        return false;
      case EINTR:
        continue;
      case ERANGE:
        if (buffer->size() < kMaxNameBuffer) {
          buffer->resize(buffer->size() * 2);
          continue;
        }
        [[fallthrough]];
      default:
        return absl::ErrnoToStatus(error, "asking the system's name service");
    }
  }
}

}  // namespace

absl::StatusOr<std::vector<std::string>> SystemGroups(const std::string& user) {
  passwd account;
  std::vector<char> buffer;
  const auto by_name = [&](passwd* entry, char* data, size_t size, passwd** found) {
    return getpwnam_r(user.c_str(), entry, data, size, found);
  };
  const absl::StatusOr<bool> known = Ask<passwd>(by_name, &account, &buffer);
  if (!known.ok()) return known.status();
  if (!*known) return std::vector<std::string>();
  int count = 64;
  std::vector<gid_t> ids(static_cast<size_t>(count));
  while (getgrouplist(user.c_str(), account.pw_gid, ids.data(), &count) < 0) {
    if (static_cast<size_t>(count) <= ids.size()) {
      return absl::UnavailableError("the system's name service gives no list of groups");
    }
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
    const absl::StatusOr<bool> named = Ask<group>(by_id, &entry, &group_buffer);
    if (!named.ok()) return named.status();
    std::string name = *named ? entry.gr_name : Concat(id);
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
  return Ask<passwd>(by_id, &account, &buffer).value_or(false) ? account.pw_name
                                                               : Concat(geteuid());
}

UserGroups::UserGroups(net::EventLoop* loop, Options options, Lookup lookup)
    : loop_(loop),
      options_(std::move(options)),
      lookup_(std::move(lookup)),
      threads_(loop, options_.threads) {
  for (const auto& [user, groups] : options_.static_groups) {
    users_[user] = {.groups = Of(user, groups), .permanent = true};
  }
}

UserGroups::~UserGroups() {
  *alive_ = false;
  loop_->Cancel(timer_);
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
  if (age > options_.fresh && !waiting_.contains(user) && MayAsk(user)) Ask(user, nullptr);
  return &known.groups;
}

void UserGroups::Resolve(const std::string& user, std::function<void()> done) {
  const auto it = waiting_.find(user);
  if (it == waiting_.end() && MayAsk(user)) return Ask(user, std::move(done));
  if (it != waiting_.end() && net::EventLoop::Now() - it->second.since <= options_.patience) {
    it->second.done.push_back(std::move(done));
    return;
  }
  loop_->Post([alive = alive_, done = std::move(done)] {
    if (*alive) done();
  });
}

void UserGroups::Refresh() {
  // Whoever is being asked for already is asked for once more when he calls again.
  for (const std::string& user : ages_) users_.erase(user);
  ages_.clear();
}

bool UserGroups::MayAsk(const std::string& user) {
  const auto failed = failed_.find(user);
  if (failed != failed_.end()) {
    if (net::EventLoop::Now() - failed->second <= options_.retry) return false;
    failed_.erase(failed);
  }
  return waiting_.size() < options_.max_waiting;
}

void UserGroups::Ask(const std::string& user, std::function<void()> done) {
  Waiting& waiting = waiting_[user];
  waiting.since = net::EventLoop::Now();
  if (done != nullptr) waiting.done.push_back(std::move(done));
  if (waiting_.size() == 1) {
    loop_->Cancel(timer_);
    timer_ = loop_->After(options_.patience / 4, [this] { LosePatience(); });
  }
  threads_.Run([this, user, lookup = lookup_] {
    // The thread touches nothing of this object: only what it returns, on the loop's thread, does.
    return [this, user, groups = lookup(user)] { Answered(user, groups); };
  });
}

void UserGroups::LosePatience() {
  const Micros now = net::EventLoop::Now();
  std::vector<std::function<void()>> tired;
  for (auto& [user, waiting] : waiting_) {
    if (now - waiting.since <= options_.patience) continue;
    for (std::function<void()>& done : std::exchange(waiting.done, {})) {
      tired.push_back(std::move(done));
    }
  }
  if (!waiting_.empty()) {
    timer_ = loop_->After(options_.patience / 4, [this] { LosePatience(); });
  }
  for (const std::function<void()>& done : tired) done();
}

void UserGroups::Answered(const std::string& user,
                          absl::StatusOr<std::vector<std::string>> groups) {
  if (groups.ok()) {
    Learn(user, *std::move(groups));
  } else {
    const Micros now = net::EventLoop::Now();
    if (const auto more = log_limit_.Admit("lookup", now)) {
      spdlog::warn("groups of user {} are not known: {}; what was known before stays for {} s{}",
                   user, groups.status().ToString(), options_.stale / kSecond, *more);
    }
    // Only the recent ones count.
    if (failed_.size() >= options_.max_waiting) failed_.clear();
    failed_[user] = now;
  }
  auto waiting = waiting_.extract(user);
  if (waiting.empty()) return;
  for (const std::function<void()>& done : waiting.mapped().done) done();
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
}

}  // namespace jfs::server
