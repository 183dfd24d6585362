#ifndef STORAGE_ROCKSDB_STATE_H_
#define STORAGE_ROCKSDB_STATE_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "rocksdb/cache.h"
#include "rocksdb/db.h"
#include "rocksdb/env.h"

#include "core/kv/state_store.h"
#include "core/kv/write_batch.h"
#include "core/raft/types.h"

namespace jfs::storage {

struct StateOptions {
  // The row that is part of every batch and says how far the state goes, and how to read it.
  std::string applied_key;
  std::function<absl::StatusOr<raft::Position>(std::string_view row)> decode_applied;

  // How long a beginning of `key` (at most all of it) it shares with keys that are likely to be
  // written just before or after it, near it in key order. Only speed depends on it. Unset: no such
  // groups are known.
  std::function<size_t(std::string_view key)> insert_group;

  // Keys and values of the batches that are gathered before RocksDB gets them; 0: none are.
  uint64_t gather_bytes = uint64_t{256} << 10;

  uint64_t block_cache_bytes = uint64_t{256} << 20;
  // A memtable's size: about what has to be replayed from the log after a crash.
  uint64_t write_buffer_bytes = uint64_t{64} << 20;
  // Flushes and compactions together; 0: no limit. They share the disk with the log, whose syncs
  // everybody waits for.
  uint64_t background_bytes_per_second = uint64_t{128} << 20;
  rocksdb::Env* env = rocksdb::Env::Default();

  // What RocksDB itself warns of, a line a call; called on its threads. Unset: nobody hears of it.
  std::function<void(std::string_view line)> warn;
};

// The state of one master in one RocksDB directory: one column family, no write-ahead log.
//
// Batches are gathered until they are worth an insert into RocksDB: rows that change with every
// batch (a busy directory's, counters, the applied position) are inserted once, and neighbours
// together. To readers there is no difference; for a crash, the gathered batches are simply the
// last ones, which nobody may count on before a Flush.
//
// Why what survives a crash is always the state after some whole batch: gathered batches
// enter one memtable as a whole (memtables are switched only between batches), memtables become
// durable in the order they were filled, and each does so by one synced record of the MANIFEST. Any
// error is terminal: RocksDB's own resumption after background errors is off.
//
// Get, Scan and Write belong to one thread; the other functions may run in a second one at the same
// time.
class RocksdbState : public kv::StateStore {
 public:
  // With `create`, a missing database is created; otherwise NotFound or DataLoss.
  static absl::StatusOr<std::unique_ptr<RocksdbState>> Open(const StateOptions& options,
                                                            const std::string& path, bool create);
  // The position of the database at `path`, which nobody has open, without changing any file.
  // Position{} if it has no applied row.
  static absl::StatusOr<raft::Position> ReadPosition(const StateOptions& options,
                                                     const std::string& path);

  // Flushes, so that the next start need not replay; Abandon() first if that is not wanted.
  ~RocksdbState() override;

  absl::Status Get(std::string_view key, std::string* value, bool* found) const override;
  std::unique_ptr<kv::Iterator> Scan(std::string_view lower, std::string_view upper) const override;
  absl::Status Write(const kv::WriteBatch& batch) override;

  // Makes every batch whose Write has returned survive a crash. Returns Persisted().
  absl::StatusOr<raft::Position> Flush();

  // How far the state goes that would survive a crash now: the applied row as it stands in table
  // files that a synced MANIFEST names, read past the memtables. (RocksDB installs a flush in its
  // current version, which kPersistedTier reads, only after both the file and its MANIFEST record
  // have been synced.) Position{} if nothing is persisted.
  absl::StatusOr<raft::Position> Persisted() const;

  // An unchanging copy of the state as of some moment during the call, in `path`, which must not
  // exist; its parent must, on the same file system. Table files are linked, not copied.
  absl::Status Checkpoint(const std::string& path);

  // Closes without flushing: the state is about to be thrown away. No other function may be called
  // any more.
  void Abandon();

 private:
  RocksdbState(const StateOptions& options, std::string path)
      : options_(options), path_(std::move(path)) {}

  absl::StatusOr<raft::Position> ReadApplied(const rocksdb::ReadOptions& read) const;

  // Gives RocksDB what is gathered. REQUIRES: mutex_ is held.
  absl::Status WriteOut() const;

  const StateOptions options_;
  const std::string path_;
  std::unique_ptr<rocksdb::DB> db_;
  mutable std::mutex mutex_;
  mutable kv::WriteBatch gathered_;  // newer than what db_ has
  mutable absl::Status failed_;      // of the first WriteOut that failed: the end of all access
};

// The same error as an absl::Status that names `what` and `path`.
absl::Status FromRocksdb(const rocksdb::Status& status, const std::string& what,
                         const std::string& path);

}  // namespace jfs::storage

#endif  // STORAGE_ROCKSDB_STATE_H_
