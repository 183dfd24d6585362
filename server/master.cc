#include "server/master.h"

#include <sys/epoll.h>

#include <algorithm>
#include <chrono>
#include <random>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

#include "core/base/check.h"
#include "core/base/overload.h"
#include "core/kv/memory_store.h"
#include "core/node/applied_row.h"
#include "core/ns/keys.h"
#include "net/socket.h"
#include "server/master_status.h"
#include "server/mirrored_rows.h"
#include "server/status_page.h"
#include "spdlog/spdlog.h"

namespace jfs::server {
namespace {

constexpr Duration kFreeSpaceInterval = kSecond;
// The free space is looked at again when this part of the reserve has been written to the log: fast
// clients could otherwise use the reserve up between two looks. What is logged is written once more
// to the state, and moved within it.
constexpr uint64_t kReserveParts = 16;
constexpr Duration kStatusInterval = kSecond;
// A writer of a mirror that has nothing to write shows itself three times in this.
constexpr Duration kSafeSealAfter = 30 * kSecond;

WallMillis WallNow() {
  const auto since_epoch = std::chrono::system_clock::now().time_since_epoch();
  return WallMillis(static_cast<uint64_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(since_epoch).count()));
}

uint64_t TrueRandom() {
  std::random_device device;
  const uint64_t high = device();
  const uint64_t low = device();
  return high << 32 | low;
}

storage::StateDirectoryOptions StateOptions() {
  storage::StateDirectoryOptions options;
  options.state.applied_key = std::string(node::kAppliedKey);
  options.state.insert_group = &ns::InsertGroupBytes;
  options.state.decode_applied = [](std::string_view bytes) -> absl::StatusOr<raft::Position> {
    absl::StatusOr<node::AppliedRow> row = node::DecodeAppliedRow(bytes);
    if (!row.ok()) return row.status();
    return row->at;
  };
  options.state.warn = [](std::string_view line) { spdlog::warn("RocksDB: {}", line); };
  return options;
}

storage::LogDisk::Writer LogWriter(const Config& config) {
  if (config.log_writer == "io_uring") return storage::LogDisk::Writer::kIoUring;
  if (config.log_writer == "thread") return storage::LogDisk::Writer::kThread;
  return storage::LogDisk::Writer::kAuto;
}

// Clients never take the last files: the state store and the log end this master if they cannot
// open one.
net::hadoop::IpcServer::Options ClientLimits() {
  net::hadoop::IpcServer::Options options;
  const size_t files = net::RaiseOpenFileLimit();
  const size_t own = std::max<size_t>(files / 4, std::min<size_t>(files / 2, 256));
  options.max_connections = std::min(options.max_connections, files - own);
  spdlog::info("up to {} client connections; {} files may be open in all", options.max_connections,
               files);
  return options;
}

net::hadoop::ServiceFacts Facts(const Config& config) {
  net::hadoop::ServiceFacts facts;
  facts.default_block_size = config.default_block_size;
  facts.default_replication = config.default_replication;
  facts.trash_interval_minutes = config.trash_interval_minutes;
  facts.software_version = "jfs-0.1";
  facts.host_name = config.masters[config.self.value - 1].host;
  return facts;
}

}  // namespace

// Hands what a device's queue holds to the master when its descriptor becomes readable.
class Master::QueueReader : public net::Pollable {
 public:
  QueueReader(net::EventLoop* loop, int fd, std::function<void()> take)
      : loop_(loop), fd_(fd), take_(std::move(take)) {}
  ~QueueReader() override { loop_->Remove(fd_); }
  absl::Status Watch() { return loop_->Add(fd_, EPOLLIN, this); }
  void OnReady(uint32_t) override { take_(); }

 private:
  net::EventLoop* const loop_;
  const int fd_;
  const std::function<void()> take_;
};

