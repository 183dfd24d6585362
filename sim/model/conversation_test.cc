// Conversations with a namespace, written down in testdata/*.txt from the sentences of the
// protocol's description: the model must answer as written, and core/ns as the model. A new
// conversation needs no C++; `--rewrite DIR` writes the model's answers into the files of that
// folder, for reading before they are kept.
//
//   # what it is about
//   mkdirs /a            script.h says which calls there are; `wait 5000` lets log time pass
//   ----
//   true

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <variant>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "gtest/gtest.h"

#include "core/base/check.h"
#include "sim/model/production.h"
#include "sim/model/reference_namespace.h"
#include "sim/model/script.h"
#include "sim/oracle/reply_match.h"

namespace jfs::sim::model {
namespace {

std::string rewrite_folder;

// The model and core/ns with one namespace, asked the same.
class Conversation {
 public:
  Conversation() {
    ns::Command form{0, {"hdfs", {"supergroup"}, true, "10.0.0.1"}, {}, ns::CreateNamespace{"n"}};
    Apply(form);
    form.ns = 1;
    // Small, so that a line of script can reach them.
    ns::SetLimits limits;
    limits.max_name_bytes = 20;
    limits.max_path_characters = 60;
    limits.max_path_depth = 6;
    limits.max_directory_items = 4;
    limits.max_blocks_per_file = 2;
    limits.min_block_size = 100;
    form.operation = limits;
    Apply(form);
  }

  std::string Say(const std::string& line) {
    if (absl::StartsWith(line, "wait ")) {
      uint64_t left = 0;
      CHECK(absl::SimpleAtoi(line.substr(5), &left)) << line;
      for (; left > 0; left -= std::min<uint64_t>(left, 10'000)) {
        ns::CommandBatch tick;
        tick.wall = WallMillis(now_);
        tick.elapsed_millis = std::min<uint64_t>(left, 10'000);
        model_.Apply(tick);
        production_.Apply(tick);
      }
      return "";
    }
    const ScriptLine script(line);
    if (const auto* command = std::get_if<ns::Command>(&script.call())) return Apply(*command);
    const auto& request = std::get<ns::ReadRequest>(script.call());
    return Compared(line, model_.Read(request), production_.Read(request));
  }

 private:
  std::string Apply(const ns::Command& command) {
    ns::CommandBatch batch;
    now_ += 1000;
    batch.wall = WallMillis(now_);
    batch.commands.push_back(command);
    const Outcome outcome = model_.Apply(batch).front();
    return Compared("", outcome, production_.Apply(batch).front());
  }

  static std::string Compared(const std::string& line, const Outcome& outcome,
                              const ns::Reply& reply) {
    EXPECT_EQ(DifferenceOf(reply, outcome), "") << line;
    return absl::StrCat(AnswerText(outcome), "\n");
  }

  ReferenceNamespace model_;
  Production production_;
  uint64_t now_ = 0;
};

std::string ReadFile(const std::string& path) {
  std::ifstream in(path);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

// The file with the answers as they are now. Paragraphs are separated by empty lines.
std::string Play(const std::string& text) {
  Conversation conversation;
  std::vector<std::string> paragraphs;
  for (const std::string& paragraph : std::vector<std::string>(absl::StrSplit(text, "\n\n"))) {
    std::string calls;
    std::string answers;
    for (const std::string& line : std::vector<std::string>(absl::StrSplit(paragraph, '\n'))) {
      if (line == "----") break;
      if (line.empty()) continue;
      absl::StrAppend(&calls, line, "\n");
      if (line[0] == '#') continue;
      SCOPED_TRACE(line);
      answers += conversation.Say(line);
    }
    if (calls.empty()) continue;
    paragraphs.push_back(answers.empty() ? calls : absl::StrCat(calls, "----\n", answers));
  }
  std::string played;
  for (const std::string& paragraph : paragraphs) {
    absl::StrAppend(&played, played.empty() ? "" : "\n", paragraph);
  }
  return played;
}

TEST(Conversations, AnswersAreAsWritten) {
  const std::string folder = rewrite_folder.empty() ? "sim/model/testdata" : rewrite_folder;
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() == ".txt") files.push_back(entry.path().string());
  }
  std::sort(files.begin(), files.end());
  ASSERT_FALSE(files.empty());
  for (const std::string& file : files) {
    SCOPED_TRACE(file);
    const std::string text = ReadFile(file);
    const std::string played = Play(text);
    if (rewrite_folder.empty()) {
      EXPECT_EQ(played, text);
    } else {
      std::ofstream(file) << played;
    }
  }
}

}  // namespace
}  // namespace jfs::sim::model

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  if (argc == 3 && std::string(argv[1]) == "--rewrite") {
    jfs::sim::model::rewrite_folder = argv[2];
  }
  return RUN_ALL_TESTS();
}
