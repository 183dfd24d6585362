#ifndef TOOLS_JINDO_COMMANDS_FAKE_MASTERS_H_
#define TOOLS_JINDO_COMMANDS_FAKE_MASTERS_H_

#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "tools/jindo/file_system.h"

namespace jfs::tools {

// For tests: a tree in memory that answers the calls of the shell as masters do, directories in
// pages of two. Calls that change it are written down. Any number of threads.
class FakeMasters : public CallChannel {
 public:
  FakeMasters() { Add("/", true); }

  void Add(const std::string& path, bool directory, uint64_t length = 0);
  bool Has(const std::string& path) const;
  FileStatus* Find(const std::string& path);
  // What `method` about `path` is answered from now on.
  void Refuse(const std::string& method, const std::string& path, Failure failure);
  uint64_t trash_interval = 0;  // minutes

  // "setPermission /a 755": the calls that change something, in their order; then none.
  std::vector<std::string> TakeChanges();
  size_t listings() const;  // pages that were asked for

  Answer<std::string> Call(std::string_view method,
                           const google::protobuf::MessageLite& request) override;
  std::string client_name() const override { return "test"; }

 private:
  Answer<std::string> Answered(std::string_view method, const std::string& bytes);
  std::string Listing(const std::string& directory, const std::string& start_after);
  void Move(const std::string& from, const std::string& to);
  void Erase(const std::string& path);

  mutable std::mutex mutex_;
  std::map<std::string, FileStatus> tree_;
  std::map<std::pair<std::string, std::string>, Failure> refusals_;
  std::vector<std::string> changes_;
  size_t listings_ = 0;
};

}  // namespace jfs::tools

#endif  // TOOLS_JINDO_COMMANDS_FAKE_MASTERS_H_
