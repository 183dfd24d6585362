#ifndef NET_EVENT_LOOP_H_
#define NET_EVENT_LOOP_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "core/base/time.h"

// One thread that waits for sockets, timers, signals and other threads by epoll.
//
// The loop works in turns. A turn waits until something is ready, calls what is ready (sockets,
// then tasks posted from other threads, then timers that are due), then the end-of-turn hooks, then
// flushes every connection that was written to. So all calls that arrive together can be handled
// together, and each socket is written to once a turn.
namespace jfs::net {

// Called by the loop when its descriptor is ready.
class Pollable {
 public:
  virtual ~Pollable() = default;
  // `events` as epoll_wait gave them. May remove any descriptor, its own included.
  virtual void OnReady(uint32_t events) = 0;
};

// Something with bytes to write at the end of a turn.
class Flushable {
 public:
  virtual ~Flushable() = default;
  virtual void OnFlush() = 0;
};

// Threads: everything but Post() and Stop() belongs to the thread that runs the loop (before Run:
// to the one that will).
class EventLoop {
 public:
  struct TimerId {
    Micros at;
    uint64_t number = 0;  // 0: no timer
    friend auto operator<=>(const TimerId&, const TimerId&) = default;
  };

  static absl::StatusOr<std::unique_ptr<EventLoop>> Create();
  ~EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  // CLOCK_BOOTTIME now.
  static Micros Now();

  // Watches `fd`, level-triggered. `pollable` must stay until Remove. One registration per
  // descriptor.
  absl::Status Add(int fd, uint32_t events, Pollable* pollable);
  void Modify(int fd, uint32_t events);
  // No call for `fd` comes after this, not even one that was already due in this turn.
  void Remove(int fd);

  // Calls `task` once, not before `at`. A timer of the past runs in the next turn.
  TimerId At(Micros at, std::function<void()> task);
  TimerId After(Duration delay, std::function<void()> task) {
    return At(Now() + delay, std::move(task));
  }
  // Forgets a timer; one that has run, or TimerId{}, is fine.
  void Cancel(TimerId timer);

  // Runs `task` on the loop's thread in this turn or the next. Any thread. Tasks of one thread run
  // in order. Tasks not run when the loop is destroyed are destroyed without being run.
  void Post(std::function<void()> task);

  // Calls `hook` at the end of every turn, hooks in the order of their registration.
  void AtTurnEnd(std::function<void()> hook);
  // Calls flushable->OnFlush() once after the hooks of this turn.
  void FlushThisTurn(Flushable* flushable);
  void CancelFlush(Flushable* flushable);
  // Keeps `object` alive until this turn's end: for what may still be on the call stack.
  void Dispose(std::shared_ptr<void> object);

  // Blocks the signals for this thread (call it before other threads are started, they inherit it)
  // and calls `task` with each that arrives.
  absl::Status HandleSignals(const std::vector<int>& signals, std::function<void(int)> task);

  // Turns until Stop().
  void Run();
  // One turn, waiting at most `max_wait` (kNever.value: without limit).
  void RunOnce(Duration max_wait);
  // Any thread, also from inside the loop: Run returns after the present turn.
  void Stop();

  // A buffer for reading from sockets, shared by all connections: an idle connection then costs
  // none.
  char* read_buffer() { return read_buffer_.get(); }
  static constexpr size_t kReadBufferBytes = 256 << 10;

  uint64_t turns() const { return turns_; }

 private:
  struct Registration {
    Pollable* pollable = nullptr;
    uint32_t generation = 0;
  };
  class WakeUp;
  class Signals;

  explicit EventLoop(int epoll_fd);
  void Wait(Duration max_wait);
  void RunPosted();
  void RunTimers();
  void EndTurn();

  const int epoll_fd_;
  std::vector<Registration> registrations_;  // by descriptor
  std::map<TimerId, std::function<void()>> timers_;
  uint64_t next_timer_ = 1;
  std::vector<std::function<void()>> hooks_;
  std::vector<Flushable*> flush_;
  std::vector<std::shared_ptr<void>> disposed_;
  std::unique_ptr<char[]> read_buffer_;
  uint64_t turns_ = 0;

  std::unique_ptr<WakeUp> wake_up_;
  std::unique_ptr<Signals> signals_;

  std::mutex mutex_;
  std::vector<std::function<void()>> posted_;  // guarded by mutex_
  bool woken_ = false;                         // guarded by mutex_
  bool stop_ = false;                          // guarded by mutex_
};

}  // namespace jfs::net

#endif  // NET_EVENT_LOOP_H_
