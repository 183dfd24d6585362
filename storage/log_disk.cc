#include "storage/log_disk.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

#include "core/base/check.h"
#include "core/base/overload.h"
#include "storage/device.h"

namespace jfs::storage {
namespace {

// The files whose names mean something else, or nothing, once `action` is done.
std::vector<std::string> NamesChanged(const log::DiskAction& action) {
  return std::visit(
      Overload{
          [](const log::CreateFile& create) { return std::vector<std::string>{create.file}; },
          [](const log::RenameFile& rename) {
            return std::vector<std::string>{rename.from, rename.to};
          },
          [](const log::RemoveFile& remove) { return std::vector<std::string>{remove.file}; },
          [](const auto&) { return std::vector<std::string>(); },
      },
      action);
}

// The one file that a write or read works on.
const std::string* NameUsed(const log::DiskAction& action) {
  if (const auto* write = std::get_if<log::WriteFile>(&action)) return &write->file;
  if (const auto* read = std::get_if<log::ReadFile>(&action)) return &read->file;
  return nullptr;
}

}  // namespace

absl::StatusOr<std::unique_ptr<LogDisk>> LogDisk::Open(const Options& options) {
  CHECK(options.block_bytes == 0 || options.block_bytes == 512 || options.block_bytes == 4096);
  absl::StatusOr<Device> device = ProbeDevice(options.directory);
  if (!device.ok()) return device.status();
  const bool direct = device->direct && options.allow_direct;
  const uint32_t block_bytes = options.block_bytes != 0 ? options.block_bytes : device->block_bytes;
  absl::StatusOr<LogFiles> files = LogFiles::Open(options.directory, direct);
  if (!files.ok()) return files.status();

  std::unique_ptr<LogDisk> disk(new LogDisk(*std::move(files), block_bytes));
  disk->description_ = absl::StrCat("log directory ", options.directory, ": ", device->description);
  if (device->direct && !direct) {
    absl::StrAppend(&disk->description_, " (switched off: through the page cache)");
  }
  if (options.writer != Writer::kThread) {
    absl::StatusOr<std::unique_ptr<LogWriter>> writer =
        NewIoUringLogWriter(disk->queue_.event_fd(), direct);
    if (writer.ok()) {
      disk->writer_ = *std::move(writer);
      absl::StrAppend(&disk->description_, ", through io_uring");
      return disk;
    }
    if (options.writer == Writer::kIoUring) return writer.status();
    absl::StrAppend(&disk->description_, ", through a thread, because ",
                    std::string(writer.status().message()));
  } else {
    absl::StrAppend(&disk->description_, ", through a thread");
  }
  LogDisk* raw = disk.get();
  disk->writer_ = NewThreadLogWriter([raw] { raw->queue_.Notify(); }, direct);
  return disk;
}

LogDisk::~LogDisk() = default;

bool LogDisk::MustWait(const log::DiskAction& action) const {
  const std::string* name = NameUsed(action);
  if (name == nullptr) return false;
  for (const auto& [token, names] : changing_) {
    if (std::find(names.begin(), names.end(), *name) != names.end()) return true;
  }
  return false;
}

void LogDisk::Start(std::vector<log::DiskRequest> requests) {
  for (log::DiskRequest& request : requests) {
    // A change behind a waiting write or read of the same file must not overtake it. That is rare
    // enough to let everything wait in line.
    if (!waiting_.empty() || MustWait(request.action)) {
      waiting_.push_back(std::move(request));
    } else {
      Begin(std::move(request));
    }
  }
  writer_->Submit();
}

void LogDisk::Begin(log::DiskRequest request) {
  if (const auto* write = std::get_if<log::WriteFile>(&request.action)) {
    BeginWrite(request.token, *write);
  } else if (std::holds_alternative<log::ReadFile>(request.action)) {
    reads_.Post([this, request = std::move(request)] { queue_.Push(files_.Run(request)); });
  } else {
    BeginChange(std::move(request));
  }
}

void LogDisk::BeginWrite(log::DiskToken token, const log::WriteFile& write) {
  CHECK_EQ(write.offset % block_bytes_, 0u) << "file " << write.file;
  CHECK_EQ(write.data.size() % block_bytes_, 0u) << "file " << write.file;
  CHECK(!write.data.empty()) << "file " << write.file;
  std::shared_ptr<const UniqueFd>& file = open_[write.file];
  if (file == nullptr) {
    int error = 0;
    file = files_.OpenFile(write.file, &error);
    if (file == nullptr) {
      open_.erase(write.file);
      queue_.Push(files_.Failure(token, error, "open for writing", write.file));
      return;
    }
  }
  writer_->Add({.token = token,
                .file = file,
                .name = write.file,
                .offset = write.offset,
                .data = write.data});
}

void LogDisk::BeginChange(log::DiskRequest request) {
  std::vector<std::string> names = NamesChanged(request.action);
  if (!names.empty()) {
    for (const std::string& name : names) open_.erase(name);
    const bool fresh = changing_.emplace(request.token, std::move(names)).second;
    CHECK(fresh) << "disk token " << request.token << " is in use";
  }
  changes_.Post([this, request = std::move(request)] { queue_.Push(files_.Run(request)); });
}

std::vector<log::DiskCompletion> LogDisk::Take() {
  std::vector<log::DiskCompletion> completions = queue_.Take();
  for (const log::DiskCompletion& completion : completions) changing_.erase(completion.token);
  while (!waiting_.empty() && !MustWait(waiting_.front().action)) {
    log::DiskRequest request = std::move(waiting_.front());
    waiting_.pop_front();
    Begin(std::move(request));
  }

  std::vector<LogWriteDone> writes;
  writer_->Take(&writes);
  for (LogWriteDone& done : writes) {
    log::DiskCompletion completion;
    completion.token = done.write.token;
    if (done.error != 0) {
      completion = files_.Failure(done.write.token, done.error,
                                  absl::StrCat("write ", done.write.data.size(),
                                               " bytes at offset ", done.write.offset, " of"),
                                  done.write.name);
      // The log needs no finer distinction for a write: the file was there when it was opened.
      if (completion.error == log::DiskError::kNotFound) completion.error = log::DiskError::kIo;
    }
    completions.push_back(std::move(completion));
  }
  writer_->Submit();
  return completions;
}

}  // namespace jfs::storage
