#ifndef CORE_LOG_DISK_H_
#define CORE_LOG_DISK_H_

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "core/base/bytes.h"
#include "core/base/strong_int.h"

// What the log asks of a disk, as data. The production driver carries these requests out with
// O_DIRECT files (storage/), the simulator on a virtual disk with faults (sim/). All files lie in
// one flat directory that belongs to the log; names are plain, without '/'.
namespace jfs::log {

// Numbers the requests of one run of the process, from 1.
using DiskToken = StrongInt<struct DiskTokenTag>;

// Creates `file` with `bytes` zero bytes actually written (not merely allocated) and makes both the
// file and its directory entry durable before completing. An existing file of that name is
// replaced.
struct CreateFile {
  std::string file;
  uint64_t bytes = 0;
};

// Writes `data` at `offset`, both multiples of the device's atomic write unit, and completes when
// the data is durable (write + flush as one). May tear at multiples of the unit if power fails
// before completion. Several writes may be under way at once and reach the disk in any order.
struct WriteFile {
  std::string file;
  uint64_t offset = 0;
  SharedBytes data;
};

// Reads [offset, offset + bytes), multiples of the unit. Fewer bytes mean the file ends there.
struct ReadFile {
  std::string file;
  uint64_t offset = 0;
  uint64_t bytes = 0;
};

// Renames `from` to `to` (replacing it) and completes when the directory is durable.
struct RenameFile {
  std::string from;
  std::string to;
};

// Removes `file`; completes when the directory is durable. A missing file is not an error.
struct RemoveFile {
  std::string file;
};

// Lists the directory: names and sizes in any order.
struct ListFiles {};

using DiskAction = std::variant<CreateFile, WriteFile, ReadFile, RenameFile, RemoveFile, ListFiles>;

// Requests are started in the order given; they may complete in any order. The log itself waits
// where order matters.
struct DiskRequest {
  DiskToken token;
  DiskAction action;
};

struct FileInfo {
  std::string name;
  uint64_t bytes = 0;
};

enum class DiskError : uint8_t {
  kNone = 0,
  kNoSpace,   // ENOSPC; like every error it is final for this run of the process
  kIo,        // EIO and everything else
  kNotFound,  // ReadFile, RenameFile: no such file
};

struct DiskCompletion {
  DiskToken token;
  DiskError error = DiskError::kNone;
  std::string error_text;       // for people: what the driver knows (errno text)
  SharedBytes data;             // ReadFile
  std::vector<FileInfo> files;  // ListFiles
};

}  // namespace jfs::log

#endif  // CORE_LOG_DISK_H_
