#ifndef SIM_MODEL_SCRIPT_H_
#define SIM_MODEL_SCRIPT_H_

#include <string>
#include <variant>

#include "core/ns/request.h"

// A line of text for a call, so that a conversation with a namespace can be written down and read.
// text.h makes such lines of calls, and of what they are answered with.
namespace jfs::sim::model {

// Reads lines such as
//   mkdirs /a/b mode=750 parents=no         create /f mode=640 overwrite replication=2
//   block_size=64 writer=w addblock /f previous=B:100 servers=0    complete /f last=B:28 id=16390
//   append /f newblock writer=w             abandon /f block=B:0 writer=w
//   fsync /f length=12 writer=w             newstamp block=B:5 writer=w
//   pipeline old=B:5 new=B:9 writer=w       recover /f writer=w
//   truncate /f length=12 writer=w          concat /f /g /h
//   delete /a recursive                     rename /a /b          rename2 /a /b overwrite trash
//   times /f mtime=5 atime=7                chmod /a 1777         chown /a user=bob group=dev
//   setrep /f replication=2                 quota /a names=5 space=-1
//   acl-modify /a entries=user:bob:rw-,default:mask::r-x          acl-set, acl-remove likewise
//   acl-clear /a                            acl-remove-default /a
//   xattr-set /a name=user.x value=y flags=1                      xattr-remove /a name=user.x
//   safemode enter                          safemode leave
//   import /f user=bob group=dev mode=600 mtime=5 atime=7 length=300 block_size=128
//   info /a                                 list /a after=x limit=2 locations
//   located /a                              locate /f offset=3 length=9
//   count /a                                usage /a              access /a rights=r-x
//   closed /f                               acl /a                xattrs /a names=user.x,user.y
//   xattr-names /a                          in-safemode           open-files /a after=3 limit=2
// and those that only leaders propose:
//   release holder=w lease=3                accessed /f id=16390  namespace name
//   finish-deletes rows=5                   advance               limits name=20
// each by the superuser, or by whom a word in front names: `alice`, `bob`, `carol`, `mallory` (in
// no group); in front also `in=2` for a namespace other than the first, and `retry=N`, which gives
// the call an id. `unmasked=777` and `expired=3` go with those calls that have them. In blocks, B
// is the id and stamp as "block_stamp". %XX stands for a byte in a word, %- for a word of none.
class ScriptLine {
 public:
  // Dies with the line if it is not understood: scripts are part of tests.
  explicit ScriptLine(const std::string& line);
  const std::variant<ns::Command, ns::ReadRequest>& call() const { return call_; }

 private:
  std::variant<ns::Command, ns::ReadRequest> call_;
};

}  // namespace jfs::sim::model

#endif  // SIM_MODEL_SCRIPT_H_
