#ifndef TOOLS_JINDO_SHELL_H_
#define TOOLS_JINDO_SHELL_H_

#include <functional>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

#include "tools/jindo/file_system.h"
#include "tools/jindo/format.h"
#include "tools/jindo/target.h"

// `jindo fs`: the commands of `hadoop fs`, with its output, its error texts and its exit codes: 0,
// or 1 if anything failed. What one argument fails with does not keep the others from being worked
// on.
namespace jfs::tools {

struct LsOptions {
  bool recursive = false;         // -R
  bool directory_itself = false;  // -d
  bool human = false;             // -h
  bool paths_only = false;        // -C
};
struct CountOptions {
  bool human = false;   // -h
  bool quota = false;   // -q
  bool header = false;  // -v
};
struct RmOptions {
  bool recursive = false;   // -r
  bool force = false;       // -f: what does not exist is no failure
  bool skip_trash = false;  // -skipTrash
};

class Shell {
 public:
  // Gives the file system that a target lives in, which stays alive as long as the shell.
  using Connect = std::function<absl::StatusOr<FileSystem*>(const Target& target)>;

  // `out` and `err` outlive the shell.
  Shell(std::string user, Connect connect, std::ostream* out, std::ostream* err);

  using Arguments = std::vector<std::string>;
  int Ls(const LsOptions& options, Arguments paths);
  int Count(const CountOptions& options, const Arguments& paths);
  int Mkdir(bool parents, const Arguments& paths);
  int Touchz(const Arguments& paths);
  int Mv(const Arguments& paths);  // the last one is the target
  int Rm(const RmOptions& options, const Arguments& paths);
  int Stat(std::string_view format, const Arguments& paths);
  // `what` is one of d, e, f, s, z: directory, exists, file, not empty, empty. Exit code 0: it is
  // so.
  int Test(char what, const std::string& path);

 private:
  struct Item {
    FileSystem* fs = nullptr;
    std::string path;
    std::string shown;
    std::optional<FileStatus> status;
  };

  // What an argument stands for, wildcards expanded; an item without status if nothing of that name
  // exists. Nothing if that cannot be found out, which has been reported then.
  std::optional<std::vector<Item>> Expand(const std::string& argument);
  // Calls `visit` for each item that exists, in order, and reports the others.
  void ForEach(const Arguments& arguments, const std::function<void(const Item&)>& visit);
  std::optional<Item> Resolve(const std::string& argument);
  // Calls `visit` page by page. False if it failed, which has been reported then.
  bool List(const Item& directory, const std::function<void(std::vector<Item>)>& visit);
  void ListDirectory(const Item& directory, const LsOptions& options, ListingFormat* format);
  void Complain(std::string_view shown, std::string_view text);  // ls: `shown': text
  void Complain(const Failure& failure, const std::string& shown);
  void Begin(std::string_view command);

  const std::string user_;
  const Connect connect_;
  std::ostream& out_;
  std::ostream& err_;
  std::string command_;
  int exit_code_ = 0;
};

}  // namespace jfs::tools

#endif  // TOOLS_JINDO_SHELL_H_
