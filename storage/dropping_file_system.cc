#include "storage/dropping_file_system.h"

#include <algorithm>
#include <cstdarg>
#include <cstring>
#include <utility>

#include "absl/strings/str_split.h"
#include "rocksdb/env.h"

#include "core/base/check.h"
#include "core/base/random.h"

namespace jfs::storage {
namespace {

constexpr size_t kPageBytes = 4096;

rocksdb::IOStatus Missing(const std::string& path) {
  return rocksdb::IOStatus::PathNotFound(path, "no such file or directory");
}

class Lock : public rocksdb::FileLock {
 public:
  explicit Lock(std::string path) : path_(std::move(path)) {}
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// RocksDB wants to log somewhere; what it says is of no interest here.
class NoLogger : public rocksdb::Logger {
 public:
  using rocksdb::Logger::Logv;
  void Logv(const char* /*format*/, va_list /*arguments*/) override {}
  size_t GetLogFileSize() const override { return 0; }
};

// What is left of a file's content of which only `synced` is certain.
std::string Remains(const std::string& content, const std::string& synced, Random& random) {
  if (content == synced) return synced;
  // Only appends leave a meaningful prefix; a truncated or replaced file is one or the other.
  const bool appended =
      content.size() > synced.size() && content.compare(0, synced.size(), synced) == 0;
  const uint64_t fate = random.Below(4);
  if (fate == 0) return synced;
  if (fate == 1 || !appended) return content;
  if (fate == 2) {
    const uint64_t cut = random.Between(synced.size(), content.size());
    return content.substr(0, cut);
  }
  std::string holes = content;
  for (size_t page = synced.size(); page < holes.size();) {
    const size_t end = std::min(holes.size(), (page / kPageBytes + 1) * kPageBytes);
    if (random.Chance(1, 2)) std::memset(holes.data() + page, 0, end - page);
    page = end;
  }
  return holes;
}

}  // namespace

class DroppingReadableFile : public rocksdb::FSRandomAccessFile, public rocksdb::FSSequentialFile {
 public:
  DroppingReadableFile(const DroppingFileSystem* file_system, DroppingFileSystem::NodePtr node)
      : file_system_(file_system), node_(std::move(node)) {}

  rocksdb::IOStatus Read(uint64_t offset, size_t bytes, const rocksdb::IOOptions& /*options*/,
                         rocksdb::Slice* result, char* scratch,
                         rocksdb::IODebugContext* /*debug*/) const override {
    std::lock_guard<std::mutex> lock(file_system_->mutex_);
    const std::string& content = node_->content;
    const size_t from = std::min<size_t>(offset, content.size());
    const size_t size = std::min(bytes, content.size() - from);
    std::memcpy(scratch, content.data() + from, size);
    *result = rocksdb::Slice(scratch, size);
    return rocksdb::IOStatus::OK();
  }
  rocksdb::IOStatus Read(size_t bytes, const rocksdb::IOOptions& options, rocksdb::Slice* result,
                         char* scratch, rocksdb::IODebugContext* debug) override {
    const rocksdb::IOStatus status = Read(position_, bytes, options, result, scratch, debug);
    position_ += result->size();
    return status;
  }
  rocksdb::IOStatus Skip(uint64_t bytes) override {
    position_ += bytes;
    return rocksdb::IOStatus::OK();
  }
  bool use_direct_io() const override { return false; }
  size_t GetRequiredBufferAlignment() const override { return kPageBytes; }
  rocksdb::IOStatus InvalidateCache(size_t /*offset*/, size_t /*length*/) override {
    return rocksdb::IOStatus::OK();
  }
  rocksdb::Temperature GetTemperature() const override { return rocksdb::Temperature::kUnknown; }

 private:
  const DroppingFileSystem* file_system_;
  const DroppingFileSystem::NodePtr node_;
  uint64_t position_ = 0;
};

class DroppingWritableFile : public rocksdb::FSWritableFile {
 public:
  DroppingWritableFile(DroppingFileSystem* file_system, DroppingFileSystem::NodePtr node)
      : file_system_(file_system), node_(std::move(node)) {}

