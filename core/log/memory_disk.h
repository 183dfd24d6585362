#ifndef CORE_LOG_MEMORY_DISK_H_
#define CORE_LOG_MEMORY_DISK_H_

#include <cstdint>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/base/random.h"
#include "core/log/disk.h"

namespace jfs::log {

// A disk of the kind core/log/disk.h describes, in memory, for tests: requests wait until the test
// lets them complete, and a crash leaves of each one under way whatever the contract allows, as the
// test chooses.
class MemoryDisk {
 public:
  // What is left after a crash of a request that was under way.
  struct Remains {
    // Bit i: block i of a WriteFile (units of `unit` bytes) or of a CreateFile reached the disk.
    std::vector<bool> blocks;
    // A RenameFile or RemoveFile took place; a CreateFile left the file in the directory.
    bool happened = false;
  };

  explicit MemoryDisk(uint32_t unit) : unit_(unit) {}

  void Submit(std::vector<DiskRequest> requests);
  const std::deque<DiskRequest>& under_way() const { return under_way_; }
  // Carries out request number `i` of those under way.
  DiskCompletion CompleteOne(size_t i);
  // Ends it without any effect and with this error.
  DiskCompletion FailOne(size_t i, DiskError error);
  // Reports success without doing anything: a disk that lies.
  DiskCompletion LieAboutOne(size_t i);
  // A WriteFile that reaches the same file `distance` bytes away from where it should, if the file
  // goes that far.
  DiskCompletion MisdirectOne(size_t i, uint64_t distance);
  // The power fails; the requests under way leave nothing but what `remains` says, in their order
  // (missing: nothing).
  void Crash(const std::vector<Remains>& remains);
  // The same with everything drawn at random.
  void CrashAtRandom(Random& random);
  // Blocks (units) that request number `i` would write; 0 for other requests.
  uint64_t BlocksOf(size_t i) const;

  std::map<std::string, std::string>& files() { return files_; }
  const std::map<std::string, std::string>& files() const { return files_; }
  // Since the last Submit of a ListFiles: a WriteFile over this unit has completed.
  bool WasRewritten(const std::string& file, uint64_t offset) const {
    return rewritten_.count({file, offset}) > 0;
  }
  uint64_t writes() const { return writes_; }
  uint64_t bytes_written() const { return bytes_written_; }

 private:
  void Leave(const DiskAction& action, const Remains& remains);
  void Write(const std::string& file, uint64_t offset, std::string_view data);

  uint32_t unit_;
  std::map<std::string, std::string> files_;
  std::deque<DiskRequest> under_way_;
  std::set<std::pair<std::string, uint64_t>> rewritten_;
  uint64_t writes_ = 0;
  uint64_t bytes_written_ = 0;
};

}  // namespace jfs::log

#endif  // CORE_LOG_MEMORY_DISK_H_
