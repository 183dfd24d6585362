#ifndef STORAGE_DROPPING_FILE_SYSTEM_H_
#define STORAGE_DROPPING_FILE_SYSTEM_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "rocksdb/file_system.h"

namespace jfs::storage {

// A file system in memory that knows what a power cut would leave: bytes of a file that were
// synced, and names in a directory that was synced. Everything else may survive or not, each as the
// seed decides:
// - Of the bytes written since a file's last sync: none, all, the first few, or all with some 4 KiB
// pages zero (the length
//   reached the disk before the data).
// - Of the creations, links, renames and deletions not followed by a sync of a directory they
// concern: none, all, those up to
//   some point in time, or any subset that keeps the order of changes of one name. A rename is
//   atomic.
// This is harsher than a journaling file system: syncing a file does not make its name durable.
//
// A kill -9 cannot show any of this, for the page cache survives it. Give it to RocksDB with
// rocksdb::NewCompositeEnv. Thread-safe. Supports what RocksDB and StateFiles use without direct or
// memory-mapped IO.
class DroppingFileSystem : public rocksdb::FileSystem {
 public:
  DroppingFileSystem();
  ~DroppingFileSystem() override;

  // What a machine finds that loses power now and starts again. This file system goes on as if
  // nothing had happened, so that whoever uses it can be closed in an orderly way.
  std::shared_ptr<DroppingFileSystem> PowerCut(uint64_t seed) const;

  // Operations that change something, syncs included, so far. Reading is not counted.
  uint64_t operations() const;
  // Calls `hook` in front of each of them, outside of any lock, in the thread that is about to do
  // it: the moments at which a power cut makes a difference. Empty: none.
  void SetHook(std::function<void(uint64_t operation)> hook);

  // From now on syncs of files and directories answer "done" and do nothing.
  void SetLying(bool lying);

  // Flips one bit of a file, behind everybody's back. False if there is no such byte.
  bool FlipBit(const std::string& path, uint64_t offset, int bit);

  static const char* kClassName() { return "DroppingFileSystem"; }
  const char* Name() const override { return kClassName(); }

  using IOOptions = rocksdb::IOOptions;
  using FileOptions = rocksdb::FileOptions;
  using IODebugContext = rocksdb::IODebugContext;
  using IOStatus = rocksdb::IOStatus;
  IOStatus NewSequentialFile(const std::string& path, const FileOptions& options,
                             std::unique_ptr<rocksdb::FSSequentialFile>* result,
                             IODebugContext* debug) override;
  IOStatus NewRandomAccessFile(const std::string& path, const FileOptions& options,
                               std::unique_ptr<rocksdb::FSRandomAccessFile>* result,
                               IODebugContext* debug) override;
  IOStatus NewWritableFile(const std::string& path, const FileOptions& options,
                           std::unique_ptr<rocksdb::FSWritableFile>* result,
                           IODebugContext* debug) override;
  IOStatus ReopenWritableFile(const std::string& path, const FileOptions& options,
                              std::unique_ptr<rocksdb::FSWritableFile>* result,
                              IODebugContext* debug) override;
  IOStatus NewDirectory(const std::string& path, const IOOptions& options,
                        std::unique_ptr<rocksdb::FSDirectory>* result,
                        IODebugContext* debug) override;
  IOStatus FileExists(const std::string& path, const IOOptions& options,
                      IODebugContext* debug) override;
  IOStatus GetChildren(const std::string& path, const IOOptions& options,
                       std::vector<std::string>* result, IODebugContext* debug) override;
  IOStatus DeleteFile(const std::string& path, const IOOptions& options,
                      IODebugContext* debug) override;
  IOStatus Truncate(const std::string& path, size_t bytes, const IOOptions& options,
                    IODebugContext* debug) override;
  IOStatus CreateDir(const std::string& path, const IOOptions& options,
                     IODebugContext* debug) override;
  IOStatus CreateDirIfMissing(const std::string& path, const IOOptions& options,
                              IODebugContext* debug) override;
  IOStatus DeleteDir(const std::string& path, const IOOptions& options,
                     IODebugContext* debug) override;
  IOStatus GetFileSize(const std::string& path, const IOOptions& options, uint64_t* bytes,
                       IODebugContext* debug) override;
  IOStatus GetFileModificationTime(const std::string& path, const IOOptions& options,
                                   uint64_t* time, IODebugContext* debug) override;
  IOStatus RenameFile(const std::string& from, const std::string& to, const IOOptions& options,
                      IODebugContext* debug) override;
  IOStatus LinkFile(const std::string& from, const std::string& to, const IOOptions& options,
                    IODebugContext* debug) override;
  IOStatus LockFile(const std::string& path, const IOOptions& options, rocksdb::FileLock** lock,
                    IODebugContext* debug) override;
  IOStatus UnlockFile(rocksdb::FileLock* lock, const IOOptions& options,
                      IODebugContext* debug) override;
  IOStatus GetTestDirectory(const IOOptions& options, std::string* path,
                            IODebugContext* debug) override;
  IOStatus NewLogger(const std::string& path, const IOOptions& options,
                     std::shared_ptr<rocksdb::Logger>* result, IODebugContext* debug) override;
  IOStatus GetAbsolutePath(const std::string& path, const IOOptions& options, std::string* absolute,
                           IODebugContext* debug) override;
  IOStatus IsDirectory(const std::string& path, const IOOptions& options, bool* is_directory,
                       IODebugContext* debug) override;

 private:
  friend class DroppingWritableFile;
  friend class DroppingReadableFile;
  friend class DroppingDirectory;

  struct Node;
  using NodePtr = std::shared_ptr<Node>;
  using Names = std::map<std::string, NodePtr>;
  struct Node {
    bool is_directory = false;
    std::string content;  // of a file: as the running system sees it
    std::string synced;   // as of its last sync
    Names names;          // of a directory: as the running system sees it
    Names synced_names;   // durable
  };
  // One name that gets another meaning (null: none).
  struct Slot {
    NodePtr directory;
    std::string name;
    NodePtr node;
  };
  // A change of one or two names, atomically.
  struct Change {
    std::vector<Slot> slots;
  };
  struct Place {
    NodePtr directory;  // null: the path's parent does not exist
    std::string name;
    NodePtr node;  // null: nothing there
  };

  void Count();
  Place Find(const std::string& path) const;  // REQUIRES: mutex_ held
  void Make(Change change);                   // takes effect for the running system; mutex_ held
  void SyncNames(const NodePtr& directory);   // mutex_ held
  IOStatus OpenForWriting(const std::string& path, bool truncate,
                          std::unique_ptr<rocksdb::FSWritableFile>* result);

  mutable std::mutex mutex_;
  NodePtr root_;
  std::vector<Change> pending_;  // in the order they were made
  std::set<std::string> locked_;
  uint64_t operations_ = 0;
  std::function<void(uint64_t)> hook_;
  bool lying_ = false;
};

}  // namespace jfs::storage

#endif  // STORAGE_DROPPING_FILE_SYSTEM_H_
