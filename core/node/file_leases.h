#ifndef CORE_NODE_FILE_LEASES_H_
#define CORE_NODE_FILE_LEASES_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/mutation.h"
#include "core/base/time.h"
#include "core/ns/namespace.h"

// When the writers of open files were heard of last: the leader's soft state, lost with the
// leadership. Whether a lease has expired is judged here alone, by the leader's monotonic clock;
// the verdict travels in a command that names the lease, and Apply checks only that it still is the
// one.
namespace jfs::node {

struct FileLeaseLimits {
  // After it another client may take a file over.
  Duration soft = 60 * kSecond;
  // After it the master closes the files itself.
  Duration hard = 20 * 60 * kSecond;
};

class FileLeases {
 public:
  explicit FileLeases(FileLeaseLimits limits, Mutations mutations = {})
      : limits_(limits), mutations_(mutations) {}

  // A term of leadership begins: nobody knows when the writers renewed at the leader before, so all
  // of them just did.
  void Begin(Micros now);

  // The holder was heard of. False, and nothing is renewed, if the release of its lease, or a
  // takeover, has been proposed and what became of that is not known: it may still be applied.
  // After a takeover that comes to nothing it has been renewed all the same. A name that has no
  // lease is not remembered.
  bool Renew(const std::string& holder, Micros now);
  // The same for a call that may open a file: the name is remembered for a while, among at most
  // kStrangers others that have no lease either. Longer ones than kMaxNameBytes are not: clients
  // with such names are turned away before they get here.
  bool RenewOpener(const std::string& holder, Micros now);

  // The lease's id if it is past its soft limit, 0 otherwise. An id is a verdict that goes into the
  // command with number `call` (Calls::next_number): what becomes of that is not known for a while,
  // so the holder is not renewed meanwhile. If it tries, it is alive, and 0 from then on.
  ns::LeaseId Judge(const ns::Namespace::LeaseInfo& lease, uint64_t call, Micros now);
  // False: no lease can be past its soft limit, whoever has one. Cheap.
  bool AnyPastSoftLimit(Micros now) const { return now >= next_soft_; }

  // Takes note of the leases that there are, forgets those that are gone, and returns the ones
  // whose release is to be proposed now: past the hard limit, and not proposed within the last few
  // seconds. None, unless `may_release`. Calls up to `decided` have been refused or applied, which
  // `leases` shows; what is returned must become the calls from `next_call` on.
  std::vector<ns::ReleaseLease> Due(const std::vector<ns::Namespace::LeaseInfo>& leases,
                                    bool may_release, uint64_t decided, uint64_t next_call,
                                    Micros now);
  bool knows_nobody() const { return holders_.empty(); }
  // When Due has something to do next.
  Micros next_look() const { return next_look_; }

  static constexpr size_t kStrangers = 65536;
  static constexpr size_t kMaxNameBytes = 1024;

 private:
  struct Holder {
    Micros renewed;
    bool has_lease = false;  // as of the last look
    // The release of this lease, or a call that takes its file over, has been proposed in this
    // term; 0: none.
    ns::LeaseId releasing = 0;
    uint64_t last_call = 0;  // the last of these
    Micros proposed;         // the release
    bool takeover = false;   // only the latter, which may well be refused
    bool asked = false;      // heard of since: another takeover would be wrong
  };
  // When the holder was heard of; of one that is not in holders_, when that could be last.
  Micros RenewedAt(std::string_view holder) const;

  FileLeaseLimits limits_;
  Mutations mutations_;
  // All who have had a lease since before this are in holders_: the beginning of the leadership,
  // then the last look.
  Micros all_known_at_;
  std::map<std::string, Holder, std::less<>> holders_;
  std::deque<std::string> strangers_;  // had no lease when they came, oldest first
  Micros next_soft_ = kNever;          // no lease that Due has seen is past its soft limit before
  Micros next_look_;
};

}  // namespace jfs::node

#endif  // CORE_NODE_FILE_LEASES_H_
