#include "tools/jindo/cluster_view.h"

#include <gtest/gtest.h>

namespace jfs::tools {
namespace {

struct Said {
  std::string role;
  std::vector<std::pair<std::string, std::string>> fields;
};

StatusAnswer Answer(uint32_t by, const std::vector<Said>& masters) {
  StatusAnswer out{.client_address = "c" + std::to_string(by) + ":8101"};
  out.response.emplace();
  out.response->set_answeredby(by);
  uint32_t node = 0;
  for (const Said& said : masters) {
    auto* const master = out.response->add_masters();
    master->set_node(++node);
    master->set_address("m" + std::to_string(node) + ":8103");
    master->set_role(said.role);
    for (const auto& [name, value] : said.fields) {
      auto* const field = master->add_fields();
      field->set_name(name);
      field->set_value(value);
    }
  }
  return out;
}

std::string Lines(const std::vector<StatusAnswer>& answers, bool detail = true) {
  std::string out;
  for (const MasterLine& line : ViewOf(answers)) out += FormatMasterLine(line, detail) + "\n";
  return out;
}

const StatusAnswer kSilent = {.client_address = "c3:8101", .trouble = "refused"};

TEST(ClusterView, EverybodySpeaksForHimselfAndTheLeaderAdds) {
  const std::vector<StatusAnswer> answers = {
      Answer(1, {{"LEADER", {{"_synced", "1"}, {"term", "4"}, {"serving", "1"}}},
                 {"FOLLOWER", {{"match", "9"}}}}),
      Answer(2, {{"LEADER", {}}, {"FOLLOWER", {{"term", "4"}, {"serving", "0"}}}})};
  EXPECT_EQ(
      Lines(answers),
      "LEADER m1:8103 _synced=1 term=4 serving=1\nFOLLOWER m2:8103 term=4 serving=0 match=9\n");
  EXPECT_EQ(Lines(answers, false), "LEADER m1:8103 _synced=1\nFOLLOWER m2:8103\n");
  EXPECT_EQ(HealthOf(ViewOf(answers)), kAllFine);
}

TEST(ClusterView, TheLeaderExplainsTheMirror) {
  // Each master's word about itself has a sentence; the leader's counts, and no line shows it.
  const auto answers = [](const std::string& serving) {
    return std::vector<StatusAnswer>{
        Answer(1,
               {{"FOLLOWER", {{"explain", "ask the leader"}, {"serving", "0"}}}, {"LEADER", {}}}),
        Answer(2, {{"FOLLOWER", {}},
                   {"LEADER", {{"_synced", "0"}, {"explain", "7 wait"}, {"serving", serving}}}})};
  };
  EXPECT_EQ(ExplainMirror(ViewOf(answers("1"))), "7 wait");
  // While a recovery is loading nobody serves.
  EXPECT_EQ(ExplainMirror(ViewOf(answers("0"))), "7 wait");
  EXPECT_EQ(Lines(answers("1")),
            "FOLLOWER m1:8103 serving=0\nLEADER m2:8103 _synced=0 serving=1\n");
  EXPECT_EQ(ExplainMirror(ViewOf({Answer(1, {{"LEADER", {{"serving", "1"}}}})})),
            "this cluster has no mirror");
  EXPECT_EQ(ExplainMirror(ViewOf({kSilent})), "no leader is known, who could tell");
}

TEST(ClusterView, TheStateOfARecoveryIsAlwaysShown) {
  const std::vector<StatusAnswer> answers = {
      Answer(1, {{"LEADER", {{"state", "LOADING"}, {"rows", "5"}, {"serving", "0"}}}})};
  EXPECT_EQ(Lines(answers, false), "LEADER m1:8103 state=LOADING\n");
  EXPECT_EQ(Lines(answers), "LEADER m1:8103 state=LOADING rows=5 serving=0\n");
}

TEST(ClusterView, SilentMastersAreUnreachable) {
  const std::vector<StatusAnswer> answers = {
      Answer(1, {{"LEADER", {{"serving", "1"}}}, {"FOLLOWER", {}}, {"UNREACHABLE", {}}}),
      {.client_address = "c2:8101", .trouble = "x"},
      kSilent};
  EXPECT_EQ(
      Lines(answers),
      "LEADER m1:8103 serving=1\nUNREACHABLE m2:8103 leader_says=FOLLOWER\nUNREACHABLE m3:8103\n");
  EXPECT_EQ(HealthOf(ViewOf(answers)), kMasterMissing);
}

TEST(ClusterView, NobodyAnswers) {
  EXPECT_EQ(Lines({kSilent}), "UNREACHABLE c3:8101\n");
  EXPECT_EQ(HealthOf(ViewOf({kSilent})), kNoLeader);
}

TEST(ClusterView, ALeaderThatDoesNotServeIsNone) {
  const auto view = ViewOf({Answer(1, {{"LEADER", {{"serving", "0"}}}})});
  EXPECT_EQ(HealthOf(view), kNoLeader);
}

TEST(ClusterView, OfTwoThatSayTheyLeadTheLaterTermDoes) {
  const auto view = ViewOf({Answer(1, {{"LEADER", {{"term", "9"}}}, {"FOLLOWER", {}}}),
                            Answer(2, {{"FOLLOWER", {}}, {"LEADER", {{"term", "10"}}}})});
  ASSERT_NE(LeaderOf(view), nullptr);
  EXPECT_EQ(LeaderOf(view)->node, 2u);
}

TEST(ClusterView, Json) {
  EXPECT_EQ(FormatMastersJson(ViewOf({Answer(1, {{"LEADER", {{"term", "9"}}}})})),
            "{\n  \"masters\": [\n    {\n      \"node\": 1,\n      \"role\": \"LEADER\",\n      "
            "\"address\": "
            "\"m1:8103\",\n      \"fields\": {\n        \"term\": \"9\"\n      }\n    }\n  ]\n}");
}

HashAnswer Hash(uint64_t index, uint64_t hash, uint64_t files) {
  HashAnswer out{.client_address = "c:1"};
  out.response.emplace();
  out.response->set_appliedindex(index);
  out.response->set_appliedterm(1);
  out.response->set_statehash(hash);
  out.response->set_position((uint64_t{1} << 48) + 5);
  out.response->set_directories(1);
  out.response->set_files(files);
  out.response->set_bytes(0);
  return out;
}

TEST(StateHashes, AreComparedAtTheSameEntry) {
  EXPECT_EQ(Compare({Hash(5, 7, 1), Hash(5, 7, 1), Hash(5, 7, 1)}), HashVerdict::kEqual);
  EXPECT_EQ(Compare({Hash(5, 7, 1), Hash(6, 8, 1)}), HashVerdict::kNotComparable);
  EXPECT_EQ(Compare({Hash(5, 7, 1), Hash(6, 8, 1), Hash(5, 9, 1)}), HashVerdict::kDiverged);
  EXPECT_EQ(Compare({Hash(5, 7, 1), Hash(5, 7, 2)}), HashVerdict::kDiverged);
  EXPECT_EQ(Compare({Hash(5, 7, 1), {.client_address = "c:2"}}), HashVerdict::kNotComparable);
  EXPECT_EQ(
      FormatHashAnswer(Hash(5, 7, 1)),
      "c:1 applied=5 term=1 hash=0000000000000007 position=1:5 directories=1 files=1 bytes=0");
}

}  // namespace
}  // namespace jfs::tools
