#ifndef TOOLS_JINDO_IMPORT_COMMAND_H_
#define TOOLS_JINDO_IMPORT_COMMAND_H_

#include <cstdint>
#include <string>
#include <vector>

#include "tools/jindo/service.h"

// `jindo fs -import` and `-verify`. Both return the exit code.
namespace jfs::tools {

struct ImportCommandOptions {
  std::string source;       // local directory
  std::string destination;  // where its tree goes
  uint32_t parallel = 4;    // connections
  uint32_t batch = 256;     // operations in a call
  uint32_t in_flight = 4;   // calls of one connection
  uint32_t replication = 1;
  uint64_t block_size = 128 << 20;
  bool keep_owner = true;
  bool one_file_system = false;
  bool quiet = false;
  std::string log, skipped;  // files; empty: none
};
// 0: everything that HDFS can hold is there. 1: something was refused or could not be read, the
// import was given up, or the counts at the end differ.
int ImportTree(const ServiceFlags& flags, const ImportCommandOptions& options);

// 0: everything acknowledged is there as it was acknowledged, and nothing that was refused. 1: not
// so, or not to be found out.
struct VerifyOptions {
  uint64_t show = 20;  // differences to print
  // "lineage:sequence": the tree was lost and came back as of this position. Then what was
  // acknowledged up to there must be there, and nothing that was made behind it.
  std::string recovered;
};
int Verify(const ServiceFlags& flags, const std::vector<std::string>& logs,
           const VerifyOptions& options);

}  // namespace jfs::tools

#endif  // TOOLS_JINDO_IMPORT_COMMAND_H_