  using rocksdb::FSWritableFile::Append;
  rocksdb::IOStatus Append(const rocksdb::Slice& data, const rocksdb::IOOptions& /*options*/,
                           rocksdb::IODebugContext* /*debug*/) override {
    file_system_->Count();
    std::lock_guard<std::mutex> lock(file_system_->mutex_);
    node_->content.append(data.data(), data.size());
    return rocksdb::IOStatus::OK();
  }
  rocksdb::IOStatus Truncate(uint64_t bytes, const rocksdb::IOOptions& /*options*/,
                             rocksdb::IODebugContext* /*debug*/) override {
    file_system_->Count();
    std::lock_guard<std::mutex> lock(file_system_->mutex_);
    node_->content.resize(bytes);
    return rocksdb::IOStatus::OK();
  }
  rocksdb::IOStatus Close(const rocksdb::IOOptions& /*options*/,
                          rocksdb::IODebugContext* /*debug*/) override {
    return rocksdb::IOStatus::OK();
  }
  rocksdb::IOStatus Flush(const rocksdb::IOOptions& /*options*/,
                          rocksdb::IODebugContext* /*debug*/) override {
    return rocksdb::IOStatus::OK();
  }
  rocksdb::IOStatus Sync(const rocksdb::IOOptions& /*options*/,
                         rocksdb::IODebugContext* /*debug*/) override {
    file_system_->Count();
    std::lock_guard<std::mutex> lock(file_system_->mutex_);
    if (!file_system_->lying_) node_->synced = node_->content;
    return rocksdb::IOStatus::OK();
  }
  bool IsSyncThreadSafe() const override { return true; }
  uint64_t GetFileSize(const rocksdb::IOOptions& /*options*/,
                       rocksdb::IODebugContext* /*debug*/) override {
    std::lock_guard<std::mutex> lock(file_system_->mutex_);
    return node_->content.size();
  }

 private:
  DroppingFileSystem* file_system_;
  const DroppingFileSystem::NodePtr node_;
};

class DroppingDirectory : public rocksdb::FSDirectory {
 public:
  DroppingDirectory(DroppingFileSystem* file_system, DroppingFileSystem::NodePtr node)
      : file_system_(file_system), node_(std::move(node)) {}

  rocksdb::IOStatus Fsync(const rocksdb::IOOptions& /*options*/,
                          rocksdb::IODebugContext* /*debug*/) override {
    file_system_->Count();
    std::lock_guard<std::mutex> lock(file_system_->mutex_);
    if (!file_system_->lying_) file_system_->SyncNames(node_);
    return rocksdb::IOStatus::OK();
  }

 private:
  DroppingFileSystem* file_system_;
  const DroppingFileSystem::NodePtr node_;
};

DroppingFileSystem::DroppingFileSystem() : root_(std::make_shared<Node>()) {
  root_->is_directory = true;
}

DroppingFileSystem::~DroppingFileSystem() = default;

void DroppingFileSystem::SetHook(std::function<void(uint64_t)> hook) {
  std::lock_guard<std::mutex> lock(mutex_);
  hook_ = std::move(hook);
}

void DroppingFileSystem::SetLying(bool lying) {
  std::lock_guard<std::mutex> lock(mutex_);
  lying_ = lying;
}

uint64_t DroppingFileSystem::operations() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return operations_;
}

void DroppingFileSystem::Count() {
  std::function<void(uint64_t)> hook;
  uint64_t operation = 0;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    operation = ++operations_;
    hook = hook_;
  }
  if (hook) hook(operation);
}

DroppingFileSystem::Place DroppingFileSystem::Find(const std::string& path) const {
  const std::vector<std::string> parts = absl::StrSplit(path, '/', absl::SkipEmpty());
  Place place{.directory = nullptr, .name = "", .node = root_};
  for (const std::string& part : parts) {
    if (place.node == nullptr || !place.node->is_directory) return Place{};
    place.directory = place.node;
    place.name = part;
    const auto it = place.directory->names.find(part);
    place.node = it == place.directory->names.end() ? nullptr : it->second;
  }
  return place;
}

void DroppingFileSystem::Make(Change change) {
  for (const Slot& slot : change.slots) {
    if (slot.node == nullptr) {
      slot.directory->names.erase(slot.name);
    } else {
      slot.directory->names[slot.name] = slot.node;
    }
  }
  pending_.push_back(std::move(change));
}

void DroppingFileSystem::SyncNames(const NodePtr& directory) {
  // A change becomes durable if it concerns the directory, and then so do earlier ones of the same
  // names: the two names of a rename may lie in different directories.
  std::set<std::pair<Node*, std::string>> needed;
  std::vector<bool> durable(pending_.size(), false);
  for (size_t i = pending_.size(); i-- > 0;) {
    for (const Slot& slot : pending_[i].slots) {
      if (slot.directory == directory || needed.contains({slot.directory.get(), slot.name})) {
        durable[i] = true;
      }
    }
    if (!durable[i]) continue;
    for (const Slot& slot : pending_[i].slots) needed.emplace(slot.directory.get(), slot.name);
  }
  std::vector<Change> left;
  for (size_t i = 0; i < pending_.size(); ++i) {
    if (!durable[i]) {
      left.push_back(std::move(pending_[i]));
      continue;
    }
    for (const Slot& slot : pending_[i].slots) {
      if (slot.node == nullptr) {
        slot.directory->synced_names.erase(slot.name);
      } else {
        slot.directory->synced_names[slot.name] = slot.node;
      }
    }
  }
  pending_ = std::move(left);
}

