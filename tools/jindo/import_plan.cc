#include "tools/jindo/import_plan.h"

#include <utility>

#include "core/base/check.h"
#include "tools/jindo/target.h"

namespace jfs::tools {
namespace {

using ::jfs::jindo::OperationProto;

constexpr uint64_t kMaxBlocks = 10000;  // HDFS's default limit for a file
constexpr uint32_t kModeBits = 01777;   // what the masters keep
// A directory that its own owner may not write to could not be filled by him.
constexpr uint32_t kOwnerMayFill = 0700;

}  // namespace

struct ImportPlan::Directory {
  std::string path;
  LocalEntry entry;
  std::string user, group;
  std::shared_ptr<Directory> parent;
  // What must still happen before the attributes can be set, or, after that, before the parent's
  // can: being listed, its operations, its subdirectories.
  uint64_t waits_for = 1;
  bool failed = false;  // its mkdirs was not done
  bool attributes_out = false;
};

ImportPlan::ImportPlan(ImportOptions options, size_t capacity, Report report)
    : options_(std::move(options)), capacity_(capacity), report_(std::move(report)) {
  CHECK(capacity_ > 0);
}

std::string ImportPlan::PathOf(const LocalEntry& entry) const {
  return entry.path.empty() ? options_.destination : ChildOf(options_.destination, entry.path);
}

void ImportPlan::Push(Planned planned) {
  std::unique_lock lock(mutex_);
  room_.wait(lock, [&] { return stopped_ || planned_.size() < capacity_; });
  if (stopped_) return;
  ++planned.directory->waits_for;
  ++unfinished_;
  planned_.push_back(std::move(planned));
  work_.notify_one();
}

void ImportPlan::EnterDirectory(const LocalEntry& entry) {
  auto directory = std::make_shared<Directory>();
  directory->path = PathOf(entry);
  directory->entry = entry;
  if (options_.keep_owner) {
    directory->user = options_.user_name(entry.uid);
    directory->group = options_.group_name(entry.gid);
  }
  {
    const std::lock_guard lock(mutex_);
    ++counts_.directories;
    if (!open_.empty()) {
      directory->parent = open_.back();
      ++directory->parent->waits_for;
    }
  }
  open_.push_back(directory);
  Planned planned{.directory = directory};
  OperationProto::Mkdirs* const mkdirs = planned.operation.mutable_mkdirs();
  mkdirs->set_path(directory->path);
  mkdirs->set_mode((entry.mode & kModeBits) | kOwnerMayFill);
  Push(std::move(planned));
}

void ImportPlan::LeaveDirectory() {
  const std::lock_guard lock(mutex_);
  Release(std::move(open_.back()));
  open_.pop_back();
}

void ImportPlan::File(const LocalEntry& entry) {
  Planned planned{.directory = open_.back()};
  OperationProto::ImportFile* const file = planned.operation.mutable_importfile();
  file->set_path(PathOf(entry));
  file->set_mode(entry.mode & kModeBits);
  if (options_.keep_owner) {
    file->set_user(options_.user_name(entry.uid));
    file->set_group(options_.group_name(entry.gid));
  }
  file->set_mtime(entry.mtime_millis);
  file->set_atime(entry.atime_millis);
  file->set_replication(options_.replication);
  uint64_t block_size = options_.block_size;
  while (entry.bytes / block_size >= kMaxBlocks) block_size *= 2;
  file->set_blocksize(block_size);
  file->set_length(entry.bytes);
  {
    const std::lock_guard lock(mutex_);
    ++counts_.files;
    counts_.bytes += entry.bytes;
  }
  Push(std::move(planned));
}

void ImportPlan::Skip(const std::string& path, std::string_view reason) {
  {
    const std::lock_guard lock(mutex_);
    ++counts_.skipped;
  }
  report_(path, reason, /*skipped=*/true);
}

void ImportPlan::Trouble(const std::string& path, const absl::Status& status) {
  {
    const std::lock_guard lock(mutex_);
    ++counts_.unreadable;
  }
  report_(path, std::string(status.message()), /*skipped=*/false);
}

bool ImportPlan::Stopped() {
  const std::lock_guard lock(mutex_);
  return stopped_;
}

void ImportPlan::WalkEnded() {
  const std::lock_guard lock(mutex_);
  walk_ended_ = true;
  work_.notify_all();
}

void ImportPlan::SetAttributes(const ImportOptions& options, const Directory& directory,
                               std::vector<OperationProto>* out) {
  if (options.keep_owner) {
    OperationProto::SetOwner* const owner = out->emplace_back().mutable_setowner();
    owner->set_path(directory.path);
    owner->set_user(directory.user);
    owner->set_group(directory.group);
  }
  OperationProto::SetTimes* const times = out->emplace_back().mutable_settimes();
  times->set_path(directory.path);
  times->set_mtime(directory.entry.mtime_millis);
  times->set_atime(directory.entry.atime_millis);
  // Last, for it may take away the right to do the others.
  OperationProto::SetPermission* const mode = out->emplace_back().mutable_setpermission();
  mode->set_path(directory.path);
  mode->set_mode(directory.entry.mode & kModeBits);
}

void ImportPlan::Release(std::shared_ptr<Directory> directory) {
  while (directory != nullptr) {
    CHECK(directory->waits_for > 0);
    if (--directory->waits_for > 0) return;
    if (!directory->failed && !directory->attributes_out && !stopped_) {
      directory->attributes_out = true;
      std::vector<OperationProto> operations;
      SetAttributes(options_, *directory, &operations);
      directory->waits_for = operations.size();
      unfinished_ += operations.size();
      for (OperationProto& operation : operations) {
        attributes_.push_back({.operation = std::move(operation), .directory = directory});
      }
      work_.notify_one();
      return;
    }
    directory = directory->parent;
  }
}

std::vector<ImportPlan::Planned> ImportPlan::Take(size_t max, size_t enough) {
  std::unique_lock lock(mutex_);
  const auto ready = [&] { return planned_.size() + attributes_.size(); };
  work_.wait(lock, [&] {
    return stopped_ || ready() >= enough || (walk_ended_ && (ready() > 0 || unfinished_ == 0));
  });
  std::vector<Planned> out;
  if (stopped_) return out;
  for (std::deque<Planned>* queue : {&attributes_, &planned_}) {
    while (out.size() < max && !queue->empty()) {
      out.push_back(std::move(queue->front()));
      queue->pop_front();
    }
  }
  room_.notify_one();
  return out;
}

void ImportPlan::Finished(const Planned& planned, bool done) {
  const std::lock_guard lock(mutex_);
  CHECK(unfinished_ > 0);
  if (!done && planned.operation.has_mkdirs()) planned.directory->failed = true;
  Release(planned.directory);
  if (--unfinished_ == 0) work_.notify_all();
}

void ImportPlan::Stop() {
  const std::lock_guard lock(mutex_);
  stopped_ = true;
  work_.notify_all();
  room_.notify_all();
}

WalkCounts ImportPlan::counts() const {
  const std::lock_guard lock(mutex_);
  return counts_;
}

}  // namespace jfs::tools
