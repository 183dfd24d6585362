#include <signal.h>

#include <algorithm>
#include <functional>
#include <iostream>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include <CLI/CLI.hpp>

#include "core/base/concat.h"
#include "tools/jindo/fs_command.h"
#include "tools/jindo/import_command.h"
#include "tools/jindo/jfs_commands.h"
#include "tools/jindo/service.h"

// The command line: `jindo fs -ls /` is `hadoop fs -ls /`, `jindo jfs -metaStatus` is about the
// masters. See docs/operations.md and docs/jindo-fs.md. Exit codes are Hadoop's: 0, 1 failed, 255
// wrongly called; those of some commands say more (--help).
namespace jfs::tools {
namespace {

constexpr int kUsageError = 255;

using Run = std::function<int()>;

// A command declares its flags on `app`, and gives what is to be done once they are parsed.
struct Command {
  std::string_view name;
  std::string_view help;
  std::function<Run(CLI::App* app, ServiceFlags* flags)> declare;
};

// Where flags live until the command runs.
template <typename T>
std::shared_ptr<T> Keep() {
  return std::make_shared<T>();
}
using Paths = std::vector<std::string>;

// Commands about files and directories that Hadoop's shell does not have.
std::vector<Command> FsCommands() {
  return {
      {"import",
       "Imports a local tree: directories and files with sizes, modes, owners and times (contents "
       "are not copied).\n"
       "What HDFS cannot hold (links, devices, names with ':' or not UTF-8) is skipped and "
       "counted.\n"
       "Exit code 0: all the rest is there. 1: something was refused or unreadable, or the counts "
       "at the end differ.",
       [](CLI::App* app, ServiceFlags* flags) -> Run {
         auto options = Keep<ImportCommandOptions>();
         auto no_owner = Keep<bool>();
         app->add_option("source", options->source, "Local directory")->required();
         app->add_option("destination", options->destination,
                         "Where its tree goes: jfs://namespace/path")
             ->required();
         app->add_option("--parallel", options->parallel, "Connections")
             ->check(CLI::Range(1, 256))
             ->capture_default_str();
         app->add_option("--batch", options->batch, "Operations in a call")
             ->check(CLI::Range(1, 4096))
             ->capture_default_str();
         app->add_option("--in-flight", options->in_flight, "Calls under way on a connection")
             ->check(CLI::Range(1, 64))
             ->capture_default_str();
         app->add_option("--replication", options->replication, "Replication of files")
             ->check(CLI::Range(1, 512))
             ->capture_default_str();
         app->add_option("--block-size", options->block_size, "Block size of files, in bytes")
             ->check(CLI::Range(uint64_t{1} << 20, uint64_t{1} << 40))
             ->capture_default_str();
         app->add_option(
             "--log", options->log,
             "Writes a line for each operation that was answered (docs/formats/ack-log.md)");
         app->add_option("--skipped", options->skipped,
                         "Writes a line for each entry that was skipped or unreadable");
         app->add_flag("--no-owner", *no_owner,
                       "Do not keep owners and groups; otherwise only a superuser can import what "
                       "is not his");
         app->add_flag("-x,--one-file-system", options->one_file_system,
                       "Skip other file systems mounted below");
         app->add_flag("--quiet", options->quiet, "No progress");
         return [=] {
           options->keep_owner = !*no_owner;
           return ImportTree(*flags, *options);
         };
       }},
      {"verify",
       "Checks that what acknowledgement logs of imports say is so: all that was acknowledged is "
       "there as it was\n"
       "acknowledged, and nothing that was refused. Exit code 0: it is so. 1: it is not, or cannot "
       "be found out.",
       [](CLI::App* app, ServiceFlags* flags) -> Run {
         auto logs = Keep<Paths>();
         auto options = Keep<VerifyOptions>();
         app->add_option("log", *logs, "Files written by jindo fs -import --log")->required();
         app->add_option("--show", options->show, "How many differences to print")
             ->capture_default_str();
         app->add_option(
             "--recovered", options->recovered,
             "The tree was lost and has come back as of this position, as 1:96412: what "
             "was acknowledged up to there\nmust be there, and nothing that was made "
             "behind it");
         return [=] { return Verify(*flags, *logs, *options); };
       }},
  };
}

std::vector<Command> JfsCommands() {
  return {
      {"metaStatus",
       "Prints one line a master: role and address, with -detail all that is known.\n"
       "Exit code 0: a leader serves and every master follows it. 1: a leader serves, but a master "
       "does not answer or does\n"
       "not take part. 2: no leader serves; one that still loads the namespace from its mirror "
       "does "
       "not.",
       [](CLI::App* app, ServiceFlags* flags) -> Run {
         auto options = Keep<MetaStatusOptions>();
         app->add_flag("--detail", options->detail, "All fields, and why masters do not answer");
         app->add_flag(
             "--explain", options->explain,
             "And a sentence: why the mirror is not synced, or the recovery not finished, "
             "and when it will be");
         app->add_flag("--json", options->json, "As JSON, with all fields");
         return [=] { return MetaStatus(*flags, *options); };
       }},
      {"transferLeadership", "Hands leadership over and waits until that is done. Superusers only.",
       [](CLI::App* app, ServiceFlags* flags) -> Run {
         auto address = Keep<std::string>();
         app->add_option(
             "address", *address,
             "The master to lead, as in initial-conf: host:port; default: whoever is best");
         return [=] { return TransferLeadership(*flags, *address); };
       }},
      {"metaDisable",
       "Gives up the mirror in Tablestore for good. Superusers only.\n"
       "Asks before it does so. Exit code 0: it is given up. 1: it is not.",
       [](CLI::App* app, ServiceFlags* flags) -> Run {
         auto force = Keep<bool>();
         app->add_flag("--force", *force, "Do not ask");
         return [=] { return MetaDisable(*flags, *force); };
       }},
      {"metaVerify",
       "Compares the mirror in Tablestore with what the masters have, row by row, while both go "
       "on. "
       "Superusers only.\n"
       "Needs --conf FILE, a master's configuration, for namespace.ots.*. Exit code 0: equal. 1: "
       "they "
       "differ, and how,\n"
       "or this cluster has no mirror. 2: they could not be compared.",
       [](CLI::App* app, ServiceFlags* flags) -> Run {
         auto show = Keep<uint64_t>();
         *show = 20;
         app->add_option("--show", *show, "How many differences to print")->capture_default_str();
         return [=] { return MetaVerify(*flags, *show); };
       }},
      {"stateHash",
       "Prints each master's last applied entry, the hash of its state and its counts.\n"
       "Exit code 0: all masters at the same entry, with the same hash and counts. 1: at different "
       "entries, or a master does\n"
       "not answer. 2: two masters differ at the same entry.",
       [](CLI::App* app, ServiceFlags* flags) -> Run {
         auto wait = Keep<uint64_t>();
         app->add_option("--wait", *wait,
                         "Seconds to wait until all masters stand at the same entry");
         return [=] { return StateHash(*flags, *wait); };
       }},
  };
}

void PrintUsage(std::ostream& out, std::string_view group, const std::vector<Command>& commands) {
  for (const Command& command : commands) {
    const std::string_view first_line = command.help.substr(0, command.help.find('\n'));
    out << "  jindo " << group << " -" << command.name
        << std::string(20 - std::min<size_t>(19, command.name.size()), ' ') << first_line << '\n';
  }
}

// Hadoop's long flags have one dash: -skipTrash, -detail.
std::vector<std::string> WithTwoDashes(const CLI::App& app, std::vector<std::string> arguments) {
  for (std::string& argument : arguments) {
    if (argument == "--") break;
    if (argument.size() < 3 || argument[0] != '-' || argument[1] == '-') continue;
    const std::string name = argument.substr(1, argument.find('=') - 1);
    if (app.get_option_no_throw("--" + name) != nullptr) argument.insert(0, "-");
  }
  return arguments;
}

ServiceFlags FlagsOfEnvironment() {
  ServiceFlags flags;
  if (const char* masters = std::getenv("JINDO_MASTERS"); masters != nullptr)
    flags.environment = masters;
  return flags;
}

int RunCommand(std::string_view group, const Command& command, std::vector<std::string> arguments) {
  CLI::App app(std::string(command.help), Concat("jindo ", group, " -", command.name));
  app.set_help_flag("--help", "Print this");
  ServiceFlags flags = FlagsOfEnvironment();
  const Run run = command.declare(&app, &flags);
  constexpr char kGroup[] = "Which masters";
  app.add_option("--masters", flags.masters, "host:port,host:port,…; default: JINDO_MASTERS")
      ->group(kGroup);
  app.add_option(
         "--conf", flags.conf,
         "Configuration file with jfs.namespace.server.rpc-address; default: conf/namespace.cfg")
      ->group(kGroup);
  app.add_option("--user", flags.user,
                 "Act as this user; default: HADOOP_USER_NAME, else who runs this")
      ->group(kGroup);
  app.add_option("--timeout", flags.timeout_seconds,
                 "Seconds after which a call without an answer fails")
      ->check(CLI::Range(1, 86400))
      ->capture_default_str()
      ->group(kGroup);
  try {
    arguments = WithTwoDashes(app, std::move(arguments));
    std::reverse(arguments.begin(), arguments.end());  // CLI11 takes them from the end
    app.parse(std::move(arguments));
  } catch (const CLI::CallForHelp&) {
    std::cout << app.help();
    return 0;
  } catch (const CLI::ParseError& error) {
    std::cerr << "-" << command.name << ": " << error.what() << "\nTry jindo " << group << " -"
              << command.name << " --help\n";
    return kUsageError;
  }
  return run();
}

int Main(std::vector<std::string> arguments) {
  const std::map<std::string, std::vector<Command>> groups = {{"fs", FsCommands()},
                                                              {"jfs", JfsCommands()}};
  const auto usage = [&](std::ostream& out) {
    out << "usage: jindo fs|jfs -COMMAND [flags] [arguments]      (--help behind a command says "
           "more)\n\n";
    out << "  jindo fs -COMMAND           All of `hadoop fs` that is about names and attributes; "
           "jindo fs -help says more\n";
    for (const auto& [group, commands] : groups) PrintUsage(out, group, commands);
  };
  const auto is_help = [](const std::string& word) {
    return word == "--help" || word == "-help" || word == "help";
  };
  if (arguments.empty()) {
    usage(std::cerr);
    return kUsageError;
  }
  if (is_help(arguments[0])) {
    usage(std::cout);
    return 0;
  }
  const auto group = groups.find(arguments[0]);
  if (group == groups.end()) {
    std::cerr << "jindo: there is no '" << arguments[0] << "'; there are fs and jfs\n";
    return kUsageError;
  }
  const bool fs = group->first == "fs";
  if (!fs && (arguments.size() < 2 || is_help(arguments[1]))) {
    PrintUsage(arguments.size() < 2 ? std::cerr : std::cout, group->first, group->second);
    return arguments.size() < 2 ? kUsageError : 0;
  }
  for (const Command& command : group->second) {
    if (arguments.size() < 2) break;
    if (arguments[1] == Concat("-", command.name) || arguments[1] == Concat("--", command.name)) {
      return RunCommand(group->first, command,
                        std::vector<std::string>(arguments.begin() + 2, arguments.end()));
    }
  }
  if (fs) {
    std::ostringstream own;
    own << "\nCommands of our own, which say more with --help:\n";
    PrintUsage(own, group->first, group->second);
    return RunFs(FlagsOfEnvironment(), own.str(),
                 std::vector<std::string>(arguments.begin() + 1, arguments.end()));
  }
  std::cerr << arguments[1] << ": Unknown command\n";
  PrintUsage(std::cerr, group->first, group->second);
  return kUsageError;
}

}  // namespace
}  // namespace jfs::tools

int main(int argc, char** argv) {
  signal(SIGPIPE, SIG_DFL);  // jindo … | head ends quietly
  return jfs::tools::Main(std::vector<std::string>(argv + 1, argv + argc));
}
