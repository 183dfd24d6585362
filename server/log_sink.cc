#include "server/log_sink.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>

#include "absl/strings/escaping.h"

#include "core/base/concat.h"
#include "net/utf8.h"
#include "spdlog/details/log_msg.h"
#include "spdlog/pattern_formatter.h"

namespace jfs::server {
namespace {

void AppendEscaped(uint8_t byte, std::string* out) {
  switch (byte) {
    case '\n':
      *out += "\\n";
      return;
    case '\r':
      *out += "\\r";
      return;
    case '\t':
      *out += "\\t";
      return;
    default:
      *out += "\\x";
      *out += absl::BytesToHexString(std::string(1, static_cast<char>(byte)));
  }
}

}  // namespace

std::string LogText(std::string_view text, size_t max_bytes) {
  std::string_view shown = text.substr(0, max_bytes);
  if (shown.size() < text.size()) {
    // Not through a character of several bytes.
    while (!shown.empty() && (static_cast<uint8_t>(text[shown.size()]) & 0xc0) == 0x80 &&
           max_bytes - shown.size() < 3) {
      shown.remove_suffix(1);
    }
  }
  const bool utf8 = net::IsUtf8(shown);
  std::string out;
  out.reserve(shown.size());
  for (size_t i = 0; i < shown.size(); ++i) {
    const auto byte = static_cast<uint8_t>(shown[i]);
    const auto next = i + 1 < shown.size() ? static_cast<uint8_t>(shown[i + 1]) : uint8_t{0};
    // U+0080 to U+009F are control characters too; some terminals obey them.
    const bool high_control = byte == 0xc2 && next < 0xa0;
    if (byte < 0x20 || byte == 0x7f || (byte >= 0x80 && !utf8)) {
      AppendEscaped(byte, &out);
    } else if (high_control) {
      AppendEscaped(byte, &out);
      AppendEscaped(next, &out);
      ++i;
    } else {
      out += static_cast<char>(byte);
    }
  }
  if (shown.size() < text.size()) {
    out += Concat(" … (", text.size() - shown.size(), " bytes more)");
  }
  return out;
}

struct LogSink::Shared {
  std::mutex mutex;
  std::condition_variable wake, written, ended_changed;
  int fd = -1;
  // All guarded by mutex.
  std::unique_ptr<spdlog::formatter> formatter;
  std::deque<std::string> lines;
  uint64_t dropped = 0;  // since the line that last said so
  bool writing = false;
  bool stop = false;
  bool ended = false;
};

LogSink::LogSink(int fd) : LogSink(fd, Options()) {}

LogSink::LogSink(int fd, const Options& options)
    : options_(options), shared_(std::make_shared<Shared>()) {
  shared_->fd = fd;
  shared_->formatter = std::make_unique<spdlog::pattern_formatter>();
  // A signal is for whoever handles it: this thread, which is there before anybody does, takes
  // none.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  std::thread([shared = shared_] { Write(shared); }).detach();
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

LogSink::~LogSink() {
  flush();
  std::unique_lock<std::mutex> lock(shared_->mutex);
  shared_->stop = true;
  shared_->wake.notify_all();
  // One that is stuck in the descriptor is left behind.
  shared_->ended_changed.wait_for(lock, std::chrono::microseconds(options_.patience),
                                  [this] { return shared_->ended; });
}

void LogSink::log(const spdlog::details::log_msg& message) {
  const std::string text =
      LogText({message.payload.data(), message.payload.size()}, options_.max_text_bytes);
  spdlog::details::log_msg safe = message;
  safe.payload = text;
  const std::lock_guard<std::mutex> lock(shared_->mutex);
  spdlog::memory_buf_t line;
  shared_->formatter->format(safe, line);
  if (shared_->lines.size() >= options_.max_lines) {
    shared_->lines.pop_front();
    ++shared_->dropped;
  }
  shared_->lines.emplace_back(line.data(), line.size());
  shared_->wake.notify_one();
}

void LogSink::flush() {
  std::unique_lock<std::mutex> lock(shared_->mutex);
  shared_->written.wait_for(lock, std::chrono::microseconds(options_.patience),
                            [this] { return shared_->lines.empty() && !shared_->writing; });
}

void LogSink::set_pattern(const std::string& pattern) {
  set_formatter(std::make_unique<spdlog::pattern_formatter>(pattern));
}

void LogSink::set_formatter(std::unique_ptr<spdlog::formatter> formatter) {
  const std::lock_guard<std::mutex> lock(shared_->mutex);
  shared_->formatter = std::move(formatter);
}

void LogSink::Write(const std::shared_ptr<Shared>& shared) {
  std::unique_lock<std::mutex> lock(shared->mutex);
  while (true) {
    shared->wake.wait(lock, [&] { return shared->stop || !shared->lines.empty(); });
    if (shared->stop) break;
    std::string line;
    if (const uint64_t dropped = std::exchange(shared->dropped, 0); dropped > 0) {
      line = Concat("(", dropped, " log lines were dropped here: they came faster than they were ",
                    "written)\n");
    }
    line += shared->lines.front();
    shared->lines.pop_front();
    shared->writing = true;
    std::string_view left = line;
    while (!left.empty() && !shared->stop) {
      lock.unlock();
      // Writing blocks if the descriptor does, and it is not ours alone, so that cannot be changed.
      // A pipe that is ready takes this much without blocking.
      pollfd ready = {.fd = shared->fd, .events = POLLOUT, .revents = 0};
      ssize_t done = 0;
      if (poll(&ready, 1, 100) > 0) {
        done = write(shared->fd, left.data(), std::min<size_t>(left.size(), PIPE_BUF));
      }
      const bool lost = done < 0 && errno != EINTR && errno != EAGAIN;
      lock.lock();
      // Nobody to tell: the line is gone, as it is on a full disk.
      if (lost) break;
      if (done > 0) left.remove_prefix(static_cast<size_t>(done));
    }
    shared->writing = false;
    shared->written.notify_all();
  }
  shared->ended = true;
  shared->ended_changed.notify_all();
}

}  // namespace jfs::server
