#include "ots_mock/server/rocksdb_store.h"

#include <utility>

#include "rocksdb/iterator.h"
#include "rocksdb/options.h"
#include "rocksdb/write_batch.h"

#include "core/base/concat.h"

namespace jfs::ots_mock {
namespace {

rocksdb::Slice ToSlice(std::string_view bytes) { return {bytes.data(), bytes.size()}; }
std::string_view ToView(const rocksdb::Slice& slice) { return {slice.data(), slice.size()}; }

absl::Status ToStatus(const rocksdb::Status& status) {
  if (status.ok()) return absl::OkStatus();
  return absl::DataLossError(Concat("RocksDB: ", status.ToString()));
}

class StoreIterator : public kv::Iterator {
 public:
  StoreIterator(rocksdb::DB* db, std::string_view lower, std::string_view upper)
      : upper_(upper), upper_slice_(upper_) {
    rocksdb::ReadOptions options;
    if (!upper_.empty()) options.iterate_upper_bound = &upper_slice_;
    it_.reset(db->NewIterator(options));
    it_->Seek(ToSlice(lower));
  }
  bool Valid() const override { return it_->Valid(); }
  void Next() override { it_->Next(); }
  std::string_view key() const override { return ToView(it_->key()); }
  std::string_view value() const override { return ToView(it_->value()); }
  absl::Status status() const override { return ToStatus(it_->status()); }

 private:
  const std::string upper_;
  const rocksdb::Slice upper_slice_;  // RocksDB keeps a pointer to it
  std::unique_ptr<rocksdb::Iterator> it_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<RocksdbStore>> RocksdbStore::Open(const std::string& directory,
                                                                 bool sync) {
  rocksdb::Options options;
  options.create_if_missing = true;
  options.max_background_jobs = 2;
  options.keep_log_file_num = 2;
  rocksdb::DB* db = nullptr;
  if (rocksdb::Status status = rocksdb::DB::Open(options, directory, &db); !status.ok()) {
    return absl::UnavailableError(Concat("cannot open the data in ", directory, ": ",
                                         status.ToString(),
                                         ". Is another ots_mock running there?"));
  }
  return std::unique_ptr<RocksdbStore>(new RocksdbStore(std::unique_ptr<rocksdb::DB>(db), sync));
}

absl::Status RocksdbStore::Get(std::string_view key, std::string* value, bool* found) const {
  const rocksdb::Status status = db_->Get(rocksdb::ReadOptions(), ToSlice(key), value);
  *found = status.ok();
  return status.IsNotFound() ? absl::OkStatus() : ToStatus(status);
}

std::unique_ptr<kv::Iterator> RocksdbStore::Scan(std::string_view lower,
                                                 std::string_view upper) const {
  return std::make_unique<StoreIterator>(db_.get(), lower, upper);
}

absl::Status RocksdbStore::Write(const kv::WriteBatch& batch) {
  rocksdb::WriteBatch out;
  for (const kv::WriteBatch::Change& change : batch.changes()) {
    const rocksdb::Status status = change.value.has_value()
                                       ? out.Put(ToSlice(change.key), ToSlice(*change.value))
                                       : out.Delete(ToSlice(change.key));
    if (!status.ok()) return ToStatus(status);
  }
  rocksdb::WriteOptions options;
  options.sync = sync_;
  return ToStatus(db_->Write(options, &out));
}

}  // namespace jfs::ots_mock
