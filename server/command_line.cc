#include <map>
#include <string>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>

#include "core/base/concat.h"
#include "server/config.h"
#include "server/config_keys.h"

namespace jfs::server {

absl::StatusOr<CommandLine> ParseCommandLine(int argc, const char* const* argv) {
  CommandLine out;
  out.config_file = kDefaultConfigFile;
  CLI::App app("One master of the namespace service.");
  CLI::Option* const conf =
      app.add_option("--conf", out.config_file, "Configuration file of key=value lines")
          ->capture_default_str();
  bool check = false;
  app.add_flag("--check-config", check, "Only check the configuration");
  // Keys with a namespace's name in them cannot be listed here: they are picked from what is left
  // over.
  app.allow_extras();
  std::map<std::string, std::string> values;
  std::vector<std::pair<std::string, CLI::Option*>> options;
  for (const KeyInfo& info : FixedKeys()) {
    const std::string key(info.name);
    std::string help(info.help);
    if (!info.default_value.empty()) help += Concat(" [", info.default_value, "]");
    options.emplace_back(key,
                         app.add_option("--" + key, values[key], help)->group("Keys of the file"));
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    out.action = CommandLine::Action::kPrint;
    out.text = app.help() +
               "  --jfs.namespaces.NAME.oss.uri TEXT  where blocks of namespace NAME are kept\n"
               "  --jfs.namespaces.NAME.rpc.port PORT client port of namespace NAME\n";
    return out;
  } catch (const CLI::ParseError& error) {
    return absl::InvalidArgumentError(Concat("command line: ", error.what()));
  }
  out.config_file_given = conf->count() > 0;
  if (check) out.action = CommandLine::Action::kCheck;
  constexpr char kSource[] = "command line";
  for (const auto& [key, option] : options) {
    if (option->count() > 0) out.settings.emplace(key, Setting{values[key], kSource});
  }
  const std::vector<std::string> extras = app.remaining();
  for (size_t i = 0; i < extras.size(); ++i) {
    std::string_view flag = extras[i];
    const auto unknown = [&](std::string_view key) {
      const std::string nearest = NearestKey(key);
      return absl::InvalidArgumentError(Concat(
          "command line: --", ShownKey(key), ": there is no such flag",
          nearest.empty() ? "; --help lists them all" : Concat("; did you mean --", nearest, "?")));
    };
    if (!flag.starts_with("--")) {
      // Not repeated: it may be the value of a flag, and a secret.
      return absl::InvalidArgumentError(
          "command line: an argument belongs to no flag; --help lists them all");
    }
    flag.remove_prefix(2);
    const size_t equals = flag.find('=');
    const std::string key(flag.substr(0, equals));
    if (ParseNamespaceKey(key).name.empty()) return unknown(key);
    std::string value;
    if (equals != std::string_view::npos) {
      value = std::string(flag.substr(equals + 1));
    } else if (i + 1 < extras.size()) {
      value = extras[++i];
    } else {
      return absl::InvalidArgumentError(Concat("command line: --", key, ": its value is missing"));
    }
    out.settings.insert_or_assign(key, Setting{std::move(value), kSource});
  }
  return out;
}

}  // namespace jfs::server
