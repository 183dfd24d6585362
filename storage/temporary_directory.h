#ifndef STORAGE_TEMPORARY_DIRECTORY_H_
#define STORAGE_TEMPORARY_DIRECTORY_H_

#include <cstdlib>
#include <filesystem>
#include <string>
#include <system_error>

#include "core/base/check.h"

namespace jfs::storage {

// A fresh directory on the disk that tests may use; removed with everything in it. For tests and
// benchmarks.
class TemporaryDirectory {
 public:
  // Under `parent`; empty: TEST_TMPDIR, else TMPDIR, else /tmp.
  explicit TemporaryDirectory(std::string parent = "") {
    for (const char* name : {"TEST_TMPDIR", "TMPDIR"}) {
      const char* value = std::getenv(name);
      if (parent.empty() && value != nullptr) parent = value;
    }
    if (parent.empty()) parent = "/tmp";
    path_ = parent + "/jfs-XXXXXX";
    CHECK(mkdtemp(path_.data()) != nullptr) << path_;
  }
  ~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace jfs::storage

#endif  // STORAGE_TEMPORARY_DIRECTORY_H_
