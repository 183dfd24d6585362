#include "storage/rocksdb_state.h"

#include <algorithm>
#include <cstdarg>
#include <cstdio>
#include <functional>
#include <span>
#include <utility>

#include "absl/strings/str_cat.h"
#include "rocksdb/convenience.h"
#include "rocksdb/filter_policy.h"
#include "rocksdb/rate_limiter.h"
#include "rocksdb/slice_transform.h"
#include "rocksdb/table.h"
#include "rocksdb/utilities/checkpoint.h"
#include "rocksdb/write_batch.h"

#include "core/base/check.h"

namespace jfs::storage {
namespace {

constexpr size_t kBatchHeaderBytes = 12;
constexpr size_t kRecordBytes = 11;  // a tag and two lengths

rocksdb::Slice ToSlice(std::string_view bytes) { return {bytes.data(), bytes.size()}; }
std::string_view ToView(const rocksdb::Slice& slice) { return {slice.data(), slice.size()}; }

// In place of RocksDB's own LOG file, which aborts the process when the disk is full: Debian's
// library is built with assertions, and one of them is that no write to that file ever failed.
class WarningsOnly : public rocksdb::Logger {
 public:
  explicit WarningsOnly(std::function<void(std::string_view line)> warn)
      : rocksdb::Logger(rocksdb::InfoLogLevel::WARN_LEVEL), warn_(std::move(warn)) {}
  using rocksdb::Logger::Logv;
  void Logv(const char* format, va_list arguments) override {
    if (!warn_) return;
    char line[1024];
    std::vsnprintf(line, sizeof(line), format, arguments);
    warn_(line);
  }

 private:
  const std::function<void(std::string_view line)> warn_;
};

// Where a memtable begins to search for the place of a new key: where the one before it of the same
// group went, instead of at the head of its skip list.
class InsertGroups : public rocksdb::SliceTransform {
 public:
  explicit InsertGroups(std::function<size_t(std::string_view key)> group)
      : group_(std::move(group)) {}
  const char* Name() const override { return "jfs.InsertGroups"; }
  rocksdb::Slice Transform(const rocksdb::Slice& key) const override {
    return {key.data(), group_(ToView(key))};
  }
  bool InDomain(const rocksdb::Slice& /*key*/) const override { return true; }

 private:
  const std::function<size_t(std::string_view key)> group_;
};

rocksdb::Options ToRocksdb(const StateOptions& options, bool create) {
  rocksdb::Options out;
  out.env = options.env;
  out.create_if_missing = create;
  out.max_background_jobs = 2;
  out.bytes_per_sync = 1 << 20;
  out.max_bgerror_resume_count = 0;
  out.allow_concurrent_memtable_write = false;  // one writer
  out.write_buffer_size = options.write_buffer_bytes;
  out.max_write_buffer_number = 4;
  out.level_compaction_dynamic_level_bytes = true;
  out.compression = rocksdb::kLZ4Compression;
  out.skip_stats_update_on_db_open = true;
  out.stats_dump_period_sec = 0;
  out.stats_persist_period_sec = 0;
  out.info_log = std::make_shared<WarningsOnly>(options.warn);
  if (options.background_bytes_per_second > 0) {
    out.rate_limiter.reset(
        rocksdb::NewGenericRateLimiter(static_cast<int64_t>(options.background_bytes_per_second)));
  }
  // Most lookups of a namespace ask for names that do not exist (create, mkdirs): filters answer
  // them in a tenth of the time, in memtables and in files.
  out.memtable_whole_key_filtering = true;
  out.memtable_prefix_bloom_size_ratio = 0.02;
  if (options.insert_group) {
    out.memtable_insert_with_hint_prefix_extractor =
        std::make_shared<InsertGroups>(options.insert_group);
  }
  rocksdb::BlockBasedTableOptions table;
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  table.whole_key_filtering = true;
  table.block_cache = rocksdb::NewLRUCache(options.block_cache_bytes);
  table.block_size = 16 << 10;
  table.format_version = 5;
  out.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  return out;
}

// A walk that ended before it began.
class FailedIterator : public kv::Iterator {
 public:
  explicit FailedIterator(absl::Status status) : status_(std::move(status)) {}
  bool Valid() const override { return false; }
  void Next() override { CHECK(Valid()); }
  std::string_view key() const override { return {}; }
  std::string_view value() const override { return {}; }
  absl::Status status() const override { return status_; }

