#include "storage/rocksdb_state.h"

#include <atomic>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "gtest/gtest.h"
#include "rocksdb/env.h"
#include "rocksdb/file_system.h"

#include "core/kv/state_store.h"
#include "core/kv/write_batch.h"
#include "storage/dropping_file_system.h"
#include "storage/state_files.h"
#include "storage/state_model.h"

namespace jfs::storage {
namespace {

// Makes no new files once it is told to: flushes fail from then on.
class FailingFileSystem : public rocksdb::FileSystemWrapper {
 public:
  explicit FailingFileSystem(const std::shared_ptr<rocksdb::FileSystem>& below)
      : FileSystemWrapper(below) {}
  const char* Name() const override { return "FailingFileSystem"; }
  rocksdb::IOStatus NewWritableFile(const std::string& path, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSWritableFile>* file,
                                    rocksdb::IODebugContext* context) override {
    if (failing) return rocksdb::IOStatus::IOError("planted");
    return FileSystemWrapper::NewWritableFile(path, options, file, context);
  }
  std::atomic<bool> failing = false;
};

class RocksdbStateTest : public testing::Test {
 protected:
  void SetUp() override {
    auto disk = std::make_shared<DroppingFileSystem>();
    ASSERT_TRUE(StateFiles(disk).MakeDirectory("/state").ok());
    files_ = std::make_shared<FailingFileSystem>(disk);
    env_ = rocksdb::NewCompositeEnv(files_);
    absl::StatusOr<std::unique_ptr<RocksdbState>> opened =
        RocksdbState::Open(StateModel::Options(env_.get()), "/state/db", /*create=*/true);
    ASSERT_TRUE(opened.ok()) << opened.status();
    state_ = *std::move(opened);
  }

  absl::Status Put(const std::string& key, const std::string& value) {
    kv::WriteBatch batch;
    batch.Put(key, value);
    return state_->Write(batch);
  }
  std::string Get(const std::string& key) {
    std::string value;
    bool found = false;
    const absl::Status status = state_->Get(key, &value, &found);
    return !status.ok() ? "error" : found ? value : "nothing";
  }

  std::shared_ptr<FailingFileSystem> files_;
  std::unique_ptr<rocksdb::Env> env_;
  std::unique_ptr<RocksdbState> state_;
};

TEST_F(RocksdbStateTest, WhatIsGatheredIsThereForReadersAndWalks) {
  ASSERT_TRUE(Put("a", "1").ok());
  ASSERT_TRUE(state_->Flush().ok());
  ASSERT_TRUE(Put("a", "2").ok());
  ASSERT_TRUE(Put("b", "3").ok());
  kv::WriteBatch batch;
  batch.Delete("a");
  ASSERT_TRUE(state_->Write(batch).ok());
  EXPECT_EQ(Get("a"), "nothing");
  EXPECT_EQ(Get("b"), "3");
  const std::unique_ptr<kv::Iterator> all = state_->Scan("", "~");
  ASSERT_TRUE(all->Valid());
  EXPECT_EQ(all->key(), "b");
  all->Next();
  EXPECT_FALSE(all->Valid());
}

TEST_F(RocksdbStateTest, AfterAFailedWriteNobodyReadsTheStateBeforeIt) {
  ASSERT_TRUE(Put("a", "1").ok());
  ASSERT_TRUE(state_->Flush().ok());
  files_->failing = true;
  ASSERT_TRUE(Put("a", "2").ok());
  // The flush fails, and from then on RocksDB refuses what was gathered after it.
  EXPECT_FALSE(state_->Flush().ok());
  ASSERT_TRUE(Put("a", "3").ok());
  EXPECT_EQ(Get("a"), "3");
  EXPECT_FALSE(state_->Flush().ok());
  EXPECT_EQ(Get("a"), "error");
  EXPECT_FALSE(Put("b", "4").ok());
  EXPECT_FALSE(state_->Scan("", "~")->status().ok());
  state_->Abandon();
}

}  // namespace
}  // namespace jfs::storage
