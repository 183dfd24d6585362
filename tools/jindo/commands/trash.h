#ifndef TOOLS_JINDO_COMMANDS_TRASH_H_
#define TOOLS_JINDO_COMMANDS_TRASH_H_

#include "tools/jindo/answer.h"
#include "tools/jindo/commands/item.h"
#include "tools/jindo/commands/session.h"

// The trash, which in HDFS is the client's doing: what is deleted is renamed into
// /user/NAME/.Trash/Current below its old path, Current is renamed to a checkpoint of the time, and
// checkpoints are deleted when they are old enough.
namespace jfs::tools {

// Whether the item went into the trash; not if there is no trash (fs.trash.interval of the servers,
// or else of the session, is 0) or the item is in it already. A failure is one of the call that
// failed, with what was to be moved where.
Answer<bool> MoveToTrash(const Session& session, const Item& item);

// What -expunge does to the user's trash on the session's own file system: deletes the checkpoints
// that are older than the session's fs.trash.interval, and makes Current one. `immediately`: makes
// it one first and deletes all.
Outcome Expunge(const Session& session, FileSystem* fs, bool immediately);

}  // namespace jfs::tools

#endif  // TOOLS_JINDO_COMMANDS_TRASH_H_
