#ifndef OTS_MOCK_SERVER_ROCKSDB_STORE_H_
#define OTS_MOCK_SERVER_ROCKSDB_STORE_H_

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "rocksdb/db.h"

#include "core/kv/state_store.h"

namespace jfs::ots_mock {

// The engine's store in a RocksDB directory. Every batch is in the write-ahead log before Write
// returns: it survives the end of the process, and with `sync` also that of the machine.
class RocksdbStore : public kv::StateStore {
 public:
  // Creates the directory if there is none. A second process in it is refused by RocksDB's lock.
  static absl::StatusOr<std::unique_ptr<RocksdbStore>> Open(const std::string& directory,
                                                            bool sync);

  absl::Status Get(std::string_view key, std::string* value, bool* found) const override;
  std::unique_ptr<kv::Iterator> Scan(std::string_view lower, std::string_view upper) const override;
  absl::Status Write(const kv::WriteBatch& batch) override;

 private:
  RocksdbStore(std::unique_ptr<rocksdb::DB> db, bool sync) : db_(std::move(db)), sync_(sync) {}

  std::unique_ptr<rocksdb::DB> db_;
  const bool sync_;
};

}  // namespace jfs::ots_mock

#endif  // OTS_MOCK_SERVER_ROCKSDB_STORE_H_
