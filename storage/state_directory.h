#ifndef STORAGE_STATE_DIRECTORY_H_
#define STORAGE_STATE_DIRECTORY_H_

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "core/node/io.h"
#include "storage/rocksdb_state.h"
#include "storage/staging.h"
#include "storage/state_files.h"

namespace jfs::storage {

// The steps of an installation, in order: a crash right behind any of them leaves either the old
// state or the new one, whole. Up to kPointerWritten it is the old one, from kPointerDurable on the
// new one, and at kPointerRenamed whichever the disk decides.
enum class InstallPoint : uint8_t {
  kVerified,        // sizes and checksums of the staged files are right
  kFilesSynced,     // the staged files are durable
  kMoved,           // they are the next generation's directory, which nothing points to yet
  kOpened,          // RocksDB runs on it, and it stands at the announced position
  kPointerWritten,  // CURRENT.new names it, durably
  kPointerRenamed,  // CURRENT names it, perhaps not durably
  kPointerDurable,  // CURRENT names it, durably
  kOldRemoved,      // the generation before is gone
};
inline constexpr std::array kInstallPoints = {
    InstallPoint::kVerified,       InstallPoint::kFilesSynced,    InstallPoint::kMoved,
    InstallPoint::kOpened,         InstallPoint::kPointerWritten, InstallPoint::kPointerRenamed,
    InstallPoint::kPointerDurable, InstallPoint::kOldRemoved};
std::string_view Name(InstallPoint point);

struct StateDirectoryOptions {
  StateOptions state;
  // Called behind each step of an installation. For tests.
  std::function<void(InstallPoint)> at_install_point;
};

// The directory with everything of one master but its log: the state itself (one RocksDB per
// *generation*, of which the file CURRENT names the one that counts), checkpoints being read, and a
// snapshot being received. Layout: docs/formats/meta-dir.md.
//
// All calls but store() block; they belong to one thread (JobRunner's). store() is for the loop
// thread.
class StateDirectory {
 public:
  // Also removes what a crash left behind: generations that CURRENT does not name, checkpoints. A
  // partly received snapshot is kept.
  //   FailedPrecondition  unknown version; generations without a CURRENT that names one
  //   DataLoss            CURRENT, or the state it names, is damaged or missing
  static absl::StatusOr<std::unique_ptr<StateDirectory>> Open(StateDirectoryOptions options,
                                                              const std::string& path);

  // The state that counts now. A store that was replaced stays alive, closed, until this object
  // dies.
  RocksdbState* store() { return store_.get(); }

  absl::StatusOr<raft::Position> Flush() { return store_->Flush(); }

  struct Checkpoint {
    raft::Position at;  // read from inside it
    std::vector<node::SnapshotFile> files;
  };
  absl::StatusOr<Checkpoint> TakeCheckpoint(uint64_t checkpoint);
  // Exactly the bytes asked for; NotFound if there is no such checkpoint or file, OutOfRange behind
  // the end.
  absl::StatusOr<std::string> ReadCheckpoint(uint64_t checkpoint, const std::string& file,
                                             uint64_t offset, uint64_t bytes);
  absl::Status DropCheckpoint(uint64_t checkpoint);

  // See Staging.
  absl::StatusOr<std::vector<uint64_t>> PrepareStaging(
      raft::Position at, const std::vector<node::SnapshotFile>& files);
  absl::Status WriteStaged(const std::string& file, uint64_t offset, std::string_view data);

  // Lets the staged snapshot take the state's place. On an error the state is what it was and goes
  // on; except that after an error at the last step nobody knows which of the two the disk names:
  // then failed() is not OK and the process must end. Nobody may use store() meanwhile.
  absl::StatusOr<RocksdbState*> Install();
  const absl::Status& failed() const { return failed_; }

 private:
  StateDirectory(StateDirectoryOptions options, const std::string& path);

  std::string GenerationPath(uint64_t generation) const;
  std::string CheckpointPath(uint64_t checkpoint) const;
  absl::Status Begin();
  absl::Status RemoveLeftovers() const;
  absl::Status WritePointer(uint64_t generation, bool creating);
  absl::Status MovePointer(uint64_t generation);
  absl::StatusOr<std::unique_ptr<RocksdbState>> OpenNext(uint64_t generation);
  void At(InstallPoint point) const;

  const StateDirectoryOptions options_;
  const StateFiles io_;
  const std::string path_;
  Staging staging_;
  uint64_t generation_ = 0;
  std::unique_ptr<RocksdbState> store_;
  std::vector<std::unique_ptr<RocksdbState>> replaced_;
  std::map<uint64_t, std::vector<node::SnapshotFile>> checkpoints_;
  absl::Status failed_;
};

}  // namespace jfs::storage

#endif  // STORAGE_STATE_DIRECTORY_H_
