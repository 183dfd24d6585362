#ifndef TOOLS_JINDO_FILE_SYSTEM_H_
#define TOOLS_JINDO_FILE_SYSTEM_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "net/hadoop/ipc_client.h"
#include "net/hadoop/proto/client_namenode.pb.h"

// The calls of ClientProtocol that the command line makes.
namespace jfs::tools {

using FileStatus = ::hadoop::hdfs::HdfsFileStatusProto;
using Summary = ::hadoop::hdfs::ContentSummaryProto;

// Why a call failed.
struct Failure {
  // Full Java name of what the server answered; empty: there was no answer.
  std::string exception_class;
  std::string message;  // its first line, as `hadoop fs` prints it
};

struct Nothing {};

template <typename T>
class [[nodiscard]] Answer {
 public:
  Answer(T value) : content_(std::move(value)) {}            // NOLINT: reads like the value
  Answer(Failure failure) : content_(std::move(failure)) {}  // NOLINT
  bool ok() const { return std::holds_alternative<T>(content_); }
  const T& operator*() const { return std::get<T>(content_); }
  const T* operator->() const { return &std::get<T>(content_); }
  const Failure& failure() const { return std::get<Failure>(content_); }

 private:
  std::variant<T, Failure> content_;
};

class FileSystem {
 public:
  virtual ~FileSystem() = default;
  // Nothing there is not a failure: the answer is then empty.
  virtual Answer<std::optional<FileStatus>> GetFileInfo(const std::string& path) = 0;
  // One page of a directory in the order of names, behind `start_after`; *remaining says how many
  // follow it. Empty if the directory does not exist. A file lists itself, with an empty name.
  virtual Answer<std::optional<std::vector<FileStatus>>> ListPage(const std::string& path,
                                                                  const std::string& start_after,
                                                                  uint32_t* remaining) = 0;
  virtual Answer<Summary> GetContentSummary(const std::string& path) = 0;
  virtual Answer<bool> Mkdirs(const std::string& path, uint32_t mode) = 0;
  // An empty, closed file in the place of whatever file is there.
  virtual Answer<Nothing> CreateEmpty(const std::string& path, uint32_t mode) = 0;
  virtual Answer<bool> Rename(const std::string& source, const std::string& target) = 0;
  virtual Answer<bool> Delete(const std::string& path, bool recursive) = 0;
  virtual Answer<uint64_t> TrashIntervalMinutes() = 0;
};

// Talks to real masters, through `client`, which outlives it.
class RemoteFileSystem : public FileSystem {
 public:
  explicit RemoteFileSystem(net::hadoop::IpcClient* client) : client_(client) {}
  Answer<std::optional<FileStatus>> GetFileInfo(const std::string& path) override;
  Answer<std::optional<std::vector<FileStatus>>> ListPage(const std::string& path,
                                                          const std::string& start_after,
                                                          uint32_t* remaining) override;
  Answer<Summary> GetContentSummary(const std::string& path) override;
  Answer<bool> Mkdirs(const std::string& path, uint32_t mode) override;
  Answer<Nothing> CreateEmpty(const std::string& path, uint32_t mode) override;
  Answer<bool> Rename(const std::string& source, const std::string& target) override;
  Answer<bool> Delete(const std::string& path, bool recursive) override;
  Answer<uint64_t> TrashIntervalMinutes() override;

 private:
  template <typename Response>
  Answer<Response> Call(std::string_view method, const google::protobuf::MessageLite& request);
  net::hadoop::IpcClient* client_;
};

// The failure of a call that has one, else nothing.
std::optional<Failure> FailureOf(const net::hadoop::IpcClient::Result& result);

}  // namespace jfs::tools

#endif  // TOOLS_JINDO_FILE_SYSTEM_H_
