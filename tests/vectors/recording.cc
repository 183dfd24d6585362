#include "tests/vectors/recording.h"

#include <fstream>

#include "absl/strings/escaping.h"

#include "core/base/check.h"
#include "nlohmann/json.hpp"

namespace jfs::vectors {

std::vector<Scenario> LoadScenarios(const std::string& file) {
  std::ifstream in("tests/vectors/hdfs/" + file);
  CHECK(in.is_open()) << file << " is not in the test's data";
  const nlohmann::json root = nlohmann::json::parse(in);
  std::vector<Scenario> scenarios;
  for (const auto& item : root.at("scenarios")) {
    Scenario scenario;
    scenario.file = file;
    scenario.name = item.at("name").get<std::string>();
    for (const auto& entry : item.at("messages")) {
      Message message;
      message.connection = entry.at("connection").get<std::string>();
      message.kind = entry.at("kind").get<std::string>();
      if (message.connection.rfind("nn", 0) != 0 || message.kind.rfind("ipc.", 0) != 0) continue;
      message.from_client = entry.at("direction").get<std::string>() == "C->S";
      message.bytes = absl::HexStringToBytes(entry.at("hex").get<std::string>());
      scenario.messages.push_back(std::move(message));
    }
    scenarios.push_back(std::move(scenario));
  }
  return scenarios;
}

}  // namespace jfs::vectors
