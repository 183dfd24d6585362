#ifndef SERVER_LOG_SINK_H_
#define SERVER_LOG_SINK_H_

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "core/base/time.h"
#include "spdlog/formatter.h"
#include "spdlog/sinks/sink.h"

namespace jfs::server {

// `text` as one line that shows what it is: control characters and bytes that are not UTF-8 as
// \n, \t or \x1b, and no more than about `max_bytes` of it. Names and messages of clients and peers
// stand in log lines; they must neither begin lines of their own nor fill the disk.
std::string LogText(std::string_view text, size_t max_bytes);

// Where log lines go: to a descriptor, from a thread of its own, so that a pipe that nobody reads
// never holds up who logs. When lines come faster than they leave, the oldest are dropped, and a
// line says how many. Every line passes through LogText. log() and flush() may be called on any
// thread.
class LogSink : public spdlog::sinks::sink {
 public:
  struct Options {
    size_t max_lines = 8192;       // that wait
    size_t max_text_bytes = 1000;  // of one line, before characters are escaped
    Duration patience = kSecond;   // of flush() and of the end
  };

  // `fd` stays the caller's. `options` with all defaults if none are given.
  explicit LogSink(int fd);
  LogSink(int fd, const Options& options);
  // Waits for what is on its way, but no longer than the patience.
  ~LogSink() override;
  LogSink(const LogSink&) = delete;
  LogSink& operator=(const LogSink&) = delete;

  void log(const spdlog::details::log_msg& message) override;
  // Returns when all has been written, or the patience is at its end.
  void flush() override;
  void set_pattern(const std::string& pattern) override;
  void set_formatter(std::unique_ptr<spdlog::formatter> formatter) override;

 private:
  struct Shared;
  static void Write(const std::shared_ptr<Shared>& shared);

  const Options options_;
  const std::shared_ptr<Shared> shared_;
};

}  // namespace jfs::server

#endif  // SERVER_LOG_SINK_H_
