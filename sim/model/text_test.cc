#include "sim/model/text.h"

#include <string>
#include <variant>

#include "gtest/gtest.h"

#include "sim/model/generator.h"
#include "sim/model/reference_namespace.h"
#include "sim/model/script.h"

namespace jfs::sim::model {
namespace {

std::string ReadAndWritten(const std::string& line) {
  const ScriptLine script(line);
  return std::visit([](const auto& call) { return TextOf(call); }, script.call());
}

// A trace can be played again: what is written down of a call means that call.
TEST(Text, OfACallIsALineOfScript) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    Generator generator(seed);
    ReferenceNamespace model;
    model.Apply(generator.Formation());
    for (int entry = 0; entry < 150; ++entry) {
      const ns::CommandBatch batch = generator.Next(model);
      for (const ns::Command& command : batch.commands) {
        EXPECT_EQ(ReadAndWritten(TextOf(command)), TextOf(command));
      }
      const ns::ReadRequest request = generator.Read(model);
      EXPECT_EQ(ReadAndWritten(TextOf(request)), TextOf(request));
      model.Apply(batch);
    }
  }
}

TEST(Text, HoldsEveryFieldOfACall) {
  for (const char* line : {
           "mkdirs /a mode=1777 parents=no unmasked=777",
           "create /f mode=640 flags=3 parents=no replication=2 block_size=64 writer=w "
           "unmasked=666 expired=7",
           "append /f newblock writer=w expired=7",
           "addblock /f id=5 previous=1_2:3 servers=3 writer=w",
           "complete /f id=5 last=1_2:3 writer=w",
           "abandon /f block=1_2:3 id=5 writer=w",
           "fsync /f id=5 length=9 writer=w",
           "newstamp block=1_2:3 writer=w",
           "pipeline old=1_2:3 new=1_4:5 writer=w",
           "recover /f writer=w",
           "truncate /f length=12 writer=w expired=7",
           "concat /f /g /h",
           "setrep /f replication=2",
           "quota /a names=5 space=-1",
           "acl-modify /a entries=user:bob:rw-,default:mask::r-x",
           "acl-remove /a entries=group:dev:---",
           "acl-set /a entries=other::r--",
           "acl-clear /a",
           "acl-remove-default /a",
           "xattr-set /a name=user.x value=y%20z flags=1",
           "xattr-remove /a name=security.hdfs.unreadable.by.superuser",
           "safemode enter",
           "safemode leave",
           "delete /a recursive",
           "rename /a%20b /%25",
           "rename2 /a /b overwrite trash",
           "times /f mtime=5 atime=7",
           "chmod /a 1777",
           "chown /a user=bob group=dev",
           "import /f mode=600 user=bob group=dev mtime=5 atime=7 replication=2 block_size=128 "
           "length=300",
           "namespace n",
           "release holder=w lease=3",
           "accessed /f id=5",
           "in=2 alice retry=4 delete %-",
           "mallory list /a locations after=x limit=2",
           "locate /f offset=3 length=9",
           "access /a rights=r-x",
           "xattrs /a names=user.x,trusted.y",
           "open-files /a after=3 limit=2",
       }) {
    EXPECT_EQ(ReadAndWritten(line), line);
  }
}

}  // namespace
}  // namespace jfs::sim::model
