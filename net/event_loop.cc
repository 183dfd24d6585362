#include "net/event_loop.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <utility>

#include "core/base/check.h"

namespace jfs::net {
namespace {

constexpr int kEventsPerTurn = 512;

timespec ToTimespec(Duration micros) {
  timespec out;
  out.tv_sec = static_cast<time_t>(micros / kSecond);
  out.tv_nsec = static_cast<long>(micros % kSecond * 1000);
  return out;
}

// Longer than any sensible wait, and safely inside every integer type on the way to the kernel.
constexpr Duration kLongestWait = 3600 * kSecond;

}  // namespace

// An eventfd that other threads write to.
class EventLoop::WakeUp : public Pollable {
 public:
  explicit WakeUp(int fd) : fd_(fd) {}
  ~WakeUp() override { close(fd_); }
  void OnReady(uint32_t) override {
    uint64_t count;
    while (read(fd_, &count, sizeof count) > 0) {
    }
  }
  void Ring() {
    const uint64_t one = 1;
    // The only failure is a full counter, and then the loop is awake anyway.
    [[maybe_unused]] const ssize_t written = write(fd_, &one, sizeof one);
  }
  int fd() const { return fd_; }

 private:
  const int fd_;
};

class EventLoop::Signals : public Pollable {
 public:
  Signals(int fd, std::function<void(int)> task) : fd_(fd), task_(std::move(task)) {}
  ~Signals() override { close(fd_); }
  void OnReady(uint32_t) override {
    signalfd_siginfo info;
    while (read(fd_, &info, sizeof info) == sizeof info) task_(static_cast<int>(info.ssi_signo));
  }
  int fd() const { return fd_; }

 private:
  const int fd_;
  const std::function<void(int)> task_;
};

absl::StatusOr<std::unique_ptr<EventLoop>> EventLoop::Create() {
  const int epoll_fd = epoll_create1(EPOLL_CLOEXEC);
  if (epoll_fd < 0) return absl::ErrnoToStatus(errno, "epoll_create1");
  auto loop = std::unique_ptr<EventLoop>(new EventLoop(epoll_fd));
  const int event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (event_fd < 0) return absl::ErrnoToStatus(errno, "eventfd");
  loop->wake_up_ = std::make_unique<WakeUp>(event_fd);
  if (absl::Status added = loop->Add(event_fd, EPOLLIN, loop->wake_up_.get()); !added.ok())
    return added;
  return loop;
}

EventLoop::EventLoop(int epoll_fd)
    : epoll_fd_(epoll_fd), read_buffer_(std::make_unique<char[]>(kReadBufferBytes)) {}

EventLoop::~EventLoop() { close(epoll_fd_); }

Micros EventLoop::Now() {
  timespec now;
  // Not CLOCK_MONOTONIC, which stands still while the machine is suspended: a leader would wake up
  // with its lease still running.
  clock_gettime(CLOCK_BOOTTIME, &now);
  return Micros(static_cast<uint64_t>(now.tv_sec) * kSecond +
                static_cast<uint64_t>(now.tv_nsec) / 1000);
}

absl::Status EventLoop::Add(int fd, uint32_t events, Pollable* pollable) {
  CHECK_GE(fd, 0);
  if (registrations_.size() <= static_cast<size_t>(fd)) registrations_.resize(fd + 1);
  Registration& registration = registrations_[fd];
  CHECK(registration.pollable == nullptr) << "descriptor " << fd << " is already watched";
  ++registration.generation;
  epoll_event event = {};
  event.events = events;
  event.data.u64 = uint64_t{registration.generation} << 32 | static_cast<uint32_t>(fd);
  if (epoll_ctl(epoll_fd_, EPOLL_CTL_ADD, fd, &event) != 0) {
    return absl::ErrnoToStatus(errno, "epoll_ctl(ADD)");
  }
  registration.pollable = pollable;
  return absl::OkStatus();
}

void EventLoop::Modify(int fd, uint32_t events) {
  CHECK(static_cast<size_t>(fd) < registrations_.size() && registrations_[fd].pollable != nullptr);
  epoll_event event = {};
  event.events = events;
  event.data.u64 = uint64_t{registrations_[fd].generation} << 32 | static_cast<uint32_t>(fd);
  CHECK_EQ(epoll_ctl(epoll_fd_, EPOLL_CTL_MOD, fd, &event), 0) << "errno " << errno;
}

void EventLoop::Remove(int fd) {
  CHECK(static_cast<size_t>(fd) < registrations_.size() && registrations_[fd].pollable != nullptr);
  CHECK_EQ(epoll_ctl(epoll_fd_, EPOLL_CTL_DEL, fd, nullptr), 0) << "errno " << errno;
  registrations_[fd].pollable = nullptr;
  // An event of this descriptor may still lie in the present turn's list; its generation tells it
  // apart.
  ++registrations_[fd].generation;
}

EventLoop::TimerId EventLoop::At(Micros at, std::function<void()> task) {
  const TimerId id{at, next_timer_++};
  timers_.emplace(id, std::move(task));
  return id;
}

void EventLoop::Cancel(TimerId timer) { timers_.erase(timer); }

void EventLoop::Post(std::function<void()> task) {
  const std::lock_guard<std::mutex> lock(mutex_);
  posted_.push_back(std::move(task));
  if (!woken_) {
    woken_ = true;
    wake_up_->Ring();
  }
}

void EventLoop::Stop() {
  const std::lock_guard<std::mutex> lock(mutex_);
  stop_ = true;
  wake_up_->Ring();
}

void EventLoop::AtTurnEnd(std::function<void()> hook) { hooks_.push_back(std::move(hook)); }

void EventLoop::FlushThisTurn(Flushable* flushable) { flush_.push_back(flushable); }

void EventLoop::CancelFlush(Flushable* flushable) {
  std::replace(flush_.begin(), flush_.end(), flushable, static_cast<Flushable*>(nullptr));
}

void EventLoop::Dispose(std::shared_ptr<void> object) { disposed_.push_back(std::move(object)); }

absl::Status EventLoop::HandleSignals(const std::vector<int>& signals,
                                      std::function<void(int)> task) {
  CHECK(signals_ == nullptr) << "HandleSignals is called once";
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : signals) sigaddset(&set, signal);
  if (const int error = pthread_sigmask(SIG_BLOCK, &set, nullptr); error != 0) {
    return absl::ErrnoToStatus(error, "pthread_sigmask");
  }
  const int fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
  if (fd < 0) return absl::ErrnoToStatus(errno, "signalfd");
  signals_ = std::make_unique<Signals>(fd, std::move(task));
  return Add(fd, EPOLLIN, signals_.get());
}