std::shared_ptr<DroppingFileSystem> DroppingFileSystem::PowerCut(uint64_t seed) const {
  std::lock_guard<std::mutex> lock(mutex_);
  Random random(Mix64(seed));

  // Which of the changes in flight made it.
  const uint64_t fate = random.Below(4);
  const uint64_t until = random.Between(0, pending_.size());
  std::map<Node*, Names> names;  // of directories, where they differ from synced_names
  std::set<std::pair<Node*, std::string>> broken;
  for (size_t i = 0; i < pending_.size(); ++i) {
    bool survives = false;
    if (fate == 1) survives = true;
    if (fate == 2) survives = i < until;
    if (fate == 3) survives = random.Chance(1, 2);
    for (const Slot& slot : pending_[i].slots) {
      if (broken.contains({slot.directory.get(), slot.name})) survives = false;
    }
    for (const Slot& slot : pending_[i].slots) {
      if (!survives) {
        broken.emplace(slot.directory.get(), slot.name);
        continue;
      }
      Names& now =
          names.try_emplace(slot.directory.get(), slot.directory->synced_names).first->second;
      if (slot.node == nullptr) {
        now.erase(slot.name);
      } else {
        now[slot.name] = slot.node;
      }
    }
  }

  // Copy what can be reached; a file with two names stays one file.
  auto after = std::make_shared<DroppingFileSystem>();
  std::map<Node*, NodePtr> copies;
  const std::function<NodePtr(Node*)> copy = [&](Node* node) -> NodePtr {
    NodePtr& made = copies[node];
    if (made != nullptr) return made;
    made = std::make_shared<Node>();
    const NodePtr result = made;
    result->is_directory = node->is_directory;
    if (!node->is_directory) {
      result->content = Remains(node->content, node->synced, random);
      result->synced = result->content;
      return result;
    }
    const auto changed = names.find(node);
    for (const auto& [name, child] :
         changed == names.end() ? node->synced_names : changed->second) {
      result->names[name] = copy(child.get());
    }
    result->synced_names = result->names;
    return result;
  };
  after->root_ = copy(root_.get());
  return after;
}

bool DroppingFileSystem::FlipBit(const std::string& path, uint64_t offset, int bit) {
  std::lock_guard<std::mutex> lock(mutex_);
  const Place place = Find(path);
  if (place.node == nullptr || offset >= place.node->content.size()) return false;
  char& byte = place.node->content[offset];
  byte = static_cast<char>(byte ^ (1 << bit));
  return true;
}

// ---- rocksdb::FileSystem ----

rocksdb::IOStatus DroppingFileSystem::NewSequentialFile(
    const std::string& path, const FileOptions& /*options*/,
    std::unique_ptr<rocksdb::FSSequentialFile>* result, IODebugContext* /*debug*/) {
  std::lock_guard<std::mutex> lock(mutex_);
  const Place place = Find(path);
  if (place.node == nullptr || place.node->is_directory) return Missing(path);
  *result = std::make_unique<DroppingReadableFile>(this, place.node);
  return IOStatus::OK();
}

rocksdb::IOStatus DroppingFileSystem::NewRandomAccessFile(
    const std::string& path, const FileOptions& /*options*/,
    std::unique_ptr<rocksdb::FSRandomAccessFile>* result, IODebugContext* /*debug*/) {
  std::lock_guard<std::mutex> lock(mutex_);
  const Place place = Find(path);
  if (place.node == nullptr || place.node->is_directory) return Missing(path);
  *result = std::make_unique<DroppingReadableFile>(this, place.node);
  return IOStatus::OK();
}

rocksdb::IOStatus DroppingFileSystem::OpenForWriting(
    const std::string& path, bool truncate, std::unique_ptr<rocksdb::FSWritableFile>* result) {
  Count();
  std::lock_guard<std::mutex> lock(mutex_);
  Place place = Find(path);
  if (place.directory == nullptr) return Missing(path);
  if (place.node != nullptr && place.node->is_directory) {
    return IOStatus::IOError(path, "is a directory");
  }
  if (place.node == nullptr) {
    place.node = std::make_shared<Node>();
    Make({.slots = {{place.directory, place.name, place.node}}});
  } else if (truncate) {
    place.node->content.clear();
  }
  *result = std::make_unique<DroppingWritableFile>(this, place.node);
  return IOStatus::OK();
}

