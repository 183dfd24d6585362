#include "tests/process/jindo_process.h"

#include <stdio.h>
#include <sys/wait.h>

#include "absl/strings/str_cat.h"

#include "core/base/check.h"

namespace jfs {
namespace {

constexpr char kProgram[] = "tools/jindo/jindo";

}  // namespace

Ran RunJindo(const std::string& words, const std::string& input) {
  const std::string command =
      absl::StrCat("printf '", input, "' | ", kProgram, " ", words, " 2>&1");
  FILE* const pipe = popen(command.c_str(), "r");
  CHECK(pipe != nullptr);
  Ran out;
  char buffer[4096];
  while (const size_t got = fread(buffer, 1, sizeof buffer, pipe)) out.output.append(buffer, got);
  const int status = pclose(pipe);
  out.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return out;
}

std::string MastersText(const std::vector<uint16_t>& rpc_ports) {
  std::string out;
  for (const uint16_t port : rpc_ports) {
    absl::StrAppend(&out, out.empty() ? "" : ",", "127.0.0.1:", port);
  }
  return out;
}

}  // namespace jfs
