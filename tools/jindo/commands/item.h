#ifndef TOOLS_JINDO_COMMANDS_ITEM_H_
#define TOOLS_JINDO_COMMANDS_ITEM_H_

#include <optional>
#include <string>
#include <vector>

#include "tools/jindo/answer.h"
#include "tools/jindo/commands/hadoop_path.h"
#include "tools/jindo/commands/session.h"
#include "tools/jindo/file_system.h"

namespace jfs::tools {

// What a command works on: a file or directory, or a name that nothing has yet.
struct Item {
  FileSystem* fs = nullptr;
  HadoopPath path;    // qualified
  std::string shown;  // as messages and listings show it: in the form that was typed
  std::optional<FileStatus> status;

  bool exists() const { return status.has_value(); }
  bool is_directory() const { return exists() && status->filetype() == FileStatus::IS_DIR; }
  bool is_file() const { return exists() && status->filetype() == FileStatus::IS_FILE; }
  const std::string& where() const { return path.path; }
};

// What an argument stands for, wildcards expanded, in the order of paths. An item that does not
// exist if the argument has no wildcards and nothing of that name exists; no item if wildcards fit
// nothing.
Answer<std::vector<Item>> ExpandArgument(const Session& session, const std::string& argument);

// What is there under the text of a path, wildcards being characters like others.
Answer<Item> LookUp(const Session& session, const std::string& text);
// Sets the status anew. A failure if nothing is there any more.
Outcome Refresh(Item* item);

// An entry of a directory's listing.
Item EntryOf(const Item& directory, FileStatus status);
// A name in a directory, looked up there.
Answer<Item> LookUpIn(const Item& directory, std::string_view name);

// Whether what was typed says that it is a directory: "", "x/", ".".
bool RepresentsDirectory(const Item& item);
Answer<bool> Exists(const Item& item, const HadoopPath& path);
// Whether there is a directory for the item to be made in.
Answer<bool> ParentExists(const Item& item);

// The errors that Hadoop's shell has words of its own for.
Failure NotFound(std::string_view shown, std::string_view full_path = "");
Failure FileExists(std::string_view shown);
Failure IsDirectory(std::string_view shown);
Failure IsNotDirectory(std::string_view shown);
Failure InputOutputError(std::string_view shown);
Failure PathFailure(std::string_view shown, std::string_view text);
bool IsNotFound(const Failure& failure);

}  // namespace jfs::tools

#endif  // TOOLS_JINDO_COMMANDS_ITEM_H_
