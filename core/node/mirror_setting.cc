#include "core/node/mirror_setting.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

#include "core/base/hash.h"

namespace jfs::node {

uint64_t DestinationOf(std::string_view instance, std::string_view endpoint) {
  const uint64_t hash = Hash64(endpoint, Hash64(instance, 0));
  return hash == 0 ? 1 : hash;
}

std::string FormatSetting(const MirrorSetting& setting) {
  std::string text = absl::StrCat("upload ", setting.upload ? "on" : "off", ", recovery ",
                                  setting.recovery ? "on" : "off");
  if (setting.destination != 0) {
    absl::StrAppend(&text, ", destination ", absl::Hex(setting.destination, absl::kZeroPad16));
  }
  return text;
}

void MirrorAgreement::Hear(NodeId from, const MirrorSetting& setting, Micros now) {
  heard_[from] = Heard{setting, now};
}

MirrorAgreement::Verdict MirrorAgreement::Judge(Micros now, bool may_miss_one) const {
  Verdict verdict;
  std::vector<std::string> silent;
  std::vector<std::string> said;
  bool equal = true;
  const MirrorSetting* first = nullptr;
  size_t heard = 0;
  for (const NodeId member : members_) {
    const auto at = heard_.find(member);
    if (at == heard_.end() || now > at->second.at + kFresh) {
      silent.push_back(absl::StrCat(member.value));
      continue;
    }
    ++heard;
    said.push_back(absl::StrCat("master ", member.value, ": ", FormatSetting(at->second.setting)));
    if (first == nullptr) first = &at->second.setting;
    if (at->second.setting != *first) equal = false;
  }
  if (!equal) {
    verdict.problem = absl::StrCat(
        "masters are configured differently about the mirror (", absl::StrJoin(said, "; "),
        "); nothing can be written before namespace.backend...async.ots.enabled, "
        "...recovery.mode, namespace.ots.instance and .endpoint are the same on all");
    return verdict;
  }
  const bool nothing_to_do = first != nullptr && *first == MirrorSetting{};
  const bool enough =
      may_miss_one && nothing_to_do && 2 * heard > members_.size() && now >= begun_ + kPatience;
  if (!silent.empty() && !enough) {
    verdict.problem = absl::StrCat("waits to hear from master ", absl::StrJoin(silent, ", "),
                                   " what it is configured to do about the mirror");
    return verdict;
  }
  verdict.agreed = true;
  verdict.setting = *first;
  return verdict;
}

}  // namespace jfs::node
