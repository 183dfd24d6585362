#ifndef SERVER_TABLESTORE_CALLS_H_
#define SERVER_TABLESTORE_CALLS_H_

#include <memory>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"

#include "core/node/io.h"
#include "net/ots/client.h"
#include "server/mirror_config.h"
#include "storage/notified_queue.h"

namespace jfs::server {

// Carries out what the node asks of Tablestore, and hands the answers back to the loop thread.
// Where Tablestore is not configured every call is refused, naming the keys that are missing: a
// cluster that leaves recovery has a claim to make even if it keeps no mirror from then on.
class TablestoreCalls {
 public:
  // InvalidArgument, naming the setting, if Tablestore cannot be called by what is configured. Does
  // not connect.
  static absl::StatusOr<std::unique_ptr<TablestoreCalls>> Create(const MirrorConfig& config);
  // Ends the calls under way. Nobody learns of their outcomes any more.
  ~TablestoreCalls() = default;
  TablestoreCalls(const TablestoreCalls&) = delete;
  TablestoreCalls& operator=(const TablestoreCalls&) = delete;

  // The loop thread.
  void Start(node::CallTablestore call);
  // Answers that have come in; each call gets exactly one. Never blocks. The loop thread.
  std::vector<node::TablestoreAnswered> Take() { return answers_.Take(); }
  // Readable when Take has something to give; for epoll.
  int event_fd() const { return answers_.event_fd(); }

  // Nothing where Tablestore is not configured.
  std::optional<net::ots::ClientStats> stats() const;

 private:
  TablestoreCalls() = default;

  storage::NotifiedQueue<node::TablestoreAnswered> answers_;
  std::unique_ptr<net::ots::Client> client_;  // last: its thread uses the queue
};

}  // namespace jfs::server

#endif  // SERVER_TABLESTORE_CALLS_H_
