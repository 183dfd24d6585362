#ifndef STORAGE_STAGING_H_
#define STORAGE_STAGING_H_

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "core/node/io.h"
#include "storage/state_files.h"

namespace jfs::storage {

// A snapshot on its way in: a directory with a manifest (position and list of files) and the files
// as far as they have arrived. Survives restarts, so that a transfer can go on; what a power cut
// spoils is found by the checksums.
class Staging {
 public:
  // `directory` need not exist yet; its parent must.
  Staging(StateFiles files, std::string directory);

  // Makes room for this snapshot and answers how many bytes of each file are there already, in the
  // order of `files`: those of an earlier attempt at the same position and list; anything else is
  // removed. InvalidArgument for names that are not plain or not distinct.
  absl::StatusOr<std::vector<uint64_t>> Prepare(raft::Position at,
                                                const std::vector<node::SnapshotFile>& files);

  // Adds bytes that follow those present. What is present already is skipped: chunks may be
  // repeated. FailedPrecondition before Prepare, for an unknown file, behind a gap, or beyond the
  // file's size.
  absl::Status Write(const std::string& file, uint64_t offset, std::string_view data);

  // All files have the announced sizes and checksums. A file that has not is removed, so that the
  // next attempt fetches it again. DataLoss or FailedPrecondition names the file.
  absl::Status Verify();
  // Makes the files durable.
  absl::Status Sync() const;
  // Everything goes, in memory too. Not durable.
  absl::Status Remove();

  // REQUIRES: Prepare succeeded.
  raft::Position at() const { return at_; }
  std::string files_path() const;

 private:
  struct Expected {
    node::SnapshotFile file;
    uint64_t have = 0;
  };
  std::string manifest_path() const;
  absl::Status Begin(const std::string& manifest);

  const StateFiles io_;
  const std::string directory_;
  raft::Position at_;
  bool prepared_ = false;
  std::map<std::string, Expected, std::less<>> expected_;
};

}  // namespace jfs::storage

#endif  // STORAGE_STAGING_H_
