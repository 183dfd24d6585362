#ifndef TOOLS_JINDO_COMMANDS_READ_AHEAD_H_
#define TOOLS_JINDO_COMMANDS_READ_AHEAD_H_

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "tools/jindo/answer.h"
#include "tools/jindo/file_system.h"

namespace jfs::tools {

using Page = std::vector<FileStatus>;

// Reads the directories of a tree through several connections before they are asked for. Whoever
// walks the tree (depth first, in the order of listings) gets the same pages as without it.
//
// Connections take the directory that the walk comes to first. What was read and not yet asked for
// is bounded by `max_entries`, and by a page a connection; a directory that nobody has begun is
// read by the walk itself, so it never waits for the bound.
//
// Only for walks that change nothing: a listing may be older than the call that asks for it.
class ReadAhead {
 public:
  // A connection of its own, with whatever keeps it alive.
  using Connect = std::function<std::shared_ptr<FileSystem>()>;

  // `connections` threads, each with what `connect` gave it, which is called on that thread.
  ReadAhead(Connect connect, size_t connections, size_t max_entries);
  ~ReadAhead();
  ReadAhead(const ReadAhead&) = delete;
  ReadAhead& operator=(const ReadAhead&) = delete;

  // From the beginning: nothing of an earlier walk is used again. Not while a walk is under way.
  void Reset();

  // One directory of the walk, page after page. Only one is read at a time, on one thread, but
  // others may have been begun before.
  class Directory {
   public:
    // The next page; empty: there are no more. The inner value is missing if the directory is.
    Answer<std::optional<Page>> Next();
    bool done() const { return done_; }

   private:
    friend class ReadAhead;
    Directory(ReadAhead* owner, FileSystem* own, std::string path)
        : owner_(owner), own_(own), path_(std::move(path)) {}
    ReadAhead* owner_;  // may be null: then this only reads
    FileSystem* own_;
    std::string path_;
    bool by_itself_ = false, done_ = false;
    std::string start_after_;
  };
  // `owner` may be null: then nothing is read ahead. `own` is the connection of the walk itself.
  static Directory Open(ReadAhead* owner, FileSystem* own, const std::string& path) {
    return {owner, own, path};
  }

 private:
  struct Reading {
    std::string path;
    bool begun = false, done = false;
    bool wanted = false;  // the walk waits for it
    std::deque<Page> pages;
    bool missing = false;
    Outcome failure;
  };

  void Work();
  void Read(FileSystem* fs, Reading* reading, std::unique_lock<std::mutex>& lock);
  void Enqueue(const std::string& directory, const Page& page);
  // Orders paths as a walk meets them: '/' before every other character.
  static std::string KeyOf(std::string path);

  const Connect connect_;
  const size_t max_entries_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, std::shared_ptr<Reading>> readings_;  // by KeyOf
  std::set<std::string> queued_;                              // keys of those nobody has begun
  size_t entries_ = 0;                                        // in pages not yet asked for
  bool stop_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace jfs::tools

#endif  // TOOLS_JINDO_COMMANDS_READ_AHEAD_H_
