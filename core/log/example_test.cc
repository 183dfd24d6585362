#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

#include "core/log/log.h"
#include "core/log/memory_disk.h"

// The worked example of docs/formats/log.md, byte for byte: a change of the format shows here
// first.
namespace jfs::log {
namespace {

TEST(ExampleTest, TheBytesOfThePage) {
  Options options;
  options.identity = {NodeId(1), Incarnation(11)};
  options.segment_bytes = 4096;
  options.block_bytes = 512;
  MemoryDisk disk(512);
  Recovery recovery(options);
  RecoveryOutput out = recovery.Start();
  while (!out.finished) {
    disk.Submit(std::move(out.requests));
    out = recovery.Step(disk.CompleteOne(0));
  }
  ASSERT_TRUE(out.status.ok());
  std::unique_ptr<Log> log = recovery.TakeLog();
  Batch batch;
  batch.token = 1;
  batch.hard_state = "vote";
  for (const char* payload : {"hello", "log"}) {
    LogEntry entry;
    entry.index = batch.entries.size() + 1;
    entry.term = 7;
    entry.kind = 2;
    entry.payload = SharedBytes(std::string(payload));
    batch.entries.push_back(std::move(entry));
  }
  LogOutput output = log->Append(std::move(batch));
  for (;;) {
    disk.Submit(std::move(output.requests));
    if (disk.under_way().empty()) break;
    output = log->Complete(disk.CompleteOne(0));
  }

  // One line a block: its number and its bytes up to the last that is not zero.
  std::string got;
  const std::string& file = disk.files().at("segment-0000000000000001");
  for (size_t block = 0; block < 3; ++block) {
    std::string bytes = file.substr(block * 512, 512);
    bytes.resize(bytes.find_last_not_of('\0') + 1);
    absl::StrAppend(&got, block, " ", absl::BytesToHexString(bytes), "\n");
  }
  std::ifstream in("core/log/testdata/example.txt");
  std::stringstream want;
  want << in.rdbuf();
  EXPECT_EQ(got, want.str());
}

}  // namespace
}  // namespace jfs::log