rocksdb::IOStatus DroppingFileSystem::NewWritableFile(
    const std::string& path, const FileOptions& /*options*/,
    std::unique_ptr<rocksdb::FSWritableFile>* result, IODebugContext* /*debug*/) {
  return OpenForWriting(path, /*truncate=*/true, result);
}

rocksdb::IOStatus DroppingFileSystem::ReopenWritableFile(
    const std::string& path, const FileOptions& /*options*/,
    std::unique_ptr<rocksdb::FSWritableFile>* result, IODebugContext* /*debug*/) {
  return OpenForWriting(path, /*truncate=*/false, result);
}

rocksdb::IOStatus DroppingFileSystem::NewDirectory(const std::string& path,
                                                   const IOOptions& /*options*/,
                                                   std::unique_ptr<rocksdb::FSDirectory>* result,
                                                   IODebugContext* /*debug*/) {
  std::lock_guard<std::mutex> lock(mutex_);
  const Place place = Find(path);
  if (place.node == nullptr || !place.node->is_directory) return Missing(path);
  *result = std::make_unique<DroppingDirectory>(this, place.node);
  return IOStatus::OK();
}

rocksdb::IOStatus DroppingFileSystem::FileExists(const std::string& path,
                                                 const IOOptions& /*options*/,
                                                 IODebugContext* /*debug*/) {
  std::lock_guard<std::mutex> lock(mutex_);
  return Find(path).node == nullptr ? IOStatus::NotFound() : IOStatus::OK();
}

rocksdb::IOStatus DroppingFileSystem::GetChildren(const std::string& path,
                                                  const IOOptions& /*options*/,
                                                  std::vector<std::string>* result,
                                                  IODebugContext* /*debug*/) {
  std::lock_guard<std::mutex> lock(mutex_);
  const Place place = Find(path);
  if (place.node == nullptr || !place.node->is_directory) return Missing(path);
  result->clear();
  for (const auto& [name, child] : place.node->names) result->push_back(name);
  return IOStatus::OK();
}

rocksdb::IOStatus DroppingFileSystem::DeleteFile(const std::string& path,
                                                 const IOOptions& /*options*/,
                                                 IODebugContext* /*debug*/) {
  Count();
  std::lock_guard<std::mutex> lock(mutex_);
  const Place place = Find(path);
  if (place.node == nullptr || place.node->is_directory) return Missing(path);
  Make({.slots = {{place.directory, place.name, nullptr}}});
  return IOStatus::OK();
}

rocksdb::IOStatus DroppingFileSystem::Truncate(const std::string& path, size_t bytes,
                                               const IOOptions& /*options*/,
                                               IODebugContext* /*debug*/) {
  Count();
  std::lock_guard<std::mutex> lock(mutex_);
  const Place place = Find(path);
  if (place.node == nullptr || place.node->is_directory) return Missing(path);
  place.node->content.resize(bytes);
  return IOStatus::OK();
}

rocksdb::IOStatus DroppingFileSystem::CreateDir(const std::string& path,
                                                const IOOptions& /*options*/,
                                                IODebugContext* /*debug*/) {
  Count();
  std::lock_guard<std::mutex> lock(mutex_);
  const Place place = Find(path);
  if (place.directory == nullptr) return Missing(path);
  if (place.node != nullptr) return IOStatus::IOError(path, "exists");
  const auto directory = std::make_shared<Node>();
  directory->is_directory = true;
  Make({.slots = {{place.directory, place.name, directory}}});
  return IOStatus::OK();
}

rocksdb::IOStatus DroppingFileSystem::CreateDirIfMissing(const std::string& path,
                                                         const IOOptions& options,
                                                         IODebugContext* debug) {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    const Place place = Find(path);
    if (place.node != nullptr) {
      return place.node->is_directory ? IOStatus::OK()
                                      : IOStatus::IOError(path, "is not a directory");
    }
  }
  return CreateDir(path, options, debug);
}

rocksdb::IOStatus DroppingFileSystem::DeleteDir(const std::string& path,
                                                const IOOptions& /*options*/,
                                                IODebugContext* /*debug*/) {
  Count();
  std::lock_guard<std::mutex> lock(mutex_);
  const Place place = Find(path);
  if (place.node == nullptr || !place.node->is_directory || place.directory == nullptr) {
    return Missing(path);
  }
  if (!place.node->names.empty()) return IOStatus::IOError(path, "is not empty");
  Make({.slots = {{place.directory, place.name, nullptr}}});
  return IOStatus::OK();
}

