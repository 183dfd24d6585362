#ifndef TOOLS_JINDO_COMMANDS_SESSION_H_
#define TOOLS_JINDO_COMMANDS_SESSION_H_

#include <cstdint>
#include <functional>
#include <istream>
#include <map>
#include <ostream>
#include <string>

#include "tools/jindo/answer.h"
#include "tools/jindo/commands/hadoop_path.h"
#include "tools/jindo/commands/read_ahead.h"
#include "tools/jindo/file_system.h"

namespace jfs::tools {

// What the commands of one command line work with. Everything it points to outlives it.
struct Session {
  std::string user;
  HadoopPath root;  // of the file system that paths without scheme are in: jfs://NAMESPACE/
  // Hadoop's keys, as -D gives them.
  std::map<std::string, std::string> settings;
  std::ostream* out = nullptr;
  std::ostream* err = nullptr;
  std::istream* in = nullptr;
  // The file system of jfs://AUTHORITY/, which lives as long as the session; why there is none.
  std::function<Answer<FileSystem*>(const std::string& authority)> connect;
  // Reads directories of that file system ahead; null: nothing is read ahead.
  std::function<ReadAhead*(const std::string& authority)> read_ahead;
  std::function<uint64_t()> now_millis;
  std::function<void(uint64_t millis)> sleep;

  // jfs://NAMESPACE/user/NAME: what relative paths are relative to.
  HadoopPath Home() const { return root.Child("user").Child(user); }
  // A number among the settings; `otherwise` where there is none, or no number.
  double Number(const std::string& key, double otherwise) const;
  // Bits that new files and directories lose: fs.permissions.umask-mode, 022 by default. Misuse if
  // it is no mode.
  Answer<uint32_t> Umask() const;
};

// "2026-01-31 23:59:58,123 INFO fs.Trash: text" on standard error, as Hadoop's log has it there.
void Log(const Session& session, std::string_view level, std::string_view source,
         std::string_view text);

}  // namespace jfs::tools

#endif  // TOOLS_JINDO_COMMANDS_SESSION_H_
