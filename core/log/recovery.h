#ifndef CORE_LOG_RECOVERY_H_
#define CORE_LOG_RECOVERY_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/log/block.h"
#include "core/log/log.h"
#include "core/log/log_start.h"
#include "core/log/request_queue.h"
#include "core/log/verdict.h"

namespace jfs::log {

// Step by step: list the directory, read every header, scan the segments that are not void, judge,
// and write the last batches again where no watermark covers them. Nothing but those same bytes is
// written: a recovery can be broken off and repeated, and one that finds rot leaves the disk as it
// was until the caller goes on with the log.
class Recovery::Impl {
 public:
  explicit Impl(Options options);
  RecoveryOutput Start();
  RecoveryOutput Step(const DiskCompletion& completion);

  bool finished_ok() const { return finished_ && status_.ok(); }
  const RecoveredLog& recovered() const { return recovered_; }
  LogStart TakeStart();

 private:
  // A file of ours and what its first bytes say.
  struct File {
    std::string name;
    uint64_t bytes = 0;
    std::optional<uint64_t> named_epoch;   // of a segment's name
    std::optional<uint64_t> spare_number;  // of a spare's name
    std::optional<SegmentHeader> header;   // whole
    std::string header_error;
    bool header_beyond = false;  // whole, but with numbers that nobody ever gave
    BlockKind first_block =
        BlockKind::kAbsent;  // of block 1, seen from the segment this file would be
    std::string head;        // first bytes, until the identity is known
  };
  // A stretch to be written again.
  struct Stretch {
    std::string file;
    uint64_t offset = 0;
    uint64_t end = 0;
  };
  enum class Phase { kList, kHeaders, kScan, kRewriteRead, kRewriteWrite };

  void OnList(const DiskCompletion& completion);
  void OnHeader(const DiskCompletion& completion);
  void OnChunk(const DiskCompletion& completion);
  void OnRewriteRead(const DiskCompletion& completion);

  void ReadNextHeader();
  void ReadNextChunk();
  void RewriteNext();

  // recovery_files.cc: what the files are.
  absl::Status FindIdentity();
  void SortFiles();
  void SortFile(File& file);
  bool BeyondAllNumbers(const File& file);
  void AddToChain(ChainSegment segment, const File& file);
  void DropVoid();
  void AddMissing();
  bool Reusable(const File& file) const;

  // recovery_result.cc: what stands.
  void Judge();
  void ForgetUnfinishedStart();
  void ReplayStanding(const Verdict& verdict);
  void TakePositions(const Verdict& verdict);
  void CheckContiguous();
  void SortSegments(const Verdict& verdict);
  void PlanRewrites(const Verdict& verdict);
  void SetDamage(std::string text);
  const ScannedBatch& At(const StandingBatch& where) const;

  void Finish(absl::Status status);

  Options options_;
  RequestQueue requests_;
  Phase phase_ = Phase::kList;
  bool started_ = false;
  bool finished_ = false;
  absl::Status status_;

  std::vector<File> files_;
  size_t current_ = 0;   // file whose header is read, then segment that is scanned, then stretch
  uint64_t offset_ = 0;  // of the next chunk
  Incarnation incarnation_;
  bool had_log_ = false;  // some file shows that there was a log
  std::string beyond_;    // a file that was left out for its numbers, as text; empty: none
  std::vector<ChainSegment> chain_;
  std::vector<uint64_t> chain_file_bytes_;
  std::vector<Stretch> rewrites_;

  RecoveredLog recovered_;
  LogStart start_;
};

}  // namespace jfs::log

#endif  // CORE_LOG_RECOVERY_H_
