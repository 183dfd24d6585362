#ifndef SIM_MODEL_SCRIPT_H_
#define SIM_MODEL_SCRIPT_H_

#include <string>
#include <variant>

#include "core/ns/reply.h"
#include "core/ns/request.h"

// A line of text for a call and its outcome, so that a conversation with a namespace can be written
// down and read.
namespace jfs::sim::model {

// Reads lines such as
//   mkdirs /a/b mode=750 parents=no         create /f mode=640 overwrite replication=2
//   block_size=64 writer=w addblock /f previous=B:100 servers=0    complete /f last=B:28 id=16390
//   delete /a recursive                     rename /a /b          rename2 /a /b overwrite trash
//   times /f mtime=5 atime=7                chmod /a 1777         chown /a user=bob group=dev
//   import /f user=bob group=dev mode=600 mtime=5 atime=7 length=300 block_size=128
//   info /a                                 list /a after=x limit=2        count /a
//   locate /f offset=3 length=9
// each by the superuser, or by whom a word in front names: `alice`, `bob`, `carol`, `mallory` (in
// no group). `retry=N` in front gives the call an id. In blocks, B is the id and stamp as
// "block_stamp". %XX stands for a byte in a path.
class ScriptLine {
 public:
  // Dies with the line if it is not understood: scripts are part of tests.
  explicit ScriptLine(const std::string& line);
  const std::variant<ns::Command, ns::ReadRequest>& call() const { return call_; }

 private:
  std::variant<ns::Command, ns::ReadRequest> call_;
};

// One line, or one per entry of a listing; the same for a model's value and a reply's.
std::string TextOf(const ns::Value& value);

}  // namespace jfs::sim::model

#endif  // SIM_MODEL_SCRIPT_H_
