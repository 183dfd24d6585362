#include "tests/process/master_process.h"

#include <fcntl.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <fstream>
#include <sstream>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"

#include "core/base/check.h"
#include "net/hadoop/ipc_message.h"
#include "net/hadoop/proto/client_namenode.pb.h"
#include "net/socket.h"

namespace jfs {
namespace {

namespace hdfs = ::hadoop::hdfs;
using net::hadoop::IpcClient;

constexpr char kProgram[] = "server/namespaced";

std::string User() {
  const passwd* entry = getpwuid(geteuid());
  return entry == nullptr ? absl::StrCat(geteuid()) : entry->pw_name;
}

std::string Outcome(const IpcClient::Result& result) {
  if (!result.status.ok()) return result.status.ToString();
  return result.error.has_value() ? result.error->message : "";
}

}  // namespace

void SleepMillis(int millis) { std::this_thread::sleep_for(std::chrono::milliseconds(millis)); }

uint16_t FreePort() {
  // Below the ports that the kernel gives to outgoing connections and to who asks for any: one of
  // those could be taken by the time its master starts. None is given out twice.
  constexpr int kFirst = 10'000, kPorts = 22'000;
  // Tests that start together have numbers that follow each other; their ports are apart.
  static int next = static_cast<int>(int64_t{getpid()} * 131 % kPorts);
  for (int tried = 0; tried < kPorts; ++tried) {
    const auto port = static_cast<uint16_t>(kFirst + next);
    next = (next + 1) % kPorts;
    if (net::Listen({.host = "127.0.0.1", .port = port}, 1).ok()) return port;
  }
  CHECK(false) << "no port is free";
  return 0;
}

MasterProcess::MasterProcess(const std::vector<std::string>& flags, std::string log,
                             const std::vector<std::string>& environment)
    : log_(std::move(log)) {
  pid_ = fork();
  CHECK(pid_ >= 0);
  if (pid_ > 0) return;
  // Whatever becomes of the test, nothing of it goes on running.
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  const int out = open(log_.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  if (out < 0 || dup2(out, 1) < 0 || dup2(out, 2) < 0) _exit(126);
  std::vector<std::string> words = {kProgram};
  words.insert(words.end(), flags.begin(), flags.end());
  std::vector<char*> arguments;
  arguments.reserve(words.size() + 1);
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  for (const std::string& setting : environment) {
    const size_t equals = setting.find('=');
    setenv(setting.substr(0, equals).c_str(), setting.substr(equals + 1).c_str(), 1);
  }
  execv(kProgram, arguments.data());
  _exit(127);
}

MasterProcess::~MasterProcess() { Kill(); }

bool MasterProcess::running() {
  if (pid_ < 0) return false;
  int status = 0;
  if (waitpid(pid_, &status, WNOHANG) == 0) return true;
  status_ = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  pid_ = -1;
  return false;
}

int MasterProcess::WaitForEnd() {
  for (int look = 0; look < 600 && running(); ++look) SleepMillis(50);
  return running() ? -1000 : status_;
}

void MasterProcess::Terminate() {
  if (pid_ >= 0) kill(pid_, SIGTERM);
}

void MasterProcess::Kill() {
  if (pid_ < 0) return;
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
  status_ = -SIGKILL;
  pid_ = -1;
}

std::string MasterProcess::log() const {
  std::ostringstream out;
  out << std::ifstream(log_).rdbuf();
  return out.str();
}

bool MasterProcess::WaitForLog(const std::string& text) const {
  for (int look = 0; look < 600; ++look) {
    if (log().find(text) != std::string::npos) return true;
    SleepMillis(50);
  }
  return false;
}

std::vector<std::string> MasterFlags::ToVector() const {
  return {"--namespace.backend.type=rocksdb",
          absl::StrCat("--jfs.namespace.server.rpc-address=127.0.0.1:", rpc_port),
          "--namespace.bind-host=127.0.0.1",
          "--namespace.http.port=0",
          absl::StrCat("--namespace.meta-dir=", meta_dir),
          "--namespace.log.segment-bytes=4194304",
          absl::StrCat("--namespace.disk.reserve-bytes=", reserve_bytes)};
}

GroupFlags::GroupFlags(std::vector<std::string> directories) : meta_dirs(std::move(directories)) {
  for (size_t i = 0; i < meta_dirs.size(); ++i) {
    rpc_ports.push_back(FreePort());
    peer_ports.push_back(FreePort());
    http_ports.push_back(FreePort());
  }
}

std::vector<std::string> GroupFlags::ToVector(size_t master) const {
  std::string peers, addresses;
  for (size_t i = 0; i < meta_dirs.size(); ++i) {
    absl::StrAppend(&peers, i == 0 ? "" : ",", "127.0.0.1:", peer_ports[i], ":0");
    absl::StrAppend(&addresses, i == 0 ? "" : ",", "127.0.0.1:", rpc_ports[i]);
  }
  return {"--namespace.backend.type=raft",
          absl::StrCat("--namespace.backend.raft.initial-conf=", peers),
          absl::StrCat("--namespace.backend.raft.hostname=127.0.0.1:", peer_ports[master]),
          absl::StrCat("--jfs.namespace.server.rpc-address=", addresses),
          "--namespace.bind-host=127.0.0.1",
          // A busy machine is no reason for an election.
          "--namespace.backend.raft.election-timeout-ms=3000",
          absl::StrCat("--namespace.http.port=", http_ports[master]),
          absl::StrCat("--namespace.meta-dir=", meta_dirs[master]),
          "--namespace.log.segment-bytes=4194304", "--namespace.disk.reserve-bytes=0"};
}

TestClient::TestClient(const std::vector<uint16_t>& ports, Duration give_up_after)
    : ipc_([&] {
        IpcClient::Options options{.user = User(), .give_up_after = give_up_after};
        for (const uint16_t port : ports) options.addresses.push_back({"127.0.0.1", port});
        return options;
      }()) {}

std::string TestClient::Mkdirs(const std::string& path) {
  hdfs::MkdirsRequestProto request;
  request.set_src(path);
  request.mutable_masked()->set_perm(0755);
  request.set_createparent(true);
  return Outcome(ipc_.Call(net::hadoop::kClientProtocol, "mkdirs", request));
}

std::string TestClient::Create(const std::string& path, const std::string& holder) {
  hdfs::CreateRequestProto request;
  request.set_src(path);
  request.mutable_masked()->set_perm(0644);
  request.set_clientname(holder);
  request.set_createflag(hdfs::CREATE);
  request.set_createparent(true);
  request.set_replication(1);
  request.set_blocksize(128 << 20);
  return Outcome(ipc_.Call(net::hadoop::kClientProtocol, "create", request));
}

uint64_t TestClient::ModificationTime(const std::string& path) {
  hdfs::GetFileInfoRequestProto request;
  request.set_src(path);
  const IpcClient::Result result = ipc_.Call(net::hadoop::kClientProtocol, "getFileInfo", request);
  CHECK(result.ok()) << path << ": " << Outcome(result);
  hdfs::GetFileInfoResponseProto response;
  CHECK(response.ParseFromString(result.response));
  CHECK(response.has_fs()) << path << " is not there";
  return response.fs().modification_time();
}

bool TestClient::Exists(const std::string& path) {
  hdfs::GetFileInfoRequestProto request;
  request.set_src(path);
  const IpcClient::Result result = ipc_.Call(net::hadoop::kClientProtocol, "getFileInfo", request);
  CHECK(result.ok()) << path << ": " << Outcome(result);
  hdfs::GetFileInfoResponseProto response;
  CHECK(response.ParseFromString(result.response));
  return response.has_fs();
}

}  // namespace jfs
