#include "sim/campaign/fork_pool.h"

#include <poll.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <vector>

#include "core/base/check.h"

namespace jfs::sim {
namespace {

struct Child {
  pid_t pid = -1;
  int orders = -1;   // task numbers go here
  int results = -1;  // lengths and results come from here
  std::optional<uint64_t> task;
};

bool WriteAll(int fd, const void* data, size_t size) {
  const char* at = static_cast<const char*>(data);
  while (size > 0) {
    const ssize_t written = write(fd, at, size);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    at += written;
    size -= static_cast<size_t>(written);
  }
  return true;
}

bool ReadAll(int fd, void* data, size_t size) {
  char* at = static_cast<char*>(data);
  while (size > 0) {
    const ssize_t got = read(fd, at, size);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    at += got;
    size -= static_cast<size_t>(got);
  }
  return true;
}

void Serve(const std::function<std::string(uint64_t)>& work, int orders, int results) {
  uint64_t task = 0;
  while (ReadAll(orders, &task, sizeof(task))) {
    const std::string result = work(task);
    const uint64_t size = result.size();
    if (!WriteAll(results, &size, sizeof(size)) ||
        !WriteAll(results, result.data(), result.size())) {
      break;
    }
  }
  _exit(0);
}

Child Spawn(const ForkPool& pool, const std::vector<Child>& others) {
  int orders[2];
  int results[2];
  CHECK_EQ(pipe(orders), 0) << "cannot make a pipe";
  CHECK_EQ(pipe(results), 0) << "cannot make a pipe";
  // What is buffered must not be written twice.
  std::fflush(nullptr);
  const pid_t pid = fork();
  CHECK_GE(pid, 0) << "cannot fork";
  if (pid == 0) {
    // A sibling's end of a pipe held open here would hide its death.
    for (const Child& other : others) {
      if (other.pid < 0) continue;
      close(other.orders);
      close(other.results);
    }
    close(orders[1]);
    close(results[0]);
    Serve(pool.work, orders[0], results[1]);
  }
  close(orders[0]);
  close(results[1]);
  return Child{pid, orders[1], results[0], std::nullopt};
}

void Reap(Child& child) {
  if (child.pid < 0) return;
  close(child.orders);
  close(child.results);
  int status = 0;
  while (waitpid(child.pid, &status, 0) < 0 && errno == EINTR) {
  }
  child = Child{};
}

}  // namespace

void ForkPool::Run(uint64_t tasks) {
  std::vector<Child> children(static_cast<size_t>(jobs));
  uint64_t next = 0;
  while (true) {
    for (Child& child : children) {
      if (child.task.has_value() || next >= tasks || !more()) continue;
      if (child.pid < 0) child = Spawn(*this, children);
      child.task = next;
      ++next;
      // A child that cannot be reached shows itself by the end of its results.
      (void)WriteAll(child.orders, &*child.task, sizeof(*child.task));
    }
    std::vector<pollfd> waiting;
    std::vector<Child*> whose;
    for (Child& child : children) {
      if (!child.task.has_value()) continue;
      waiting.push_back(pollfd{child.results, POLLIN, 0});
      whose.push_back(&child);
    }
    if (waiting.empty()) break;
    if (poll(waiting.data(), waiting.size(), -1) < 0) {
      CHECK_EQ(errno, EINTR) << "poll failed";
      continue;
    }
    for (size_t i = 0; i < waiting.size(); ++i) {
      if (waiting[i].revents == 0) continue;
      Child& child = *whose[i];
      const uint64_t task = *child.task;
      child.task.reset();
      uint64_t size = 0;
      std::string result;
      bool whole = ReadAll(child.results, &size, sizeof(size));
      if (whole) {
        result.resize(size);
        whole = ReadAll(child.results, result.data(), size);
      }
      if (!whole) Reap(child);
      done(task, whole ? std::optional<std::string>(std::move(result)) : std::nullopt);
    }
  }
  for (Child& child : children) Reap(child);
}

}  // namespace jfs::sim