Master::Master(const Config& config, net::EventLoop* loop)
    : config_(config),
      loop_(loop),
      free_space_(config.disk_reserve_bytes, config.disk_reserve_bytes * 5 / 4) {}

Master::~Master() {
  readers_.clear();
  loop_->Cancel(timer_);
  loop_->CancelFlush(this);
}

absl::StatusOr<std::unique_ptr<Master>> Master::Create(const Config& config, net::EventLoop* loop) {
  std::unique_ptr<Master> master(new Master(config, loop));
  if (absl::Status status = master->Open(); !status.ok()) return status;
  return master;
}

absl::Status Master::Open() {
  absl::StatusOr<std::unique_ptr<storage::MetaDirectory>> meta =
      storage::MetaDirectory::Open(config_.meta_dir, config_.self);
  if (!meta.ok()) return meta.status();
  meta_ = *std::move(meta);

  absl::StatusOr<std::unique_ptr<storage::LogDisk>> log_disk =
      storage::LogDisk::Open({.directory = meta_->log_path(), .writer = LogWriter(config_)});
  if (!log_disk.ok()) return log_disk.status();
  log_disk_ = *std::move(log_disk);
  spdlog::info("log in {}: {}", meta_->log_path(), log_disk_->description());

  absl::StatusOr<std::unique_ptr<storage::StateDirectory>> state =
      storage::StateDirectory::Open(StateOptions(), meta_->state_path());
  if (!state.ok()) return state.status();
  state_ = *std::move(state);
  jobs_ = std::make_unique<storage::JobRunner>(state_.get(), storage::JobRunner::Options());
  absl::StatusOr<std::unique_ptr<TablestoreCalls>> tablestore =
      TablestoreCalls::Create(config_.mirror);
  if (!tablestore.ok()) return tablestore.status();
  tablestore_ = *std::move(tablestore);
  if (config_.mirror.on()) {
    spdlog::info("Tablestore instance {} at {}: {}", config_.mirror.instance,
                 config_.mirror.endpoint,
                 config_.mirror.upload ? "the mirror is kept there" : "to be recovered from");
  }
  if (config_.mirror.recovery && config_.mirror.seal_after < kSafeSealAfter) {
    spdlog::warn(
        "namespace.ots.seal-after-ms is {}: a cluster that lives and has nothing to write could be "
        "cut off from its mirror by this recovery",
        config_.mirror.seal_after / kMillisecond);
  }

  const Micros now = net::EventLoop::Now();
  node_ = std::make_unique<node::Node>(NodeConfig(), state_->store(), now, TrueRandom());

  readers_.push_back(std::make_unique<QueueReader>(loop_, log_disk_->event_fd(),
                                                   [this] { TakeDiskCompletions(); }));
  readers_.push_back(
      std::make_unique<QueueReader>(loop_, jobs_->event_fd(), [this] { TakeJobResults(); }));
  readers_.push_back(std::make_unique<QueueReader>(loop_, tablestore_->event_fd(),
                                                   [this] { TakeTablestoreAnswers(); }));
  for (const auto& reader : readers_) {
    if (absl::Status status = reader->Watch(); !status.ok()) return status;
  }
  if (absl::Status status = OpenPorts(); !status.ok()) return status;
  WatchFreeSpace();
  PublishStatus();
  loop_->AtTurnEnd([this] { EndTurn(); });
  // The first turn starts the node.
  loop_->Post([] {});
  return absl::OkStatus();
}

