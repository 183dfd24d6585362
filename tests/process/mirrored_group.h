#ifndef TESTS_PROCESS_MIRRORED_GROUP_H_
#define TESTS_PROCESS_MIRRORED_GROUP_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "ots_mock/server/server.h"
#include "tests/process/jindo_process.h"
#include "tests/process/master_process.h"

// Masters as processes, and a Tablestore for their mirror inside the test.
namespace jfs {

// Not in any log, page or message of a master.
inline constexpr char kTablestoreSecret[] = "a-secret-that-no-log-may-have";

// What a write is answered with under recovery, to the letter.
inline constexpr char kReadOnly[] =
    "ErrorCode : 25021 , ErrorMsg: Namespace is under recovery mode, and is read-only.";

// Switches, as a group is given them.
inline constexpr char kUpload[] = "async.ots.enabled=true";
inline constexpr char kRecover[] = "recovery.mode=true";

// A Tablestore that can be stopped and started again, on the same port and with the same rows.
class MockTablestore {
 public:
  explicit MockTablestore(std::string directory);
  // `faults`: rules as in ots_mock/engine/faults.h.
  void Start(const std::vector<std::string>& faults = {});
  // From now on, at once; a request that is being delayed is not hit any more.
  void AddFault(const std::string& rule);
  void ClearFaults();
  void Stop() { server_.reset(); }

  // For masters whose secret is this one.
  std::vector<std::string> Flags(const std::string& secret = kTablestoreSecret) const;

 private:
  const std::string directory_;
  const uint16_t port_ = FreePort();
  std::unique_ptr<ots_mock::Server> server_;
};

// A group of masters with directories of its own, which is started, killed and started otherwise.
class MirroredGroup {
 public:
  // `backend`: namespace.backend.type, raft, or rocksdb of one master.
  MirroredGroup(size_t masters, std::string directory, std::string backend = "raft");

  // `switches`: what follows "namespace.backend.raft." (or that of rocksdb) in flags; `more` are
  // whole flags.
  void Start(const MockTablestore& tablestore, const std::vector<std::string>& switches,
             const std::vector<std::string>& more = {});
  // One master.
  void StartOne(size_t master, const MockTablestore& tablestore,
                const std::vector<std::string>& switches,
                const std::vector<std::string>& more = {});
  MasterProcess& process(size_t master) { return *processes_[master]; }
  void Kill();
  void Terminate();

  const std::vector<uint16_t>& rpc_ports() const { return flags_.rpc_ports; }
  TestClient Client() const { return TestClient(flags_.rpc_ports, 60 * kSecond); }
  // The command line, of these masters: Jfs("-metaStatus -detail"), Fs("-ls /").
  Ran Jfs(const std::string& words, const std::string& input = "") const;
  Ran Fs(const std::string& words) const;
  // "/status", "/metrics" or "/health" of a master; empty if it does not answer.
  std::string Page(size_t master, const std::string& path) const;
  // A line of each master about itself: "LEADER name=value ...".
  std::string Status() const;
  // What a master that leads says of itself; empty if none does just now.
  std::string LeaderLine() const;
  bool LeaderSays(const std::string& field) const;
  // Which master leads, as soon as one does.
  size_t Leader() const;
  std::string Logs() const;

 private:
  const std::string directory_;
  const std::string backend_;
  const GroupFlags flags_;
  std::vector<std::unique_ptr<MasterProcess>> processes_;
};

}  // namespace jfs

#endif  // TESTS_PROCESS_MIRRORED_GROUP_H_
