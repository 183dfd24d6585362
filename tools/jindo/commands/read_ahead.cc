#include "tools/jindo/commands/read_ahead.h"

#include <algorithm>

#include "core/base/concat.h"

namespace jfs::tools {
namespace {

// Beyond this many directories that wait to be read none is added: the walk reads them itself.
constexpr size_t kMaxQueued = 100'000;

std::string ChildPath(const std::string& directory, const std::string& name) {
  return directory.ends_with('/') ? directory + name : Concat(directory, "/", name);
}

}  // namespace

ReadAhead::ReadAhead(Connect connect, size_t connections, size_t max_entries)
    : connect_(std::move(connect)), max_entries_(max_entries) {
  for (size_t i = 0; i < connections; ++i) threads_.emplace_back([this] { Work(); });
}

ReadAhead::~ReadAhead() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  changed_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void ReadAhead::Reset() {
  const std::lock_guard lock(mutex_);
  // Readings that are under way finish into objects that nobody looks at any more.
  for (const auto& [key, reading] : readings_) reading->wanted = true;
  readings_.clear();
  queued_.clear();
  entries_ = 0;
  changed_.notify_all();
}

std::string ReadAhead::KeyOf(std::string path) {
  std::replace(path.begin(), path.end(), '/', '\0');
  return path;
}

void ReadAhead::Enqueue(const std::string& directory, const Page& page) {
  for (const FileStatus& status : page) {
    if (status.filetype() != FileStatus::IS_DIR || queued_.size() >= kMaxQueued) continue;
    const std::string path = ChildPath(directory, status.path());
    std::string key = KeyOf(path);
    auto reading = std::make_shared<Reading>();
    reading->path = path;
    if (readings_.emplace(key, std::move(reading)).second) queued_.insert(std::move(key));
  }
}

void ReadAhead::Work() {
  std::shared_ptr<FileSystem> fs;
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [&] { return stop_ || (!queued_.empty() && entries_ < max_entries_); });
    if (stop_) return;
    if (fs == nullptr) {
      // Connecting takes its time, and another one may take the work meanwhile.
      lock.unlock();
      fs = connect_();
      lock.lock();
      continue;
    }
    const auto first = queued_.begin();
    const std::shared_ptr<Reading> reading = readings_.at(*first);
    queued_.erase(first);
    reading->begun = true;
    Read(fs.get(), reading.get(), lock);
  }
}

void ReadAhead::Read(FileSystem* fs, Reading* reading, std::unique_lock<std::mutex>& lock) {
  std::string start_after;
  uint32_t remaining = 1;
  const std::string key = KeyOf(reading->path);
  while (remaining > 0 && !stop_) {
    lock.unlock();
    auto page = fs->ListPage(reading->path, start_after, &remaining);
    lock.lock();
    // Reset may have given it up.
    const auto it = readings_.find(key);
    if (it == readings_.end() || it->second.get() != reading) return;
    if (!page.ok()) {
      reading->failure = page.failure();
      break;
    }
    if (!page->has_value()) {
      reading->missing = true;
      break;
    }
    if (!(*page)->empty()) start_after = (*page)->back().path();
    Enqueue(reading->path, **page);
    entries_ += (*page)->size();
    reading->pages.push_back(*std::move(*page));
    changed_.notify_all();
    if (remaining > 0) {
      changed_.wait(lock, [&] { return stop_ || reading->wanted || entries_ < max_entries_; });
    }
  }
  reading->done = true;
  changed_.notify_all();
}

Answer<std::optional<Page>> ReadAhead::Directory::Next() {
  if (owner_ != nullptr && !by_itself_) {
    std::unique_lock lock(owner_->mutex_);
    const std::string key = KeyOf(path_);
    const auto it = owner_->readings_.find(key);
    if (it == owner_->readings_.end() || !it->second->begun) {
      by_itself_ = true;
      if (it != owner_->readings_.end()) {
        owner_->readings_.erase(it);
        owner_->queued_.erase(key);
      }
    } else {
      const std::shared_ptr<Reading> reading = it->second;
      reading->wanted = true;
      owner_->changed_.notify_all();
      owner_->changed_.wait(lock, [&] { return reading->done || !reading->pages.empty(); });
      if (!reading->pages.empty()) {
        Page page = std::move(reading->pages.front());
        reading->pages.pop_front();
        owner_->entries_ -= page.size();
        done_ = reading->done && reading->pages.empty() && !reading->failure.has_value() &&
                !reading->missing;
        if (done_) owner_->readings_.erase(key);
        owner_->changed_.notify_all();
        return std::optional<Page>(std::move(page));
      }
      done_ = true;
      owner_->readings_.erase(key);
      if (reading->failure.has_value()) return *reading->failure;
      if (reading->missing) return std::optional<Page>();
      return std::optional<Page>(Page());
    }
  }
  uint32_t remaining = 0;
  auto page = own_->ListPage(path_, start_after_, &remaining);
  done_ = remaining == 0 || !page.ok();
  if (!page.ok()) return page.failure();
  if (!page->has_value()) return std::optional<Page>();
  if (!(*page)->empty()) start_after_ = (*page)->back().path();
  if (owner_ != nullptr) {
    const std::lock_guard lock(owner_->mutex_);
    owner_->Enqueue(path_, **page);
    owner_->changed_.notify_all();
  }
  return std::optional<Page>(*std::move(*page));
}

}  // namespace jfs::tools
