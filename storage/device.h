#ifndef STORAGE_DEVICE_H_
#define STORAGE_DEVICE_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"

namespace jfs::storage {

// What is known of the disk under a directory.
struct Device {
  // The unit in which a write may tear: 512 or 4096 bytes, the device's physical block size. 4096
  // where nothing is known (network and virtual file systems). Never smaller than what O_DIRECT
  // demands.
  uint32_t block_bytes = 4096;
  // Whether files can be opened with O_DIRECT here.
  bool direct = false;
  // One line for the log: the device, its block sizes, and why O_DIRECT is not used if it is not.
  std::string description;
};

// Looks at the device and tries O_DIRECT with a file of its own, which it removes again.
absl::StatusOr<Device> ProbeDevice(const std::string& directory);

// The rule behind Device::block_bytes, for sizes as sysfs gives them (0: unknown).
uint32_t AtomicBlockBytes(uint64_t physical_bytes, uint64_t logical_bytes);

}  // namespace jfs::storage

#endif  // STORAGE_DEVICE_H_
