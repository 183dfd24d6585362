#ifndef TOOLS_JINDO_IMPORT_PLAN_H_
#define TOOLS_JINDO_IMPORT_PLAN_H_

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "net/jindo/proto/jindo.pb.h"
#include "tools/jindo/walker.h"

// Turns a walk through a tree into operations, in an order that leaves every directory with the
// owner, mode and times of its source: a directory's mkdirs goes out before what is in it, and its
// attributes once everything below has been acknowledged, for each creation would move its
// modification time.
//
// Operations under way may overtake each other (several clients, retries), so nothing rests on that
// first order: a file makes missing parents, mkdirs of a directory that is there changes nothing,
// and the attributes come at the end.
namespace jfs::tools {

struct ImportOptions {
  std::string destination;  // path of the root of the tree
  bool keep_owner = true;
  uint32_t replication = 1;
  uint64_t block_size = 128 << 20;  // doubled for files that would get more than 10,000 blocks
  // Names for uid and gid.
  std::function<std::string(uint32_t)> user_name, group_name;
};

// What the walk found.
struct WalkCounts {
  uint64_t directories = 0, files = 0, bytes = 0;
  uint64_t skipped = 0, unreadable = 0;
};

// One thread walks (WalkVisitor), any number take operations and say what became of them. Holds at
// most `capacity` operations that nobody has taken, not counting attributes of directories, of
// which there are at most three for each directory open.
class ImportPlan : public WalkVisitor {
 public:
  struct Directory;
  struct Planned {
    ::jfs::jindo::OperationProto operation;  // without its call id
    std::shared_ptr<Directory>
        directory;  // that waits for it; its own for mkdirs, else the one it is in
  };
  using Report =
      std::function<void(const std::string& path, std::string_view reason, bool skipped)>;

  // `report` hears of entries that are skipped or cannot be read, on the walking thread.
  ImportPlan(ImportOptions options, size_t capacity, Report report);

  // WalkVisitor; blocks while there are `capacity` operations.
  void EnterDirectory(const LocalEntry& directory) override;
  void LeaveDirectory() override;
  void File(const LocalEntry& file) override;
  void Skip(const std::string& path, std::string_view reason) override;
  void Trouble(const std::string& path, const absl::Status& status) override;
  bool Stopped() override;
  // After the walk, also after one that failed.
  void WalkEnded();

  // Takes up to `max` operations. Waits while there are fewer than `enough`, more may come, and
  // `enough` is not 0. Empty with `enough` > 0: everything is done, or the plan was stopped.
  std::vector<Planned> Take(size_t max, size_t enough);
  // What became of an operation that was taken. `done` false: refused, or nobody knows.
  void Finished(const Planned& planned, bool done);
  // Ends it all: the walk, and those who wait.
  void Stop();

  WalkCounts counts() const;

 private:
  void Push(Planned planned);
  void Release(std::shared_ptr<Directory> directory);  // with mutex_ held
  std::string PathOf(const LocalEntry& entry) const;
  static void SetAttributes(const ImportOptions& options, const Directory& directory,
                            std::vector<::jfs::jindo::OperationProto>* out);

  const ImportOptions options_;
  const size_t capacity_;
  const Report report_;
  std::vector<std::shared_ptr<Directory>> open_;  // of the walking thread

  mutable std::mutex mutex_;
  std::condition_variable room_, work_;
  std::deque<Planned> planned_, attributes_;
  uint64_t unfinished_ = 0;  // planned or taken
  bool walk_ended_ = false, stopped_ = false;
  WalkCounts counts_;
};

}  // namespace jfs::tools

#endif  // TOOLS_JINDO_IMPORT_PLAN_H_
