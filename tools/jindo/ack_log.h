#ifndef TOOLS_JINDO_ACK_LOG_H_
#define TOOLS_JINDO_ACK_LOG_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "net/jindo/proto/jindo.pb.h"
#include "net/socket.h"

// The acknowledgement log: what an import was told about each operation. Format:
// docs/formats/ack-log.md.
namespace jfs::tools {

struct AckRecord {
  enum class Fate : uint8_t { kAcknowledged, kRefused, kUnknown };
  Fate fate = Fate::kAcknowledged;
  uint64_t wall_millis = 0;  // of the client, when the answer was there
  std::string client_id;     // 16 bytes
  ::jfs::jindo::OperationProto
      operation;  // mkdirs, importFile, setOwner, setPermission or setTimes
  ::jfs::jindo::OperationResultProto result;  // of kUnknown: nothing in it
};

// One line, with its end of line.
std::string FormatAckRecord(const AckRecord& record);
// Takes a line without its end. InvalidArgument says what is wrong with it.
absl::StatusOr<AckRecord> ParseAckRecord(std::string_view line);

// Blanks, control characters and '%' as %XX. Everything else, UTF-8 included, stays as it is.
std::string EscapePath(std::string_view path);
std::optional<std::string> UnescapePath(std::string_view text);

class AckLogWriter {
 public:
  // Refuses a file that exists: what is in it belongs to another import.
  static absl::StatusOr<std::unique_ptr<AckLogWriter>> Create(const std::string& file,
                                                              std::string_view comment);
  // Once it returns OK the records are in the kernel: no end of this or another process takes them
  // back. One thread at a time.
  absl::Status Append(std::string_view lines);
  // And on the disk.
  absl::Status Sync();

 private:
  AckLogWriter(std::string file, net::UniqueFd fd) : file_(std::move(file)), fd_(std::move(fd)) {}
  std::string file_;
  net::UniqueFd fd_;
};

struct AckLogSummary {
  uint64_t records = 0;
  bool truncated_last_line =
      false;  // the import was killed while it wrote; that line is not visited
};
// Reads a log line by line. DataLoss names the line that cannot be read.
absl::StatusOr<AckLogSummary> ReadAckLog(const std::string& file,
                                         const std::function<void(const AckRecord&)>& visit);

}  // namespace jfs::tools

#endif  // TOOLS_JINDO_ACK_LOG_H_
