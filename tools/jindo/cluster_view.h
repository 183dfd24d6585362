#ifndef TOOLS_JINDO_CLUSTER_VIEW_H_
#define TOOLS_JINDO_CLUSTER_VIEW_H_

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "net/jindo/proto/jindo.pb.h"

// What `jindo jfs -metaStatus` and `-stateHash` make of the answers of all masters.
namespace jfs::tools {

// One master's answer, or why there is none.
template <typename Response>
struct MasterAnswer {
  std::string client_address;  // that was asked
  std::optional<Response> response;
  std::string trouble;
};
using StatusAnswer = MasterAnswer<::jfs::jindo::MetaStatusResponseProto>;
using HashAnswer = MasterAnswer<::jfs::jindo::StateHashResponseProto>;

struct MasterLine {
  uint32_t node = 0;  // 0: not known
  std::string role;   // LEADER, FOLLOWER, …, UNREACHABLE
  // Of initial-conf; the client address of one master alone, and where nothing else is known.
  std::string address;
  std::vector<std::pair<std::string, std::string>> fields;
};

// A master's word about itself counts; the leader's word about it is added. A master that did not
// answer is UNREACHABLE, whatever others say of it.
std::vector<MasterLine> ViewOf(const std::vector<StatusAnswer>& answers);

// "LEADER emr-header-1:8103 _synced=1 …"; without `detail` only `state` and what begins with '_'
// follow the address.
std::string FormatMasterLine(const MasterLine& line, bool detail);
// The field with the sentence, which no line prints.
inline constexpr std::string_view kExplainField = "explain";
// Why the mirror is not synced, or the recovery not finished, and when it will be, as the leader
// says.
std::string ExplainMirror(const std::vector<MasterLine>& lines);
std::string FormatMastersJson(const std::vector<MasterLine>& lines);

// What there is to give up, as the leader says, also one that does not serve.
enum class MirrorStanding {
  kKept,
  kNone,
  kUndecided,  // the cluster is being set up
  kRecovering,
  kNotKnown,
};
MirrorStanding MirrorStandingOf(const std::vector<MasterLine>& lines);

// The exit codes of -metaStatus.
enum ClusterHealth : int {
  kAllFine = 0,        // a leader serves, and every master follows it
  kMasterMissing = 1,  // a leader serves, but a master does not answer or does not take part
  kNoLeader = 2,       // nobody serves
};
ClusterHealth HealthOf(const std::vector<MasterLine>& lines);
// The leader with the highest term, that serves; nullptr if there is none.
const MasterLine* LeaderOf(const std::vector<MasterLine>& lines);

enum class HashVerdict : int {
  kEqual = 0,  // all masters at the same applied entry, with the same hash and the same counts
  kNotComparable = 1,  // at different entries, or a master did not answer
  kDiverged = 2,       // two masters differ at the same entry
};
HashVerdict Compare(const std::vector<HashAnswer>& answers);
std::string FormatHashAnswer(const HashAnswer& answer);

}  // namespace jfs::tools

#endif  // TOOLS_JINDO_CLUSTER_VIEW_H_
