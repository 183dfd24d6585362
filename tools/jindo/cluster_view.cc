#include "tools/jindo/cluster_view.h"

#include <algorithm>
#include <map>

#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"
#include <nlohmann/json.hpp>

#include "core/base/concat.h"

namespace jfs::tools {
namespace {

using ::jfs::jindo::MasterStatusProto;

constexpr char kUnreachable[] = "UNREACHABLE";

const std::string* FieldOf(const MasterLine& line, std::string_view name) {
  for (const auto& [field, value] : line.fields) {
    if (field == name) return &value;
  }
  return nullptr;
}

uint64_t NumberOf(const MasterLine& line, std::string_view name) {
  const std::string* const text = FieldOf(line, name);
  uint64_t out = 0;
  return text != nullptr && absl::SimpleAtoi(*text, &out) ? out : 0;
}

void AddFields(const MasterStatusProto& from, MasterLine* line) {
  for (const MasterStatusProto::Field& field : from.fields()) {
    if (FieldOf(*line, field.name()) == nullptr)
      line->fields.emplace_back(field.name(), field.value());
  }
}

bool IsServingLeader(const MasterLine& line) {
  const std::string* const serving = FieldOf(line, "serving");
  return line.role == "LEADER" && (serving == nullptr || *serving == "1");
}

// While a cluster is set up or recovers nobody serves, and the one who leads knows.
const MasterLine* WhoLeads(const std::vector<MasterLine>& lines) {
  const MasterLine* leader = LeaderOf(lines);
  if (leader != nullptr) return leader;
  for (const MasterLine& line : lines) {
    if (line.role != "LEADER") continue;
    if (leader == nullptr || NumberOf(line, "term") > NumberOf(*leader, "term")) leader = &line;
  }
  return leader;
}

}  // namespace

std::vector<MasterLine> ViewOf(const std::vector<StatusAnswer>& answers) {
  std::map<uint32_t, MasterLine> lines;
  // First who there is, as anybody knows; then everybody's word about himself.
  for (const StatusAnswer& answer : answers) {
    if (!answer.response.has_value()) continue;
    for (const MasterStatusProto& master : answer.response->masters()) {
      lines.try_emplace(
          master.node(),
          MasterLine{.node = master.node(), .role = kUnreachable, .address = master.address()});
    }
  }
  for (const StatusAnswer& answer : answers) {
    if (!answer.response.has_value()) continue;
    for (const MasterStatusProto& master : answer.response->masters()) {
      if (master.node() != answer.response->answeredby()) continue;
      MasterLine& line = lines.at(master.node());
      line.role = master.role();
      AddFields(master, &line);
    }
  }
  std::vector<MasterLine> out;
  out.reserve(lines.size());
  for (const auto& [node, line] : lines) out.push_back(line);
  const MasterLine* const leader = LeaderOf(out);
  if (leader != nullptr) {
    const uint32_t leader_node = leader->node;
    for (const StatusAnswer& answer : answers) {
      if (!answer.response.has_value() || answer.response->answeredby() != leader_node) continue;
      for (const MasterStatusProto& master : answer.response->masters()) {
        if (master.node() == leader_node) continue;
        MasterLine& line = *std::find_if(
            out.begin(), out.end(), [&](const MasterLine& l) { return l.node == master.node(); });
        if (line.role == kUnreachable && master.role() != kUnreachable) {
          line.fields.emplace_back("leader_says", master.role());
        }
        AddFields(master, &line);
      }
    }
  }
  // Which of the silent client addresses belongs to which master nobody can say; the reasons are
  // still worth a word where nothing else is known.
  if (out.empty()) {
    for (const StatusAnswer& answer : answers) {
      out.push_back({.role = kUnreachable, .address = answer.client_address});
    }
  }
  return out;
}

std::string FormatMasterLine(const MasterLine& line, bool detail) {
  std::string out = Concat(line.role, " ", line.address);
  for (const auto& [name, value] : line.fields) {
    // A sentence, which has a place of its own.
    if (name == kExplainField) continue;
    const bool always = name.starts_with('_') || name == "state";
    if (detail || always) out += Concat(" ", name, "=", value);
  }
  return out;
}

std::string ExplainMirror(const std::vector<MasterLine>& lines) {
  const MasterLine* const said_by = WhoLeads(lines);
  if (said_by == nullptr) return "no leader is known, who could tell";
  const std::string* const found = FieldOf(*said_by, kExplainField);
  if (found != nullptr) return *found;
  return IsServingLeader(*said_by) ? "this cluster has no mirror"
                                   : "the leader does not serve yet, and could not tell";
}

MirrorStanding MirrorStandingOf(const std::vector<MasterLine>& lines) {
  const MasterLine* const leader = WhoLeads(lines);
  if (leader == nullptr) return MirrorStanding::kNotKnown;
  if (FieldOf(*leader, "state") != nullptr) return MirrorStanding::kRecovering;
  if (const std::string* const mirror = FieldOf(*leader, "mirror"); mirror != nullptr) {
    return *mirror == "undecided" ? MirrorStanding::kUndecided : MirrorStanding::kKept;
  }
  return IsServingLeader(*leader) ? MirrorStanding::kNone : MirrorStanding::kNotKnown;
}

std::string FormatMastersJson(const std::vector<MasterLine>& lines) {
  nlohmann::ordered_json masters = nlohmann::ordered_json::array();
  for (const MasterLine& line : lines) {
    nlohmann::ordered_json fields = nlohmann::ordered_json::object();
    for (const auto& [name, value] : line.fields) fields[name] = value;
    masters.push_back(
        {{"node", line.node}, {"role", line.role}, {"address", line.address}, {"fields", fields}});
  }
  return nlohmann::ordered_json{{"masters", masters}}.dump(
      2, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

const MasterLine* LeaderOf(const std::vector<MasterLine>& lines) {
  const MasterLine* leader = nullptr;
  for (const MasterLine& line : lines) {
    if (!IsServingLeader(line)) continue;
    if (leader == nullptr || NumberOf(line, "term") > NumberOf(*leader, "term")) leader = &line;
  }
  return leader;
}

ClusterHealth HealthOf(const std::vector<MasterLine>& lines) {
  if (LeaderOf(lines) == nullptr) return kNoLeader;
  const bool all = std::all_of(lines.begin(), lines.end(), [](const MasterLine& line) {
    return line.role == "LEADER" || line.role == "FOLLOWER";
  });
  return all ? kAllFine : kMasterMissing;
}

HashVerdict Compare(const std::vector<HashAnswer>& answers) {
  HashVerdict out = HashVerdict::kEqual;
  for (size_t i = 0; i < answers.size(); ++i) {
    if (!answers[i].response.has_value()) {
      out = HashVerdict::kNotComparable;
      continue;
    }
    const auto& a = *answers[i].response;
    for (size_t k = 0; k < i; ++k) {
      if (!answers[k].response.has_value()) continue;
      const auto& b = *answers[k].response;
      if (a.appliedindex() != b.appliedindex()) {
        out = HashVerdict::kNotComparable;
      } else if (a.statehash() != b.statehash() || a.appliedterm() != b.appliedterm() ||
                 a.position() != b.position() || a.directories() != b.directories() ||
                 a.files() != b.files() || a.bytes() != b.bytes()) {
        return HashVerdict::kDiverged;
      }
    }
  }
  return out;
}

std::string FormatHashAnswer(const HashAnswer& answer) {
  if (!answer.response.has_value())
    return Concat(kUnreachable, " ", answer.client_address, " ", answer.trouble);
  const auto& r = *answer.response;
  constexpr uint64_t kSequenceBits = 48;
  return absl::StrFormat(
      "%s applied=%u term=%u hash=%016x position=%u:%u directories=%u files=%u bytes=%u",
      answer.client_address, r.appliedindex(), r.appliedterm(), r.statehash(),
      r.position() >> kSequenceBits, r.position() & ((uint64_t{1} << kSequenceBits) - 1),
      r.directories(), r.files(), r.bytes());
}

}  // namespace jfs::tools
