#include "tests/process/mirrored_group.h"

#include <chrono>
#include <filesystem>
#include <string_view>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "gtest/gtest.h"

#include "core/base/check.h"
#include "httplib.h"
#include "net/hadoop/ipc_message.h"
#include "net/jindo/proto/jindo.pb.h"
#include "net/socket.h"

namespace jfs {
namespace {

std::vector<std::string> Directories(const std::string& directory, size_t masters) {
  std::vector<std::string> out;
  for (size_t i = 0; i < masters; ++i) {
    out.push_back(absl::StrCat(directory, "/master-", i));
    std::filesystem::create_directories(out.back());
  }
  return out;
}

// A master's line about itself; empty if it does not answer.
std::string StatusOf(uint16_t port) {
  std::string out;
  TestClient client({port}, 2 * kSecond);
  ::jfs::jindo::MetaStatusResponseProto status;
  const auto result = client.ipc().Call(net::hadoop::kJindoProtocol, "metaStatus",
                                        ::jfs::jindo::MetaStatusRequestProto());
  if (!result.ok() || !status.ParseFromString(result.response)) return out;
  for (const auto& master : status.masters()) {
    if (master.node() != status.answeredby()) continue;
    absl::StrAppend(&out, master.role());
    for (const auto& field : master.fields()) {
      absl::StrAppend(&out, " ", field.name(), "=", field.value());
    }
    absl::StrAppend(&out, "\n");
  }
  return out;
}

int64_t SystemMillis() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

}  // namespace

MockTablestore::MockTablestore(std::string directory) : directory_(std::move(directory)) {
  std::filesystem::create_directory(directory_);
  Start();
}

void MockTablestore::Start(const std::vector<std::string>& faults) {
  ots_mock::ServerOptions options;
  options.listen.port = port_;
  options.control = net::HostPort{.host = "127.0.0.1", .port = 0};
  options.directory = directory_;
  options.accounts = {{"emr-jfs", "id", kTablestoreSecret}};
  options.keep_alive_seconds = 1;
  options.wall_clock = &SystemMillis;
  for (const std::string& fault : faults) {
    const absl::StatusOr<ots_mock::FaultRule> rule = ots_mock::ParseFaultRule(fault);
    CHECK(rule.ok()) << rule.status().ToString();
    options.faults.push_back(*rule);
  }
  absl::StatusOr<std::unique_ptr<ots_mock::Server>> server = ots_mock::Server::Start(options);
  CHECK(server.ok()) << server.status().ToString();
  server_ = *std::move(server);
}

void MockTablestore::AddFault(const std::string& rule) {
  httplib::Client control("127.0.0.1", server_->control_port());
  const auto added = control.Post("/faults", rule, "text/plain");
  CHECK(added && added->status == 200) << rule;
}

void MockTablestore::ClearFaults() {
  httplib::Client control("127.0.0.1", server_->control_port());
  const auto cleared = control.Delete("/faults");
  CHECK(cleared && cleared->status == 200);
}

std::vector<std::string> MockTablestore::Flags(const std::string& secret) const {
  return {absl::StrCat("--namespace.ots.endpoint=http://127.0.0.1:", port_),
          "--namespace.ots.instance=emr-jfs", "--namespace.ots.accessKey=id",
          absl::StrCat("--namespace.ots.accessSecret=", secret)};
}

MirroredGroup::MirroredGroup(size_t masters, std::string directory, std::string backend)
    : directory_(std::move(directory)),
      backend_(std::move(backend)),
      flags_(Directories(directory_, masters)) {
  CHECK(backend_ == "raft" || masters == 1);
  processes_.resize(masters);
}

void MirroredGroup::Start(const MockTablestore& tablestore,
                          const std::vector<std::string>& switches,
                          const std::vector<std::string>& more) {
  for (size_t i = 0; i < processes_.size(); ++i) StartOne(i, tablestore, switches, more);
}

void MirroredGroup::StartOne(size_t master, const MockTablestore& tablestore,
                             const std::vector<std::string>& switches,
                             const std::vector<std::string>& more) {
  std::vector<std::string> flags = flags_.ToVector(master);
  if (backend_ != "raft") {
    std::erase_if(flags,
                  [](const std::string& flag) { return flag.starts_with("--namespace.backend."); });
    flags.push_back(absl::StrCat("--namespace.backend.type=", backend_));
  }
  for (const std::string& flag : tablestore.Flags()) flags.push_back(flag);
  for (const std::string& one : switches) {
    flags.push_back(absl::StrCat("--namespace.backend.", backend_, ".", one));
  }
  flags.insert(flags.end(), more.begin(), more.end());
  processes_[master] =
      std::make_unique<MasterProcess>(flags, absl::StrCat(directory_, "/log-", master));
}

void MirroredGroup::Kill() {
  for (auto& process : processes_) process.reset();
}

void MirroredGroup::Terminate() {
  for (auto& process : processes_) process->Terminate();
  for (auto& process : processes_) {
    EXPECT_EQ(process->WaitForEnd(), 0) << process->log();
    process.reset();
  }
}

Ran MirroredGroup::Jfs(const std::string& words, const std::string& input) const {
  return RunJindo(absl::StrCat("jfs ", words, " --masters ", MastersText(flags_.rpc_ports)), input);
}

Ran MirroredGroup::Fs(const std::string& words) const {
  return RunJindo(
      absl::StrCat("fs --timeout 3 --masters ", MastersText(flags_.rpc_ports), " ", words));
}

std::string MirroredGroup::Page(size_t master, const std::string& path) const {
  httplib::Client http("127.0.0.1", flags_.http_ports[master]);
  const auto page = http.Get(path);
  return page ? page->body : "";
}

size_t MirroredGroup::Leader() const {
  size_t leader = 0;
  const bool found = Eventually([&] {
    for (leader = 0; leader < flags_.rpc_ports.size(); ++leader) {
      if (absl::StartsWith(StatusOf(flags_.rpc_ports[leader]), "LEADER ")) return true;
    }
    return false;
  });
  CHECK(found) << Status();
  return leader;
}

std::string MirroredGroup::Status() const {
  std::string out;
  for (const uint16_t port : flags_.rpc_ports) out += StatusOf(port);
  return out;
}

std::string MirroredGroup::LeaderLine() const {
  const std::string status = Status();
  for (const absl::string_view line : absl::StrSplit(status, '\n')) {
    if (absl::StartsWith(line, "LEADER ")) return std::string(line);
  }
  return "";
}

bool MirroredGroup::LeaderSays(const std::string& field) const {
  return absl::StrContains(LeaderLine(), field);
}

std::string MirroredGroup::Logs() const {
  std::string out;
  for (const auto& process : processes_) {
    if (process != nullptr) out += process->log();
  }
  return out;
}

}  // namespace jfs
