#ifndef TESTS_PROCESS_JINDO_PROCESS_H_
#define TESTS_PROCESS_JINDO_PROCESS_H_

#include <cstdint>
#include <string>
#include <vector>

// The command line as it is installed, seen from outside.
namespace jfs {

struct Ran {
  int status = 0;      // its exit code; -1 if a signal ended it
  std::string output;  // of both streams
};

// `words` as a shell takes them: "jfs -metaStatus -detail". Its input is what `input` says.
Ran RunJindo(const std::string& words, const std::string& input = "");

// For its flag --masters.
std::string MastersText(const std::vector<uint16_t>& rpc_ports);

}  // namespace jfs

#endif  // TESTS_PROCESS_JINDO_PROCESS_H_