rocksdb::IOStatus DroppingFileSystem::GetFileSize(const std::string& path,
                                                  const IOOptions& /*options*/, uint64_t* bytes,
                                                  IODebugContext* /*debug*/) {
  std::lock_guard<std::mutex> lock(mutex_);
  const Place place = Find(path);
  if (place.node == nullptr || place.node->is_directory) return Missing(path);
  *bytes = place.node->content.size();
  return IOStatus::OK();
}

rocksdb::IOStatus DroppingFileSystem::GetFileModificationTime(const std::string& path,
                                                              const IOOptions& /*options*/,
                                                              uint64_t* time,
                                                              IODebugContext* /*debug*/) {
  std::lock_guard<std::mutex> lock(mutex_);
  if (Find(path).node == nullptr) return Missing(path);
  *time = 0;
  return IOStatus::OK();
}

rocksdb::IOStatus DroppingFileSystem::RenameFile(const std::string& from, const std::string& to,
                                                 const IOOptions& /*options*/,
                                                 IODebugContext* /*debug*/) {
  Count();
  std::lock_guard<std::mutex> lock(mutex_);
  const Place source = Find(from);
  const Place target = Find(to);
  if (source.node == nullptr || source.directory == nullptr) return Missing(from);
  if (target.directory == nullptr) return Missing(to);
  if (target.node != nullptr && target.node->is_directory && !target.node->names.empty()) {
    return IOStatus::IOError(to, "is a directory that is not empty");
  }
  Make({.slots = {{source.directory, source.name, nullptr},
                  {target.directory, target.name, source.node}}});
  return IOStatus::OK();
}

rocksdb::IOStatus DroppingFileSystem::LinkFile(const std::string& from, const std::string& to,
                                               const IOOptions& /*options*/,
                                               IODebugContext* /*debug*/) {
  Count();
  std::lock_guard<std::mutex> lock(mutex_);
  const Place source = Find(from);
  const Place target = Find(to);
  if (source.node == nullptr || source.node->is_directory) return Missing(from);
  if (target.directory == nullptr) return Missing(to);
  if (target.node != nullptr) return IOStatus::IOError(to, "exists");
  Make({.slots = {{target.directory, target.name, source.node}}});
  return IOStatus::OK();
}

rocksdb::IOStatus DroppingFileSystem::LockFile(const std::string& path,
                                               const IOOptions& /*options*/,
                                               rocksdb::FileLock** lock,
                                               IODebugContext* /*debug*/) {
  std::lock_guard<std::mutex> guard(mutex_);
  if (!locked_.insert(path).second) return IOStatus::IOError(path, "is locked");
  *lock = new Lock(path);
  return IOStatus::OK();
}

rocksdb::IOStatus DroppingFileSystem::UnlockFile(rocksdb::FileLock* lock,
                                                 const IOOptions& /*options*/,
                                                 IODebugContext* /*debug*/) {
  const std::unique_ptr<Lock> owned(static_cast<Lock*>(lock));
  std::lock_guard<std::mutex> guard(mutex_);
  locked_.erase(owned->path());
  return IOStatus::OK();
}

rocksdb::IOStatus DroppingFileSystem::GetTestDirectory(const IOOptions& /*options*/,
                                                       std::string* path,
                                                       IODebugContext* /*debug*/) {
  *path = "/test";
  return IOStatus::OK();
}

rocksdb::IOStatus DroppingFileSystem::NewLogger(const std::string& /*path*/,
                                                const IOOptions& /*options*/,
                                                std::shared_ptr<rocksdb::Logger>* result,
                                                IODebugContext* /*debug*/) {
  *result = std::make_shared<NoLogger>();
  return IOStatus::OK();
}

rocksdb::IOStatus DroppingFileSystem::GetAbsolutePath(const std::string& path,
                                                      const IOOptions& /*options*/,
                                                      std::string* absolute,
                                                      IODebugContext* /*debug*/) {
  *absolute = path.empty() || path[0] != '/' ? "/" + path : path;
  return IOStatus::OK();
}

rocksdb::IOStatus DroppingFileSystem::IsDirectory(const std::string& path,
                                                  const IOOptions& /*options*/, bool* is_directory,
                                                  IODebugContext* /*debug*/) {
  std::lock_guard<std::mutex> lock(mutex_);
  const Place place = Find(path);
  if (place.node == nullptr) return Missing(path);
  *is_directory = place.node->is_directory;
  return IOStatus::OK();
}

}  // namespace jfs::storage
