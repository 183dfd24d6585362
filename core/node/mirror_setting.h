#ifndef CORE_NODE_MIRROR_SETTING_H_
#define CORE_NODE_MIRROR_SETTING_H_

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/identity.h"
#include "core/base/time.h"

namespace jfs::node {

// What one master is configured to do about the mirror. Whether there is a mirror, and whether a
// cluster recovers from one, is decided once and by all masters together: a single one with a
// mistyped file must not decide it.
struct MirrorSetting {
  bool upload = false;       // ...async.ots.enabled
  bool recovery = false;     // ...recovery.mode
  uint64_t destination = 0;  // DestinationOf instance and endpoint; 0 if neither is on
  friend bool operator==(const MirrorSetting&, const MirrorSetting&) = default;
};

// Equal for equal destinations; never 0.
uint64_t DestinationOf(std::string_view instance, std::string_view endpoint);

// "upload on, recovery off, destination 00c0ffee00c0ffee".
std::string FormatSetting(const MirrorSetting& setting);

// The settings of all masters as their leader knows them. One of these belongs to one term.
class MirrorAgreement {
 public:
  // Masters say it again every second; what is older than this is no longer believed.
  static constexpr Duration kFresh = 10 * kSecond;
  // That there is no mirror may be decided without a master that has been silent for so long, when
  // a new cluster begins. What came out of a mirror takes the word of all.
  static constexpr Duration kPatience = 10 * kSecond;

  MirrorAgreement(std::vector<NodeId> members, Micros now)
      : members_(std::move(members)), begun_(now) {}

  void Hear(NodeId from, const MirrorSetting& setting, Micros now);

  struct Verdict {
    // `setting` is what all say, or what a majority says which is that there is nothing to do.
    bool agreed = false;
    MirrorSetting setting;
    std::string problem;  // if not agreed: who differs, or who has not been heard
  };
  // `may_miss_one`: whether it may be agreed without a silent master that there is nothing to do.
  Verdict Judge(Micros now, bool may_miss_one) const;

 private:
  struct Heard {
    MirrorSetting setting;
    Micros at;
  };

  std::vector<NodeId> members_;
  Micros begun_;
  std::map<NodeId, Heard> heard_;
};

}  // namespace jfs::node

#endif  // CORE_NODE_MIRROR_SETTING_H_