absl::Status Master::OpenPorts() {
  resolver_ = std::make_unique<net::Resolver>(loop_);
  callers_ = std::make_unique<UserGroups>(
      loop_, UserGroups::Options{.process_user = ProcessUser(),
                                 .superuser_group = config_.superuser_group,
                                 .static_groups = config_.static_groups});
  if (config_.masters.size() > 1) {
    net::PeerTransport::Options options;
    options.self = config_.self;
    options.configuration_hash = config_.configuration_hash();
    options.seed = TrueRandom();
    for (size_t i = 0; i < config_.masters.size(); ++i) {
      if (NodeId(i + 1) == config_.self) continue;
      options.peers.push_back({NodeId(i + 1), config_.masters[i]});
    }
    peers_ = std::make_unique<net::PeerTransport>(loop_, resolver_.get(), this, options);
    const net::HostPort where{config_.bind_host, config_.peer_port()};
    if (absl::Status status = peers_->Listen(where); !status.ok()) return status;
  }
  service_ = std::make_unique<net::ClientService>(Facts(config_), callers_.get(), this);
  ipc_server_ = std::make_unique<net::hadoop::IpcServer>(loop_, service_.get(), ClientLimits());
  service_->set_server(ipc_server_.get());
  for (size_t i = 0; i < config_.namespaces.size(); ++i) {
    const net::HostPort where{config_.bind_host, config_.namespaces[i].rpc_port};
    if (absl::Status status = ipc_server_->Listen(where, static_cast<uint32_t>(i)); !status.ok()) {
      return status;
    }
  }
  status_server_ = std::make_unique<net::StatusServer>();
  return status_server_->Start({config_.bind_host, config_.http_port});
}

node::Config Master::NodeConfig() const {
  node::Config config;
  config.raft.self = config_.self;
  for (size_t i = 1; i <= config_.masters.size(); ++i) {
    config.raft.initial_members.push_back(NodeId(i));
  }
  config.raft.election_timeout = config_.election_timeout;
  config.raft.heartbeat_interval = config_.heartbeat_interval;
  // Zero means "none" in an incarnation.
  config.log.identity = {config_.self, Incarnation(TrueRandom() | 1)};
  config.log.segment_bytes = config_.log_segment_bytes;
  config.log.block_bytes = log_disk_->block_bytes();
  config.flush_after_log_bytes = config_.log_segment_bytes;
  config.namespaces.clear();
  for (const NamespaceConfig& ns : config_.namespaces) config.namespaces.push_back(ns.name);
  config.limits.retry_cache_bytes = config_.retry_cache_bytes;
  config.limits.min_block_size = config_.min_block_size;
  config.file_leases.hard = config_.lease_hard_limit;
  config.mirror.upload = config_.mirror.upload;
  config.mirror.recovery = config_.mirror.recovery;
  config.mirror.instance = config_.mirror.instance;
  config.mirror.endpoint = config_.mirror.endpoint;
  config.mirror.outbox_bytes = config_.mirror.outbox_bytes;
  config.mirror.load_limits.quiet_time = config_.mirror.seal_after;
  // Ten looks in the quiet time; four in it are the least that shows that it was quiet.
  config.mirror.load_limits.look_interval = config_.mirror.seal_after / 10;
  // As a NameNode's: the superuser is who runs it.
  config.self = {ProcessUser(), {config_.superuser_group}, true, ""};
  return config;
}

// ---- The turn ----

void Master::EndTurn() {
  if (!fatal_.ok()) return;
  const Micros now = net::EventLoop::Now();
  if (!started_) {
    started_ = true;
    Carry(node_->Start(now));
    return;
  }
  if (inputs_.empty() && now < deadline_) return;
  if (logged_since_look_ * kReserveParts > config_.disk_reserve_bytes) LookAtFreeSpace();
  ++steps_;
  const std::vector<node::Input> inputs = std::exchange(inputs_, {});
  Carry(node_->Step(now, WallNow(), inputs));
}

