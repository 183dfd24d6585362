#include "core/log/recovery_fuzz.h"

#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"

#include "core/base/check.h"
#include "core/base/codec.h"
#include "core/base/crc32c.h"
#include "core/log/log.h"
#include "core/log/memory_disk.h"
#include "core/log/segment_header.h"

namespace jfs::log {
namespace {

constexpr size_t kBlock = 512;

void MakeChecksumsRight(std::string* file) {
  for (size_t at = 0; at + kBlock <= file->size(); at += kBlock) {
    std::string crc;
    Encoder(&crc).U32(Crc32c(std::string_view(*file).substr(at + 4, kBlock - 4)));
    const bool zero = file->find_first_not_of('\0', at) >= at + kBlock;
    if (!zero) file->replace(at, 4, crc);
  }
}

void CheckWellFormed(const RecoveredLog& recovered) {
  CHECK_EQ(recovered.damaged, !recovered.damage.empty());
  uint64_t next = recovered.base.index + 1;
  for (const LogEntry& entry : recovered.entries) CHECK_EQ(entry.index, next++);
}

// False if the recovery ended with an error.
bool Recover(const Options& options, MemoryDisk& disk, RecoveredLog* recovered,
             std::unique_ptr<Log>* log) {
  Recovery recovery(options);
  RecoveryOutput out = recovery.Start();
  while (!out.finished) {
    disk.Submit(std::move(out.requests));
    CHECK(!disk.under_way().empty());
    out = recovery.Step(disk.CompleteOne(0));
  }
  if (!out.status.ok()) return false;
  *recovered = recovery.recovered();
  *log = recovery.TakeLog();
  CheckWellFormed(*recovered);
  return true;
}

// False if the log does not go on because its numbers come to an end; it has then written nothing.
bool Run(LogOutput out, Log& log, MemoryDisk& disk, uint64_t* durable) {
  for (;;) {
    if (absl::IsOutOfRange(out.error)) {
      CHECK(out.requests.empty());
      return false;
    }
    CHECK(out.error.ok()) << out.error.message();
    disk.Submit(std::move(out.requests));
    *durable += out.durable.size();
    for (const LogOutput::ReadDone& read : out.reads)
      CHECK(read.status.ok()) << read.status.message();
    if (disk.under_way().empty()) return true;
    out = log.Complete(disk.CompleteOne(0));
  }
}

}  // namespace

void FuzzRecovery(std::string_view bytes) {
  if (bytes.empty() || bytes.size() > (size_t{1} << 16)) return;
  const uint8_t flags = static_cast<uint8_t>(bytes[0]);
  bytes.remove_prefix(1);
  Options options;
  options.identity = {NodeId(1), Incarnation(11)};
  options.segment_bytes = 4096;
  options.block_bytes = kBlock;
  options.spare_segments = 1;
  MemoryDisk disk(kBlock);
  const bool two = (flags & 1) != 0;
  std::string first(bytes.substr(0, two ? bytes.size() / 2 : bytes.size()));
  std::string second(bytes.substr(first.size()));
  if ((flags & 2) != 0) MakeChecksumsRight(&first);
  if ((flags & 2) != 0) MakeChecksumsRight(&second);
  const bool spare = (flags & 4) != 0;
  const uint64_t number = (flags & 8) != 0 ? UINT64_MAX : 1;
  disk.files()[spare ? SpareFileName(number) : SegmentFileName(number)] = std::move(first);
  if (two) disk.files()[SegmentFileName(2)] = std::move(second);

  RecoveredLog recovered;
  std::unique_ptr<Log> log;
  if (!Recover(options, disk, &recovered, &log)) return;
  uint64_t durable = 0;
  const uint64_t last = recovered.base.index + recovered.entries.size();
  if (!recovered.entries.empty())
    CHECK(Run(log->ReadEntries(1, recovered.base.index + 1, last + 1, 1000), *log, disk, &durable));
  Batch batch;
  batch.token = 1;
  LogEntry entry;
  entry.index = last + 1;
  entry.payload = SharedBytes(std::string("go on"));
  batch.entries.push_back(entry);
  const bool went_on = Run(log->Append(batch), *log, disk, &durable);
  CHECK_EQ(durable, went_on ? 1u : 0u);
  log.reset();
  RecoveredLog again;
  CHECK(Recover(options, disk, &again, &log));
  // What has rotted in the reserve shows only once the file is in use.
  if (spare && again.damaged && !recovered.damaged) return;
  CHECK_EQ(again.damaged, recovered.damaged) << again.damage;
  CHECK_EQ(again.base.index, recovered.base.index);
  CHECK_EQ(again.entries.size(), recovered.entries.size() + (went_on ? 1 : 0));
  CHECK(again.hard_state == recovered.hard_state);
}

}  // namespace jfs::log
