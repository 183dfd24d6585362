#ifndef STORAGE_SERIAL_WORKER_H_
#define STORAGE_SERIAL_WORKER_H_

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

namespace jfs::storage {

// One background thread that runs what it is given, one after the other in the order given.
class SerialWorker {
 public:
  // `name` is what `top -H` shows: at most 15 bytes.
  explicit SerialWorker(const std::string& name);
  // Waits for the work under way; what has not begun is dropped.
  ~SerialWorker();
  SerialWorker(const SerialWorker&) = delete;
  SerialWorker& operator=(const SerialWorker&) = delete;

  // Any thread.
  void Post(std::function<void()> work);

 private:
  void Run(const std::string& name);

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> queue_;
  bool stop_ = false;
  std::thread thread_;  // last: it uses the others
};

}  // namespace jfs::storage

#endif  // STORAGE_SERIAL_WORKER_H_
