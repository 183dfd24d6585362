#include "tools/jindo/commands/command_table.h"

#include <algorithm>

#include "tools/jindo/commands/attributes.h"
#include "tools/jindo/commands/changing.h"
#include "tools/jindo/commands/contents.h"
#include "tools/jindo/commands/counting.h"
#include "tools/jindo/commands/creating.h"
#include "tools/jindo/commands/deleting.h"
#include "tools/jindo/commands/listing.h"
#include "tools/jindo/commands/permissions.h"
#include "tools/jindo/commands/snapshots.h"

namespace jfs::tools {
namespace {

// In the order of names, as Java orders them.
const std::vector<CommandEntry>& Table() {
  static const auto* const table = new std::vector<CommandEntry>{
      {.name = "appendToFile", .usage = "[-n] <localsrc> ... <dst>", .make = MakeContents},
      {.name = "cat", .usage = "[-ignoreCrc] <src> ...", .make = MakeContents},
      {.name = "checksum", .usage = "[-v] <src> ...", .make = MakeContents},
      {.name = "chgrp", .usage = "[-R] GROUP PATH...", .make = MakeChangeGroup},
      {.name = "chmod",
       .usage = "[-R] <MODE[,MODE]... | OCTALMODE> PATH...",
       .make = MakeChangeMode},
      {.name = "chown", .usage = "[-R] [OWNER][:[GROUP]] PATH...", .make = MakeChangeOwner},
      {.name = "concat", .usage = "<target path> <src path> <src path> ...", .make = MakeConcat},
      {.name = "copyFromLocal",
       .usage = "[-f] [-p] [-l] [-d] [-t <thread count>] [-q <thread pool queue size>] <localsrc> "
                "... <dst>",
       .make = MakeContents},
      {.name = "copyToLocal",
       .usage = "[-f] [-p] [-crc] [-ignoreCrc] [-t <thread count>] [-q <thread pool queue size>] "
                "<src> ... <localdst>",
       .make = MakeContents},
      {.name = "count",
       .usage = "[-q] [-h] [-v] [-t [<storage type>]] [-u] [-x] [-e] [-s] <path> ...",
       .make = MakeCount},
      {.name = "cp",
       .usage = "[-f] [-p | -p[topax]] [-d] [-t <thread count>] [-q <thread pool queue size>] "
                "<src> ... <dst>",
       .make = MakeContents},
      {.name = "createSnapshot",
       .usage = "<snapshotDir> [<snapshotName>]",
       .make = MakeCreateSnapshot},
      {.name = "deleteSnapshot",
       .usage = "<snapshotDir> <snapshotName>",
       .make = MakeDeleteSnapshot},
      {.name = "df", .usage = "[-h] [<path> ...]", .make = MakeDiskFree},
      {.name = "du", .usage = "[-s] [-h] [-v] [-x] <path> ...", .make = MakeDiskUsage},
      {.name = "dus", .make = MakeDiskUsage, .replacement = "du -s", .implied = "-s"},
      {.name = "expunge", .usage = "[-immediate] [-fs <path>]", .make = MakeExpunge},
      {.name = "find", .usage = "<path> ... <expression> ...", .make = MakeFind},
      {.name = "get",
       .usage = "[-f] [-p] [-crc] [-ignoreCrc] [-t <thread count>] [-q <thread pool queue size>] "
                "<src> ... <localdst>",
       .make = MakeContents},
      {.name = "getfacl", .usage = "[-R] <path>", .make = MakeGetAcl},
      {.name = "getfattr",
       .usage = "[-R] {-n name | -d} [-e en] <path>",
       .make = MakeGetAttributes},
      {.name = "getmerge",
       .usage = "[-nl] [-skip-empty-file] <src> <localdst>",
       .make = MakeContents},
      {.name = "head", .usage = "<file>", .make = MakeContents},
      {.name = "help", .usage = "[cmd ...]", .make = nullptr},
      {.name = "ls",
       .usage = "[-C] [-d] [-h] [-q] [-R] [-t] [-S] [-r] [-u] [-e] [<path> ...]",
       .make = MakeList},
      {.name = "lsr", .make = MakeList, .replacement = "ls -R", .implied = "-R"},
      {.name = "mkdir", .usage = "[-p] <path> ...", .make = MakeMakeDirectory},
      {.name = "moveFromLocal",
       .usage = "[-f] [-p] [-l] [-d] <localsrc> ... <dst>",
       .make = MakeContents},
      {.name = "moveToLocal", .usage = "<src> <localdst>", .make = MakeMoveToLocal},
      {.name = "mv", .usage = "<src> ... <dst>", .make = MakeMove},
      {.name = "put",
       .usage = "[-f] [-p] [-l] [-d] [-t <thread count>] [-q <thread pool queue size>] <localsrc> "
                "... <dst>",
       .make = MakeContents},
      {.name = "renameSnapshot",
       .usage = "<snapshotDir> <oldName> <newName>",
       .make = MakeRenameSnapshot},
      {.name = "rm", .usage = "[-f] [-r|-R] [-skipTrash] [-safely] <src> ...", .make = MakeRemove},
      {.name = "rmdir",
       .usage = "[--ignore-fail-on-non-empty] <dir> ...",
       .make = MakeRemoveDirectory},
      {.name = "rmr", .make = MakeRemove, .replacement = "-rm -r", .implied = "-r"},
      {.name = "setfacl",
       .usage = "[-R] [{-b|-k} {-m|-x <acl_spec>} <path>]|[--set <acl_spec> <path>]",
       .make = MakeSetAcl},
      {.name = "setfattr",
       .usage = "{-n name [-v value] | -x name} <path>",
       .make = MakeSetAttribute},
      {.name = "setrep", .usage = "[-R] [-w] <rep> <path> ...", .make = MakeSetReplication},
      {.name = "stat", .usage = "[format] <path> ...", .make = MakeStat},
      {.name = "tail", .usage = "[-f] [-s <sleep interval>] <file>", .make = MakeContents},
      {.name = "test", .usage = "-[defswrz] <path>", .make = MakeTest},
      {.name = "text", .usage = "[-ignoreCrc] <src> ...", .make = MakeContents},
      {.name = "touch",
       .usage = "[-a] [-m] [-t TIMESTAMP (yyyyMMdd:HHmmss) ] [-c] <path> ...",
       .make = MakeTouch},
      {.name = "touchz", .usage = "<path> ...", .make = MakeTouchEmpty},
      {.name = "truncate", .usage = "[-w] <length> <path> ...", .make = MakeTruncate},
      {.name = "usage", .usage = "[cmd ...]", .make = nullptr},
  };
  return *table;
}

}  // namespace

const std::vector<CommandEntry>& AllCommands() { return Table(); }

const CommandEntry* FindCommand(std::string_view name) {
  const auto& table = Table();
  const auto it = std::find_if(table.begin(), table.end(),
                               [&](const CommandEntry& entry) { return entry.name == name; });
  return it == table.end() ? nullptr : &*it;
}

std::string UsageOf(const CommandEntry& entry) {
  std::string out = "-";
  out += entry.name;
  if (!entry.usage.empty()) out.append(" ").append(entry.usage);
  return out;
}

}  // namespace jfs::tools