void Master::Carry(node::Output output) {
  for (const node::Event& event : output.events) {
    switch (event.severity) {
      case node::Event::Severity::kInfo:
        spdlog::info("{}", event.text);
        break;
      case node::Event::Severity::kWarning:
        spdlog::warn("{}", event.text);
        break;
      case node::Event::Severity::kError:
        spdlog::error("{}", event.text);
        break;
    }
  }
  if (output.fatal.ok() && !jobs_->failed().ok()) output.fatal = jobs_->failed();
  if (!output.fatal.ok()) {
    fatal_ = output.fatal;
    loop_->Stop();
    return;
  }
  for (node::SendPayload& send : output.send) {
    if (peers_ != nullptr) peers_->Send(send.to, send.lane, std::move(send.payload));
  }
  if (!output.disk.empty()) {
    // Behind what the peers get: their disks can be at work while this one is being told.
    CHECK(disk_requests_.empty()) << "a turn carries out one output";
    for (const log::DiskRequest& request : output.disk) {
      const auto* write = std::get_if<log::WriteFile>(&request.action);
      if (write != nullptr) logged_since_look_ += write->data.size();
    }
    disk_requests_ = std::move(output.disk);
    loop_->FlushThisTurn(this);
  }
  if (!output.jobs.empty()) jobs_->Start(std::move(output.jobs));
  for (node::CallTablestore& call : output.tablestore) tablestore_->Start(std::move(call));
  Answer(std::move(output.replies));
  UpdateIdentity();
  if (draining_ && output.drained) {
    spdlog::info("leadership is handed over, ending");
    loop_->Stop();
    return;
  }
  ArmTimer(output.next_deadline);
}

void Master::OnFlush() { log_disk_->Start(std::exchange(disk_requests_, {})); }

// A read decided by the leader lease counts only if the lease still holds now that the answer
// leaves: the process may have been paused since.
void Master::Answer(std::vector<node::ClientReply> replies) {
  std::optional<bool> lease_valid;
  for (node::ClientReply& reply : replies) {
    if (reply.by_lease) {
      if (!lease_valid.has_value()) lease_valid = node_->LeaseValid(net::EventLoop::Now());
      if (!*lease_valid) reply.outcome = node::ClientReply::Outcome::kNotReady;
    }
    service_->OnReply(reply);
  }
}

void Master::ArmTimer(Micros deadline) {
  deadline_ = deadline;
  loop_->Cancel(timer_);
  timer_ = {};
  if (deadline == kNever) return;
  // The end-of-turn hook does the step; the timer only makes a turn happen. One that is due already
  // lets sockets be read first.
  timer_ = loop_->At(deadline, [] {});
}

void Master::TakeDiskCompletions() {
  for (log::DiskCompletion& completion : log_disk_->Take()) {
    inputs_.push_back(node::DiskDone{std::move(completion)});
  }
}

void Master::TakeJobResults() {
  for (node::Input& answer : jobs_->Take()) inputs_.push_back(std::move(answer));
}

void Master::TakeTablestoreAnswers() {
  for (node::TablestoreAnswered& answer : tablestore_->Take()) inputs_.push_back(std::move(answer));
}

void Master::WatchFreeSpace() {
  LookAtFreeSpace();
  loop_->After(kFreeSpaceInterval, [this] { WatchFreeSpace(); });
}

void Master::LookAtFreeSpace() {
  logged_since_look_ = 0;
  const absl::StatusOr<uint64_t> free = storage::FreeBytes(config_.meta_dir);
  if (!free.ok()) {
    spdlog::warn("{}", free.status().ToString());
  } else if (const std::optional<bool> low = free_space_.Observe(*free); low.has_value()) {
    if (*low) {
      spdlog::warn(
          "only {} MiB are free in {}: writes are refused while most masters are short of space",
          *free >> 20, config_.meta_dir);
    } else {
      spdlog::info("{} MiB are free again in {}", *free >> 20, config_.meta_dir);
    }
    inputs_.push_back(node::DiskSpace{*low});
  }
}

