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
#include "net/hadoop/ipc_message.h"
#include "net/jindo/proto/jindo.pb.h"

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

std::vector<std::string> MockTablestore::Flags(const std::string& secret) const {
  return {absl::StrCat("--namespace.ots.endpoint=http://127.0.0.1:", port_),
          "--namespace.ots.instance=emr-jfs", "--namespace.ots.accessKey=id",
          absl::StrCat("--namespace.ots.accessSecret=", secret)};
}

MirroredGroup::MirroredGroup(size_t masters, std::string directory)
    : directory_(std::move(directory)), flags_(Directories(directory_, masters)) {
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
  for (const std::string& flag : tablestore.Flags()) flags.push_back(flag);
  for (const std::string& one : switches) {
    flags.push_back(absl::StrCat("--namespace.backend.raft.", one));
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

std::string MirroredGroup::Status() const {
  std::string out;
  for (const uint16_t port : flags_.rpc_ports) {
    TestClient client({port}, 2 * kSecond);
    ::jfs::jindo::MetaStatusResponseProto status;
    const auto result = client.ipc().Call(net::hadoop::kJindoProtocol, "metaStatus",
                                          ::jfs::jindo::MetaStatusRequestProto());
    if (!result.ok() || !status.ParseFromString(result.response)) continue;
    for (const auto& master : status.masters()) {
      if (master.node() != status.answeredby()) continue;
      absl::StrAppend(&out, master.role());
      for (const auto& field : master.fields()) {
        absl::StrAppend(&out, " ", field.name(), "=", field.value());
      }
      absl::StrAppend(&out, "\n");
    }
  }
  return out;
}

bool MirroredGroup::LeaderSays(const std::string& field) const {
  const std::string status = Status();
  for (const absl::string_view line : absl::StrSplit(status, '\n')) {
    if (absl::StartsWith(line, "LEADER ") && absl::StrContains(line, field)) return true;
  }
  return false;
}

std::string MirroredGroup::Logs() const {
  std::string out;
  for (const auto& process : processes_) {
    if (process != nullptr) out += process->log();
  }
  return out;
}

}  // namespace jfs