void EventLoop::Wait(Duration max_wait) {
  Duration wait = std::min(max_wait, kLongestWait);
  if (!timers_.empty()) {
    const Micros now = Now();
    const Micros due = timers_.begin()->first.at;
    wait = due <= now ? 0 : std::min(wait, due - now);
  }
  std::array<epoll_event, kEventsPerTurn> events;
  const timespec timeout = ToTimespec(wait);
  int ready = epoll_pwait2(epoll_fd_, events.data(), kEventsPerTurn, &timeout, nullptr);
  if (ready < 0 && errno == ENOSYS) {
    // Kernels before 5.11 know milliseconds only. Rounded up: a timer a little late, never a spin.
    ready = epoll_wait(epoll_fd_, events.data(), kEventsPerTurn,
                       static_cast<int>((wait + kMillisecond - 1) / kMillisecond));
  }
  if (ready < 0) {
    CHECK_EQ(errno, EINTR) << "epoll_wait";
    return;
  }
  for (int i = 0; i < ready; ++i) {
    const uint32_t fd = static_cast<uint32_t>(events[i].data.u64);
    const uint32_t generation = static_cast<uint32_t>(events[i].data.u64 >> 32);
    const Registration registration = registrations_[fd];
    if (registration.pollable == nullptr || registration.generation != generation) continue;
    registration.pollable->OnReady(events[i].events);
  }
}

void EventLoop::RunPosted() {
  std::vector<std::function<void()>> tasks;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    tasks.swap(posted_);
    woken_ = false;
  }
  for (std::function<void()>& task : tasks) task();
}

void EventLoop::RunTimers() {
  if (timers_.empty()) return;
  // Only those that exist now: a timer that sets itself anew for the past must not keep the turn
  // from ending.
  const Micros now = Now();
  const uint64_t first_new = next_timer_;
  auto it = timers_.begin();
  while (it != timers_.end() && it->first.at <= now) {
    if (it->first.number >= first_new) {
      ++it;
      continue;
    }
    auto due = timers_.extract(it);
    due.mapped()();
    it = timers_.begin();  // the task may have cancelled or added any
  }
}

void EventLoop::EndTurn() {
  for (size_t i = 0; i < hooks_.size(); ++i) hooks_[i]();
  for (size_t i = 0; i < flush_.size(); ++i) {
    if (flush_[i] != nullptr) flush_[i]->OnFlush();
  }
  flush_.clear();
  // A destructor may dispose of more.
  while (!disposed_.empty()) std::exchange(disposed_, {}).clear();
  ++turns_;
}

void EventLoop::RunOnce(Duration max_wait) {
  Wait(max_wait);
  RunPosted();
  RunTimers();
  EndTurn();
}

void EventLoop::Run() {
  while (true) {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      if (std::exchange(stop_, false)) return;
    }
    RunOnce(kNever.value);
  }
}

}  // namespace jfs::net