MirrorFacts Master::Mirror() const {
  MirrorFacts facts;
  facts.upload = config_.mirror.upload;
  facts.recovery = config_.mirror.recovery;
  facts.mirror = node_->mirror_status();
  if (node_->state() != nullptr) facts.position = node_->state()->position();
  const bool leads = node_->status().raft.role == raft::Role::kLeader;
  facts.leads = leads && node_->LeaseValid(net::EventLoop::Now());
  facts.mirror.synced = facts.mirror.synced && facts.leads;
  const ns::RecoveryRecord& recovery = facts.mirror.recovery;
  if (recovery.state == ns::RecoveryState::kLoading) {
    // Rows by the percent: as many of them come for each of what is left as for each so far.
    const uint64_t percent = ns::RecoveryPercent(recovery);
    if (percent > 0) facts.time_left = loading_.TimeFor(recovery.rows * (100 - percent) / percent);
  } else if (const uint64_t lag = MirrorLag(facts); lag > 0) {
    facts.time_left = mirroring_.TimeFor(lag);
  }
  facts.tablestore = tablestore_->stats();
  return facts;
}

void Master::PublishStatus() {
  const node::NodeStatus status = node_->status();
  const MirrorFacts mirror = Mirror();
  const Micros now = net::EventLoop::Now();
  loading_.Note(now, mirror.mirror.recovery.rows);
  mirroring_.Note(now, mirror.position.sequence() - MirrorLag(mirror));
  status_server_->Publish(DescribeStatus({.config = config_,
                                          .node = status,
                                          .state = node_->state(),
                                          .peers = peers_.get(),
                                          .clients = ipc_server_.get(),
                                          .service = service_.get(),
                                          .mirror = &mirror,
                                          .steps = steps_}));
  loop_->After(kStatusInterval, [this] { PublishStatus(); });
}

void Master::UpdateIdentity() {
  // Neither changes once the cluster is formed.
  if (peers_ == nullptr || (identified_ && cluster_ != ClusterId{})) return;
  const node::NodeStatus status = node_->status();
  if (status.phase != node::Phase::kRunning && status.phase != node::Phase::kInstalling) return;
  const ClusterId cluster = status.raft.membership.cluster;
  if (identified_ && cluster == cluster_) return;
  identified_ = true;
  cluster_ = cluster;
  peers_->SetIdentity(status.incarnation, cluster);
  service_->facts().cluster_id = absl::StrCat("CID-", absl::Hex(cluster.value, absl::kZeroPad16));
  service_->facts().block_pool_id = absl::StrCat("BP-", absl::Hex(cluster.value, absl::kZeroPad16));
}

void Master::Drain() {
  if (draining_) {
    spdlog::warn("second signal: ending without handing leadership over");
    loop_->Stop();
    return;
  }
  draining_ = true;
  ipc_server_->StopListening();
  inputs_.push_back(node::Drain{});
}

// ---- What peers and clients want ----

void Master::OnPayload(NodeId from, node::Lane, SharedBytes payload) {
  inputs_.push_back(node::PeerPayload{from, std::move(payload)});
}

void Master::Submit(node::ClientCommand command) { inputs_.push_back(std::move(command)); }
void Master::Submit(node::ClientRead read) { inputs_.push_back(std::move(read)); }
bool Master::RenewLeases(node::CallHandle call, ns::NamespaceId /*ns*/,
                         const std::vector<std::string>& holders) {
  // Client names are unique in the whole world: a lease is a holder's in whatever namespace.
  inputs_.push_back(node::RenewLeases{call, holders});
  return true;
}

ns::NamespaceId Master::NamespaceOf(uint32_t listener) {
  // 0: no such namespace yet, and the node answers that it is not ready.
  if (node_->state() == nullptr) return 0;
  return node_->state()->FindNamespace(config_.namespaces[listener].name).value_or(0);
}

bool Master::Serving() { return node_->serving(); }

