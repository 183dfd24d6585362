#include "core/log/memory_disk.h"

#include <algorithm>
#include <utility>

#include "core/base/check.h"
#include "core/base/overload.h"

namespace jfs::log {

void MemoryDisk::Submit(std::vector<DiskRequest> requests) {
  for (DiskRequest& request : requests) {
    if (std::holds_alternative<ListFiles>(request.action)) rewritten_.clear();
    under_way_.push_back(std::move(request));
  }
}

void MemoryDisk::Write(const std::string& file, uint64_t offset, std::string_view data) {
  std::string& bytes = files_[file];
  if (bytes.size() < offset + data.size()) bytes.resize(offset + data.size(), '\0');
  bytes.replace(offset, data.size(), data);
}

DiskCompletion MemoryDisk::CompleteOne(size_t i) {
  CHECK_LT(i, under_way_.size());
  DiskRequest request = std::move(under_way_[i]);
  under_way_.erase(under_way_.begin() + static_cast<std::ptrdiff_t>(i));
  DiskCompletion done;
  done.token = request.token;
  std::visit(Overload{[&](const CreateFile& action) {
                        files_[action.file] = std::string(action.bytes, '\0');
                      },
                      [&](const WriteFile& action) {
                        CHECK_EQ(action.offset % unit_, 0u);
                        CHECK_EQ(action.data.size() % unit_, 0u);
                        CHECK(files_.count(action.file) == 1) << action.file;
                        Write(action.file, action.offset, action.data.view());
                        for (uint64_t at = 0; at < action.data.size(); at += unit_) {
                          rewritten_.insert({action.file, action.offset + at});
                        }
                        ++writes_;
                        bytes_written_ += action.data.size();
                      },
                      [&](const ReadFile& action) {
                        CHECK_EQ(action.offset % unit_, 0u);
                        CHECK_EQ(action.bytes % unit_, 0u);
                        const auto file = files_.find(action.file);
                        if (file == files_.end()) {
                          done.error = DiskError::kNotFound;
                          done.error_text = "No such file or directory";
                        } else if (action.offset < file->second.size()) {
                          done.data = SharedBytes(file->second.substr(action.offset, action.bytes));
                        }
                      },
                      [&](const RenameFile& action) {
                        const auto file = files_.find(action.from);
                        if (file == files_.end()) {
                          done.error = DiskError::kNotFound;
                          done.error_text = "No such file or directory";
                          return;
                        }
                        std::string bytes = std::move(file->second);
                        files_.erase(file);
                        files_[action.to] = std::move(bytes);
                      },
                      [&](const RemoveFile& action) { files_.erase(action.file); },
                      [&](const ListFiles&) {
                        for (const auto& [name, bytes] : files_)
                          done.files.push_back({name, bytes.size()});
                      }},
             request.action);
  return done;
}

DiskCompletion MemoryDisk::FailOne(size_t i, DiskError error) {
  CHECK_LT(i, under_way_.size());
  DiskCompletion done;
  done.token = under_way_[i].token;
  done.error = error;
  done.error_text = error == DiskError::kNoSpace ? "No space left on device" : "Input/output error";
  under_way_.erase(under_way_.begin() + static_cast<std::ptrdiff_t>(i));
  return done;
}

DiskCompletion MemoryDisk::LieAboutOne(size_t i) {
  DiskCompletion done = FailOne(i, DiskError::kIo);
  done.error = DiskError::kNone;
  done.error_text.clear();
  return done;
}

DiskCompletion MemoryDisk::MisdirectOne(size_t i, uint64_t distance) {
  CHECK_LT(i, under_way_.size());
  if (auto* write = std::get_if<WriteFile>(&under_way_[i].action)) {
    const uint64_t end = write->offset + distance + write->data.size();
    if (end <= files_[write->file].size()) write->offset += distance;
  }
  return CompleteOne(i);
}

uint64_t MemoryDisk::BlocksOf(size_t i) const {
  CHECK_LT(i, under_way_.size());
  const DiskAction& action = under_way_[i].action;
  if (const auto* write = std::get_if<WriteFile>(&action)) return write->data.size() / unit_;
  if (const auto* create = std::get_if<CreateFile>(&action)) return create->bytes / unit_;
  return 0;
}

void MemoryDisk::Leave(const DiskAction& action, const Remains& remains) {
  std::visit(Overload{[&](const CreateFile& create) {
                        // An unfinished file holds anything: the blocks not yet written are what
                        // the disk held before.
                        if (!remains.happened) return;
                        std::string bytes(create.bytes, '\xa5');
                        for (size_t i = 0; i < remains.blocks.size() && i * unit_ < bytes.size();
                             ++i) {
                          if (remains.blocks[i]) bytes.replace(i * unit_, unit_, unit_, '\0');
                        }
                        files_[create.file] = std::move(bytes);
                      },
                      [&](const WriteFile& write) {
                        for (size_t i = 0;
                             i < remains.blocks.size() && i * unit_ < write.data.size(); ++i) {
                          if (!remains.blocks[i]) continue;
                          Write(write.file, write.offset + i * unit_,
                                write.data.view().substr(i * unit_, unit_));
                        }
                      },
                      [&](const ReadFile&) {},
                      [&](const RenameFile& rename) {
                        const auto file = files_.find(rename.from);
                        if (!remains.happened || file == files_.end()) return;
                        std::string bytes = std::move(file->second);
                        files_.erase(file);
                        files_[rename.to] = std::move(bytes);
                      },
                      [&](const RemoveFile& remove) {
                        if (remains.happened) files_.erase(remove.file);
                      },
                      [&](const ListFiles&) {}},
             action);
}

void MemoryDisk::Crash(const std::vector<Remains>& remains) {
  for (size_t i = 0; i < under_way_.size() && i < remains.size(); ++i)
    Leave(under_way_[i].action, remains[i]);
  under_way_.clear();
}

void MemoryDisk::CrashAtRandom(Random& random) {
  std::vector<Remains> remains;
  for (size_t i = 0; i < under_way_.size(); ++i) {
    Remains one;
    one.happened = random.Chance(1, 2);
    const uint64_t blocks = BlocksOf(i);
    // Nothing, everything, and anything between are all worth their while.
    const uint64_t shape = random.Below(4);
    for (uint64_t block = 0; block < blocks; ++block) {
      one.blocks.push_back(shape == 0 ? false : shape == 1 ? true : random.Chance(1, 2));
    }
    remains.push_back(std::move(one));
  }
  Crash(remains);
}

}  // namespace jfs::log
