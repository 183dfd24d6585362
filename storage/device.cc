#include "storage/device.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <optional>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

#include "storage/posix.h"

namespace jfs::storage {
namespace {

constexpr char kProbeFile[] = "direct-io.probe";

uint64_t QueueLimit(dev_t device, const char* name) {
  const std::string block = absl::StrCat("/sys/dev/block/", major(device), ":", minor(device), "/");
  // A partition has no queue of its own; its disk's lies one level up.
  for (const char* queue : {"queue/", "../queue/"}) {
    absl::StatusOr<std::string> text = ReadSmallFile(absl::StrCat(block, queue, name), 64);
    uint64_t value = 0;
    if (text.ok() && absl::SimpleAtoi(absl::StripAsciiWhitespace(*text), &value)) return value;
  }
  return 0;
}

// Writes one block with O_DIRECT. Unset if that works, else why it does not.
std::optional<std::string> WhyNotDirect(const std::string& directory, uint32_t block_bytes) {
  const std::string path = JoinPath(directory, kProbeFile);
  UniqueFd fd(open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_DIRECT, 0640));
  std::optional<std::string> why;
  if (!fd.valid()) {
    why = absl::StrCat("open with O_DIRECT: ", ErrnoText(errno));
  } else {
    std::unique_ptr<void, decltype(&std::free)> block(std::aligned_alloc(4096, 4096), &std::free);
    std::memset(block.get(), 0, 4096);
    if (int error = WriteAt(fd.get(), 0, static_cast<char*>(block.get()), block_bytes)) {
      why = absl::StrCat("write of ", block_bytes, " bytes with O_DIRECT: ", ErrnoText(error));
    }
  }
  unlink(path.c_str());
  return why;
}

}  // namespace

uint32_t AtomicBlockBytes(uint64_t physical_bytes, uint64_t logical_bytes) {
  // A logical block above 512 cannot be addressed in parts, whatever the device says of its
  // physical ones.
  if (physical_bytes == 512 && logical_bytes <= 512) return 512;
  return 4096;
}

absl::StatusOr<Device> ProbeDevice(const std::string& directory) {
  struct stat info;
  if (stat(directory.c_str(), &info) != 0) return ErrnoStatus(errno, "look at", directory);
  const uint64_t physical = QueueLimit(info.st_dev, "physical_block_size");
  const uint64_t logical = QueueLimit(info.st_dev, "logical_block_size");

  Device device;
  device.block_bytes = AtomicBlockBytes(physical, logical);
  std::optional<std::string> why = WhyNotDirect(directory, device.block_bytes);
  if (why && device.block_bytes == 512) {
    // The file system may want larger units than its device (encryption, some RAID layers).
    device.block_bytes = 4096;
    why = WhyNotDirect(directory, device.block_bytes);
  }
  device.direct = !why.has_value();
  device.description = absl::StrCat(
      "device ", major(info.st_dev), ":", minor(info.st_dev), ", physical block ",
      physical == 0 ? "unknown" : absl::StrCat(physical), ", logical block ",
      logical == 0 ? "unknown" : absl::StrCat(logical), ", writing in blocks of ",
      device.block_bytes,
      why ? absl::StrCat(" through the page cache, because O_DIRECT does not work here (", *why,
                         ")")
          : std::string(" with O_DIRECT"));
  return device;
}

}  // namespace jfs::storage
