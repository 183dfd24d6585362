#ifndef BENCH_CLOSED_LOOP_H_
#define BENCH_CLOSED_LOOP_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

#include "core/base/time.h"
#include "net/socket.h"

// Closed-loop clients over Hadoop IPC, as light as a load generator can be: one thread, requests
// encoded beforehand and patched in place, answers looked at only as far as needed to know that
// they succeeded. Whatever this thread costs is taken from the servers on a small machine.
namespace jfs::bench {

enum class Operation : uint8_t {
  kMkdirs,       // a new directory under one of the parents; replicated, made durable
  kGetFileInfo,  // of one of the parents; served under the leader lease
};

// One call, encoded once. Each use gets its own call id, parent and (for mkdirs) new name, all of
// fixed width.
class CallTemplate {
 public:
  static constexpr uint32_t kMaxParents = 1000;
  // Call ids whose encoding has the same length: zigzag varints of four bytes.
  static constexpr int32_t kFirstCallId = 1 << 20;
  static constexpr int32_t kLastCallId = (1 << 27) - 1;

  // `root` is the directory of the parents, which are called by three digits. `client_id` has 16
  // bytes.
  CallTemplate(Operation operation, const std::string& root, const std::string& client_id);

  // The frame of one call; valid until the next use. `call_id` is within the bounds above.
  std::string_view Fill(int32_t call_id, uint32_t parent, uint64_t name);

 private:
  std::string frame_;
  size_t call_id_at_ = 0;
  size_t parent_at_ = 0;
  size_t name_at_ = std::string::npos;
};

struct LoadOptions {
  net::HostPort server;  // the leader
  std::string user;
  Operation operation = Operation::kMkdirs;
  std::string root;
  uint32_t parents = 64;
  uint32_t clients = 1;  // connections, each with one call under way
  Duration warm_up = 0;
  Duration measured = kSecond;
};

struct LoadResult {
  uint64_t operations = 0;        // that ended within the measured time
  uint64_t total_operations = 0;  // warm-up and the last answers included
  double seconds = 0;
  std::vector<uint32_t> micros;  // of each measured operation, sorted
  double generator_cpu_seconds = 0;
};

// Runs the load. The parents exist. Any answer that is not success ends the run with an error that
// quotes it: a benchmark that goes on through errors measures something else.
absl::StatusOr<LoadResult> RunLoad(const LoadOptions& options);

}  // namespace jfs::bench

#endif  // BENCH_CLOSED_LOOP_H_
