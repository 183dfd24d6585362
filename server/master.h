#ifndef SERVER_MASTER_H_
#define SERVER_MASTER_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "core/base/time.h"
#include "core/node/io.h"
#include "core/node/node.h"
#include "net/client_service.h"
#include "net/event_loop.h"
#include "net/hadoop/ipc_server.h"
#include "net/http/status_server.h"
#include "net/peer_transport.h"
#include "net/resolver.h"
#include "server/config.h"
#include "server/mirror_status.h"
#include "server/tablestore_calls.h"
#include "server/user_groups.h"
#include "storage/free_space.h"
#include "storage/job_runner.h"
#include "storage/log_disk.h"
#include "storage/meta_directory.h"
#include "storage/state_directory.h"

// One master as a process: the pure node between real sockets and real disks. All of it lives on
// the loop's thread, except what storage and resolver do on theirs.
namespace jfs::server {

class Master : public net::ServiceHost,
               public net::PeerTransport::Receiver,
               private net::Flushable {
 public:
  // Opens the meta directory and all ports; the node begins to read its log when the loop runs.
  // Errors name the setting or the file, and the way out. `loop` outlives the master.
  static absl::StatusOr<std::unique_ptr<Master>> Create(const Config& config, net::EventLoop* loop);
  ~Master() override;

  // Hands leadership over, then stops the loop. A second call stops it at once.
  void Drain();

  // Not OK after the loop has ended if the node gave up.
  const absl::Status& fatal() const { return fatal_; }

  // net::PeerTransport::Receiver
  void OnPayload(NodeId from, node::Lane lane, SharedBytes payload) override;
  // net::ServiceHost
  void Submit(node::ClientCommand command) override;
  void Submit(node::ClientRead read) override;
  bool RenewLeases(node::CallHandle call, ns::NamespaceId ns,
                   const std::vector<std::string>& holders) override;
  ns::NamespaceId NamespaceOf(uint32_t listener) override;
  bool Serving() override;
  net::hadoop::LocalState Local(ns::NamespaceId ns) override;
  void MetaStatus(::jfs::jindo::MetaStatusResponseProto* out) override;
  void StateHash(ns::NamespaceId ns, ::jfs::jindo::StateHashResponseProto* out) override;
  absl::Status TransferLeadership(const std::string& address) override;
  std::optional<ns::Reply> Recovering() override;
  absl::Status MirroredRows(const ::jfs::jindo::MirroredRowsRequestProto& in,
                            ::jfs::jindo::MirroredRowsResponseProto* out) override;

 private:
  class QueueReader;

  Master(const Config& config, net::EventLoop* loop);
  // net::Flushable
  void OnFlush() override;

  absl::Status Open();
  absl::Status OpenPorts();
  node::Config NodeConfig() const;
  void EndTurn();
  void Carry(node::Output output);
  void Answer(std::vector<node::ClientReply> replies);
  void ArmTimer(Micros deadline);
  void TakeDiskCompletions();
  void TakeJobResults();
  void TakeTablestoreAnswers();
  void WatchFreeSpace();
  void LookAtFreeSpace();
  void PublishStatus();
  MirrorFacts Mirror() const;
  // As of what this master has applied. REQUIRES: there is a state.
  bool InSafeMode(ns::NamespaceId ns) const;
  std::optional<ns::Namespace::Totals> TotalsOf(ns::NamespaceId ns) const;
  void UpdateIdentity();

  const Config config_;
  net::EventLoop* const loop_;
  std::unique_ptr<storage::MetaDirectory> meta_;
  std::unique_ptr<storage::LogDisk> log_disk_;
  std::unique_ptr<storage::StateDirectory> state_;
  std::unique_ptr<storage::JobRunner> jobs_;
  std::unique_ptr<TablestoreCalls> tablestore_;
  std::unique_ptr<node::Node> node_;
  std::unique_ptr<net::Resolver> resolver_;
  std::unique_ptr<UserGroups> callers_;
  std::unique_ptr<net::PeerTransport> peers_;  // null with one master
  std::unique_ptr<net::ClientService> service_;
  std::unique_ptr<net::hadoop::IpcServer> ipc_server_;
  std::unique_ptr<net::StatusServer> status_server_;
  std::vector<std::unique_ptr<QueueReader>> readers_;
  storage::FreeSpaceWatcher free_space_;
  uint64_t logged_since_look_ = 0;  // bytes given to the log since the free space was looked at

  std::vector<node::Input> inputs_;              // of this turn
  std::vector<log::DiskRequest> disk_requests_;  // of this turn
  bool started_ = false;
  Micros deadline_;
  net::EventLoop::TimerId timer_;
  bool identified_ = false;
  ClusterId cluster_;
  bool draining_ = false;
  absl::Status fatal_;
  uint64_t steps_ = 0;
  Pace loading_;    // rows of a recovery
  Pace mirroring_;  // sequences in the mirror
};

}  // namespace jfs::server

#endif  // SERVER_MASTER_H_
