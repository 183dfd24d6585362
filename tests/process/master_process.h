#ifndef TESTS_PROCESS_MASTER_PROCESS_H_
#define TESTS_PROCESS_MASTER_PROCESS_H_

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/time.h"
#include "net/hadoop/ipc_client.h"

// Masters as they are installed: the program itself, started with flags, seen from outside.
namespace jfs {

void SleepMillis(int millis);

// A port of the loopback interface that nobody listens on now.
uint16_t FreePort();

// One namespaced. Killed with the object.
class MasterProcess {
 public:
  // `log` gets what it says; `environment` are NAME=VALUE for it alone.
  MasterProcess(const std::vector<std::string>& flags, std::string log,
                const std::vector<std::string>& environment = {});
  ~MasterProcess();
  MasterProcess(const MasterProcess&) = delete;
  MasterProcess& operator=(const MasterProcess&) = delete;

  bool running();
  // Its exit code; minus the signal if one ended it; -1000 if it still runs after 30 s.
  int WaitForEnd();
  void Terminate();
  void Kill();
  // All that it has said so far.
  std::string log() const;
  // Until it says `text`, for 30 s at most. False: it did not.
  bool WaitForLog(const std::string& text) const;

 private:
  const std::string log_;
  pid_t pid_ = -1;
  int status_ = 0;
};

// What one master needs to be told, and how clients find it.
struct MasterFlags {
  uint16_t rpc_port = FreePort();
  std::string meta_dir;
  uint64_t reserve_bytes = 0;

  // The small segments leave room for what a test wants to see on a small disk.
  std::vector<std::string> ToVector() const;
};

// The masters of one group on loopback; `meta_dirs` one for each.
struct GroupFlags {
  std::vector<uint16_t> rpc_ports;
  std::vector<uint16_t> peer_ports;
  std::vector<uint16_t> http_ports;
  std::vector<std::string> meta_dirs;

  explicit GroupFlags(std::vector<std::string> directories);
  std::vector<std::string> ToVector(size_t master) const;
};

// A stock client's calls, as the user who runs the masters and thus is a superuser.
class TestClient {
 public:
  explicit TestClient(const std::vector<uint16_t>& ports, Duration give_up_after = 30 * kSecond);

  // Empty: done. Else the message of the refusal, or why there was no answer.
  std::string Mkdirs(const std::string& path);
  // Opens a new file for `holder`.
  std::string Create(const std::string& path, const std::string& holder);
  // Milliseconds since 1970 when the path changed last. The path exists.
  uint64_t ModificationTime(const std::string& path);
  bool Exists(const std::string& path);

  net::hadoop::IpcClient& ipc() { return ipc_; }

 private:
  net::hadoop::IpcClient ipc_;
};

// Looks every 50 ms whether `done`, for 60 s at most.
template <typename Done>
bool Eventually(Done done) {
  for (int look = 0; look < 1200; ++look) {
    if (done()) return true;
    SleepMillis(50);
  }
  return false;
}

}  // namespace jfs

#endif  // TESTS_PROCESS_MASTER_PROCESS_H_
