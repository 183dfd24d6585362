#ifndef CORE_NODE_FILE_LEASES_H_
#define CORE_NODE_FILE_LEASES_H_

#include <cstdint>
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

  // The holder was heard of. False, and nothing is renewed, if the release of its lease has been
  // proposed and what became of that is not known: it may still be applied.
  bool Renew(const std::string& holder, Micros now);

  // The lease that is past its soft limit, if `holder`'s is: 0 otherwise.
  ns::LeaseId PastSoftLimit(const ns::Namespace::LeaseInfo& lease, Micros now) const;
  // False: no lease can be past its soft limit, whoever has one. Cheap.
  bool AnyPastSoftLimit(Micros now) const { return now >= next_soft_; }

  // Takes note of the leases that there are, forgets those that are gone, and returns the ones
  // whose release is to be proposed now: past the hard limit, and not proposed within the last few
  // seconds.
  std::vector<ns::ReleaseLease> Due(const std::vector<ns::Namespace::LeaseInfo>& leases,
                                    Micros now);
  bool knows_nobody() const { return holders_.empty(); }
  // When Due has something to do next.
  Micros next_look() const { return next_look_; }

 private:
  struct Holder {
    Micros renewed;
    // The release of this lease has been proposed in this term; 0: none.
    ns::LeaseId releasing = 0;
    Micros proposed;
  };
  Micros RenewedAt(std::string_view holder) const;

  FileLeaseLimits limits_;
  Mutations mutations_;
  Micros began_;
  std::map<std::string, Holder, std::less<>> holders_;
  Micros next_soft_ = kNever;  // no lease that Due has seen is past its soft limit before
  Micros next_look_;
};

}  // namespace jfs::node

#endif  // CORE_NODE_FILE_LEASES_H_