 private:
  const absl::Status status_;
};

class StateIterator : public kv::Iterator {
 public:
  StateIterator(rocksdb::DB* db, std::string path, std::string_view lower, std::string_view upper)
      : path_(std::move(path)), upper_(upper), upper_slice_(upper_) {
    rocksdb::ReadOptions read;
    if (!upper_.empty()) read.iterate_upper_bound = &upper_slice_;
    iterator_.reset(db->NewIterator(read));
    iterator_->Seek(ToSlice(lower));
  }
  bool Valid() const override { return iterator_->Valid(); }
  void Next() override {
    CHECK(Valid());
    iterator_->Next();
  }
  std::string_view key() const override { return ToView(iterator_->key()); }
  std::string_view value() const override { return ToView(iterator_->value()); }
  absl::Status status() const override { return FromRocksdb(iterator_->status(), "scan", path_); }

 private:
  const std::string path_;
  const std::string upper_;
  const rocksdb::Slice upper_slice_;  // RocksDB keeps a pointer to it
  std::unique_ptr<rocksdb::Iterator> iterator_;
};

}  // namespace

absl::Status FromRocksdb(const rocksdb::Status& status, const std::string& what,
                         const std::string& path) {
  if (status.ok()) return absl::OkStatus();
  absl::StatusCode code = absl::StatusCode::kInternal;
  if (status.IsNoSpace()) {
    code = absl::StatusCode::kResourceExhausted;
  } else if (status.IsCorruption()) {
    code = absl::StatusCode::kDataLoss;
  } else if (status.IsNotFound() || status.IsPathNotFound()) {
    code = absl::StatusCode::kNotFound;
  } else if (status.IsIOError()) {
    code = absl::StatusCode::kUnavailable;
  }
  return absl::Status(code,
                      absl::StrCat("cannot ", what, " state in ", path, ": ", status.ToString()));
}

absl::StatusOr<std::unique_ptr<RocksdbState>> RocksdbState::Open(const StateOptions& options,
                                                                 const std::string& path,
                                                                 bool create) {
  CHECK(!options.applied_key.empty());
  std::unique_ptr<RocksdbState> state(new RocksdbState(options, path));
  rocksdb::DB* db = nullptr;
  const rocksdb::Status status = rocksdb::DB::Open(ToRocksdb(options, create), path, &db);
  if (!status.ok()) return FromRocksdb(status, "open", path);
  state->db_.reset(db);
  return state;
}

absl::StatusOr<raft::Position> RocksdbState::ReadPosition(const StateOptions& options,
                                                          const std::string& path) {
  const rocksdb::Options rocksdb_options = ToRocksdb(options, /*create=*/false);
  RocksdbState state(options, path);
  rocksdb::DB* db = nullptr;
  const rocksdb::Status status = rocksdb::DB::OpenForReadOnly(rocksdb_options, path, &db);
  if (!status.ok()) return FromRocksdb(status, "open", path);
  state.db_.reset(db);
  return state.ReadApplied(rocksdb::ReadOptions());
}

RocksdbState::~RocksdbState() {
  if (db_ == nullptr) return;
  // Nobody is left to hear of an error: what is missing then is replayed like after a crash.
  const std::lock_guard<std::mutex> lock(mutex_);
  WriteOut().IgnoreError();
}

absl::Status RocksdbState::Get(std::string_view key, std::string* value, bool* found) const {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    // What could not be written may be missing below: no answer is better than an old one.
    if (!failed_.ok()) return failed_;
    const kv::WriteBatch::Change* const change = gathered_.empty() ? nullptr : gathered_.Find(key);
    if (change != nullptr) {
      *found = change->value.has_value();
      if (*found) value->assign(*change->value);
      return absl::OkStatus();
    }
  }
  rocksdb::PinnableSlice pinned;
  const rocksdb::Status status =
      db_->Get(rocksdb::ReadOptions(), db_->DefaultColumnFamily(), ToSlice(key), &pinned);
  *found = status.ok();
  if (status.IsNotFound()) return absl::OkStatus();
  if (!status.ok()) return FromRocksdb(status, "read", path_);
  value->assign(pinned.data(), pinned.size());
  return absl::OkStatus();
}

