#ifndef TOOLS_JINDO_COMMANDS_COMMAND_H_
#define TOOLS_JINDO_COMMANDS_COMMAND_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "tools/jindo/answer.h"
#include "tools/jindo/commands/command_arguments.h"
#include "tools/jindo/commands/item.h"
#include "tools/jindo/commands/session.h"

namespace jfs::tools {

// One command of the shell. This class is the way all of them go, which is what their output,
// their errors and their exit codes have in common: switches are taken out of the arguments, each
// argument is expanded to items, each item that exists is worked on, with -R what is below it too.
// What fails is reported, and does not keep the rest from being worked on.
//
// Steps return a Failure instead of throwing; one that is misuse ends the command wherever it
// happens. Used once.
class Command {
 public:
  // `name` without '-', as it was called.
  Command(std::string name, Session* session) : session_(session), name_(std::move(name)) {}
  virtual ~Command() = default;
  Command(const Command&) = delete;
  Command& operator=(const Command&) = delete;

  // The exit code. A failure is misuse: nothing has been said about it yet.
  Answer<int> Run(Arguments arguments);

 protected:
  // Takes what is no path out of *arguments.
  virtual Outcome ParseOptions(Arguments* arguments) = 0;
  // What is done with the arguments that remain; by default they are expanded and processed.
  virtual Outcome ProcessRawArguments(const Arguments& arguments);
  virtual Answer<std::vector<Item>> Expand(const std::string& argument);
  virtual Outcome ProcessItems(std::vector<Item> items);
  // An item that an argument named, and that exists; one that does not.
  virtual Outcome ProcessNamed(Item* item);
  virtual Outcome ProcessMissing(Item* item);
  // What the command does to one item.
  virtual Outcome ProcessItem(Item* item);
  // Works on several items of one directory, `directory` being null for those of the command line.
  virtual Outcome ProcessGroup(const Item* directory, std::vector<Item>* items);
  // Works on what is in a directory.
  virtual Outcome Descend(const Item& directory);
  // Whether a directory's items are to be known and in the order of paths before any is worked on.
  // Otherwise they come in the order of the server, `group_size` of them at once.
  virtual bool sorted() const { return false; }
  virtual size_t group_size() const { return 1; }
  // Whether directories may be read before the walk comes to them: the command changes nothing.
  virtual bool only_reads() const { return false; }

  // Reports a failure; gives it back if it is misuse, which ends everything.
  Outcome Report(Outcome outcome);
  void Warn(std::string_view message);
  std::ostream& out() { return *session_->out; }

  Session* const session_;
  bool recursive_ = false;
  size_t errors_ = 0;
  int exit_code_ = 0;  // of a command that met no error

 private:
  const std::string name_;
  size_t depth_ = 0;
};

}  // namespace jfs::tools

#endif  // TOOLS_JINDO_COMMANDS_COMMAND_H_
