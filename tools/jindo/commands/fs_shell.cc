#include "tools/jindo/commands/fs_shell.h"

#include <ostream>
#include <string_view>

#include "core/base/concat.h"
#include "tools/jindo/commands/command_table.h"
#include "tools/jindo/commands/contents.h"
#include "tools/jindo/commands/help_texts.h"

namespace jfs::tools {
namespace {

constexpr int kWronglyCalled = -1;
constexpr std::string_view kPrefix = "Usage: jindo fs [generic options]";

void PrintUsageOf(std::ostream& out, const CommandEntry& entry) {
  out << kPrefix << ' ' << UsageOf(entry) << '\n';
}

void PrintHelpOf(std::ostream& out, const CommandEntry& entry) {
  out << UsageOf(entry) << " :\n";
  std::string_view text = HelpTextOf(entry.name);
  std::string words;
  if (entry.deprecated()) {
    words = Concat("(DEPRECATED) Same as '", entry.replacement, "'");
    text = words;
  } else if (entry.make == &MakeContents) {
    text = "Needs the contents of files, which come with the data server.";
  }
  while (!text.empty()) {
    const size_t end = text.find('\n');
    out << "  " << text.substr(0, end) << '\n';
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
}

void PrintAll(std::ostream& out, const std::string& own_usage, bool help) {
  out << kPrefix << '\n';
  for (const CommandEntry& entry : AllCommands()) {
    if (!entry.deprecated()) out << "\t[" << UsageOf(entry) << "]\n";
  }
  if (help) {
    for (const CommandEntry& entry : AllCommands()) {
      if (entry.deprecated()) continue;
      out << '\n';
      PrintHelpOf(out, entry);
    }
  }
  out << '\n' << own_usage;
}

// -help and -usage, about some commands or all.
Outcome Describe(std::ostream& out, const std::string& own_usage, bool help,
                 const Arguments& commands) {
  if (commands.empty()) PrintAll(out, own_usage, help);
  for (const std::string& command : commands) {
    const CommandEntry* const entry = FindCommand(command);
    if (entry == nullptr) return Misuse(Concat("`", command, "': Unknown command"));
    if (help) {
      PrintHelpOf(out, *entry);
    } else {
      PrintUsageOf(out, *entry);
    }
  }
  return std::nullopt;
}

Answer<int> RunCommand(const CommandEntry& entry, Session* session, const std::string& own_usage,
                       Arguments arguments) {
  if (entry.make == nullptr) {
    const bool help = entry.name == "help";
    if (Outcome misuse = Describe(*session->out, own_usage, help, arguments)) return *misuse;
    return 0;
  }
  if (entry.deprecated()) {
    *session->err << entry.name << ": DEPRECATED: Please use '" << entry.replacement
                  << "' instead.\n";
    arguments.insert(arguments.begin(), std::string(entry.implied));
  }
  return entry.make(std::string(entry.name), session)->Run(std::move(arguments));
}

}  // namespace

int RunFsShell(Session* session, const std::string& own_usage, const Arguments& words) {
  std::ostream& err = *session->err;
  if (words.empty()) {
    PrintAll(err, own_usage, /*help=*/false);
    return kWronglyCalled;
  }
  const std::string& word = words.front();
  const CommandEntry* const entry =
      word.starts_with('-') ? FindCommand(std::string_view(word).substr(1)) : nullptr;
  Failure failure = Misuse("Unknown command");
  if (entry != nullptr) {
    const Answer<int> code =
        RunCommand(*entry, session, own_usage, Arguments(words.begin() + 1, words.end()));
    session->out->flush();
    if (code.ok()) return *code;
    failure = code.failure();
  }
  std::string_view message = failure.message;
  do {
    const size_t end = message.find('\n');
    err << word << ": " << message.substr(0, end) << '\n';
    message.remove_prefix(end == std::string_view::npos ? message.size() : end + 1);
    if (!word.starts_with('-') && FindCommand(word) != nullptr) {
      err << "Did you mean -" << word << "?  This command begins with a dash.\n";
    }
  } while (!message.empty());
  PrintAll(err, own_usage, /*help=*/false);
  if (entry != nullptr) PrintUsageOf(err, *entry);
  return kWronglyCalled;
}

}  // namespace jfs::tools