std::unique_ptr<kv::Iterator> RocksdbState::Scan(std::string_view lower,
                                                 std::string_view upper) const {
  // Walks are few and long next to lookups: RocksDB alone answers them.
  const std::lock_guard<std::mutex> lock(mutex_);
  if (absl::Status status = WriteOut(); !status.ok()) {
    return std::make_unique<FailedIterator>(std::move(status));
  }
  return std::make_unique<StateIterator>(db_.get(), path_, lower, upper);
}

absl::Status RocksdbState::Write(const kv::WriteBatch& batch) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (!failed_.ok()) return failed_;
  gathered_.Append(batch);
  return gathered_.bytes() < options_.gather_bytes ? absl::OkStatus() : WriteOut();
}

absl::Status RocksdbState::WriteOut() const {
  if (!failed_.ok() || gathered_.empty()) return failed_;
  const std::span<const kv::WriteBatch::Change> changes = gathered_.changes();
  // All at once: growing by doubling would copy the batch several times.
  rocksdb::WriteBatch out(kBatchHeaderBytes + kRecordBytes * changes.size() + gathered_.bytes());
  rocksdb::Status status;
  for (const auto& [key, value] : changes) {
    status = value ? out.Put(ToSlice(key), ToSlice(*value)) : out.Delete(ToSlice(key));
    if (!status.ok()) break;
  }
  rocksdb::WriteOptions write;
  write.disableWAL = true;
  if (status.ok()) status = db_->Write(write, &out);
  gathered_.Clear();
  failed_ = FromRocksdb(status, "write", path_);
  return failed_;
}

absl::StatusOr<raft::Position> RocksdbState::Flush() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (absl::Status status = WriteOut(); !status.ok()) return status;
  }
  rocksdb::FlushOptions flush;
  flush.wait = true;
  const rocksdb::Status status = db_->Flush(flush);
  if (!status.ok()) return FromRocksdb(status, "flush", path_);
  return Persisted();
}

absl::StatusOr<raft::Position> RocksdbState::Persisted() const {
  rocksdb::ReadOptions read;
  read.read_tier = rocksdb::kPersistedTier;
  return ReadApplied(read);
}

absl::StatusOr<raft::Position> RocksdbState::ReadApplied(const rocksdb::ReadOptions& read) const {
  std::string row;
  const rocksdb::Status status = db_->Get(read, options_.applied_key, &row);
  if (status.IsNotFound()) return raft::Position{};
  if (!status.ok()) return FromRocksdb(status, "read the applied position of", path_);
  return options_.decode_applied(row);
}

absl::Status RocksdbState::Checkpoint(const std::string& path) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (absl::Status status = WriteOut(); !status.ok()) return status;
  }
  rocksdb::Checkpoint* raw = nullptr;
  rocksdb::Status status = rocksdb::Checkpoint::Create(db_.get(), &raw);
  const std::unique_ptr<rocksdb::Checkpoint> checkpoint(raw);
  // 0: always flush first. Without a write-ahead log the memtable would be missing otherwise.
  if (status.ok()) status = checkpoint->CreateCheckpoint(path, /*log_size_for_flush=*/0);
  return FromRocksdb(status, absl::StrCat("make checkpoint ", path, " of"), path_);
}

void RocksdbState::Abandon() {
  const rocksdb::Status status = db_->SetDBOptions({{"avoid_flush_during_shutdown", "true"}});
  CHECK(status.ok()) << status.ToString();
  rocksdb::CancelAllBackgroundWork(db_.get(), /*wait=*/true);
  const std::lock_guard<std::mutex> lock(mutex_);
  gathered_.Clear();
  db_.reset();
}

}  // namespace jfs::storage
