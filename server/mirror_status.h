#ifndef SERVER_MIRROR_STATUS_H_
#define SERVER_MIRROR_STATUS_H_

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/base/time.h"
#include "core/node/node.h"
#include "core/ns/reply.h"
#include "net/http/status_server.h"
#include "net/ots/client.h"

// What people and programs see of the mirror, or of a recovery from it.
namespace jfs::server {

// How fast a number has grown of late, seen at intervals.
class Pace {
 public:
  // `done` as of `now`; a smaller number than before begins anew.
  void Note(Micros now, uint64_t done);
  // By what was seen in the last half minute; 0: not known, or it does not grow.
  double PerSecond() const;
  // Until it has grown by `more`.
  std::optional<Duration> TimeFor(uint64_t more) const;

 private:
  struct Sample {
    Micros at;
    uint64_t done = 0;
  };
  std::deque<Sample> samples_;
};

// What one master knows at one moment.
struct MirrorFacts {
  // Configured: ...async.ots.enabled and ...recovery.mode.
  bool upload = false, recovery = false;
  node::MirrorStatus mirror;
  ns::Position position;              // of the state
  bool leads = false;                 // as a leader whose lease holds
  std::optional<Duration> time_left;  // of a load, or until the mirror has caught up
  std::optional<net::ots::ClientStats> tablestore;
};

// Mutations that the mirror does not have yet, as far as this master knows.
uint64_t MirrorLag(const MirrorFacts& facts);

// What `jindo jfs -metaStatus -detail` prints of it: "_synced=1" of a leader with a mirror, or
// "state=FINISH" of a master in recovery, before all others. Empty where there is no mirror.
using MirrorFields = std::vector<std::pair<std::string, std::string>>;
MirrorFields DescribeMirror(const MirrorFacts& facts);

// Why a mirror is not synced, or a recovery not finished, and when it will be: a sentence.
std::string ExplainMirror(const MirrorFacts& facts);

// The metrics of it, jfs_mirror_..., jfs_recovery_... and jfs_tablestore_...
void MeasureMirror(const MirrorFacts& facts, net::StatusSnapshot* out);

}  // namespace jfs::server

#endif  // SERVER_MIRROR_STATUS_H_