net::hadoop::LocalState Master::Local(ns::NamespaceId ns) {
  const node::NodeStatus status = node_->status();
  net::hadoop::LocalState local;
  using Role = net::hadoop::LocalState::Role;
  if (status.phase == node::Phase::kRecovering) {
    local.role = Role::kStarting;
  } else {
    local.role = status.serving ? Role::kLeader : Role::kFollower;
  }
  if (const std::optional<ns::Namespace::Totals> sums = TotalsOf(ns); sums.has_value()) {
    local.used = sums->bytes;
    local.capacity = sums->bytes;
    local.safe_mode = InSafeMode(ns);
  }
  return local;
}

bool Master::InSafeMode(ns::NamespaceId ns) const {
  // The answer is in memory: no row is read for it.
  const kv::MemoryStore no_rows;
  ns::Reply reply;
  const absl::Status read =
      node_->state()->Read(no_rows, {.ns = ns, .caller = {}, .query = ns::GetSafeMode{}}, &reply);
  const auto* truth = std::get_if<ns::Truth>(&reply.value);
  return read.ok() && truth != nullptr && truth->value;
}

std::optional<ns::Namespace::Totals> Master::TotalsOf(ns::NamespaceId ns) const {
  if (node_->state() == nullptr) return std::nullopt;
  for (const ns::Namespace::NamespaceInfo& info : node_->state()->namespaces()) {
    if (info.id == ns) return node_->state()->totals(ns);
  }
  return std::nullopt;
}

void Master::MetaStatus(::jfs::jindo::MetaStatusResponseProto* out) {
  DescribeMasters(config_, node_->status(), peers_.get(), Mirror(), out);
}

void Master::StateHash(ns::NamespaceId ns, ::jfs::jindo::StateHashResponseProto* out) {
  const node::NodeStatus status = node_->status();
  const ns::Namespace::Totals sums = TotalsOf(ns).value_or(ns::Namespace::Totals());
  out->set_appliedindex(status.raft.applied.value);
  out->set_appliedterm(status.applied_term.value);
  out->set_statehash(status.state_hash);
  out->set_position(status.position.packed);
  out->set_directories(sums.directories);
  out->set_files(sums.files);
  out->set_bytes(sums.bytes);
}

absl::Status Master::TransferLeadership(const std::string& address) {
  if (!node_->serving()) {
    return absl::FailedPreconditionError("this master does not lead: ask the leader");
  }
  if (address.empty()) {
    inputs_.push_back(node::TransferLeadership{});
    return absl::OkStatus();
  }
  for (size_t i = 0; i < config_.masters.size(); ++i) {
    if (config_.shown_address(NodeId(i + 1)).ToString() != address) continue;
    inputs_.push_back(node::TransferLeadership{NodeId(i + 1)});
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      absl::StrCat("'", address, "' is not in namespace.backend.raft.initial-conf"));
}

std::optional<ns::Reply> Master::Recovering() {
  const node::NodeStatus status = node_->status();
  const ns::RecoveryRecord recovery = node_->mirror_status().recovery;
  const bool to_begin = config_.mirror.recovery && recovery.state == ns::RecoveryState::kNone &&
                        status.position.sequence() == 0;
  if (status.raft.role != raft::Role::kLeader) return std::nullopt;
  ns::Reply refusal;
  refusal.position = status.position;
  if (to_begin || recovery.state == ns::RecoveryState::kLoading) {
    refusal.code = ns::Code::kRecoveryLoading;
    refusal.arguments = {absl::StrCat(ns::RecoveryPercent(recovery))};
    return refusal;
  }
  if (recovery.state == ns::RecoveryState::kFailed) {
    refusal.code = ns::Code::kRecoveryFailed;
    refusal.arguments = {recovery.failure};
    return refusal;
  }
  return std::nullopt;
}

absl::Status Master::MirroredRows(const ::jfs::jindo::MirroredRowsRequestProto& in,
                                  ::jfs::jindo::MirroredRowsResponseProto* out) {
  out->set_position(node_->state()->position().packed);
  return ReadMirroredRows(*state_->store(), in.startafter(), in.limit(), out);
}

}  // namespace jfs::server
