#ifndef CORE_LOG_RECOVERY_FUZZ_H_
#define CORE_LOG_RECOVERY_FUZZ_H_

#include <cstdint>
#include <string_view>

namespace jfs::log {

// What a fuzz target calls with bytes of its own making. They become the files of a log directory;
// recovery must come to an end without crashing, and if it succeeds, what it reports must be well
// formed, reading it back, going on and a second recovery must work and agree.
//   byte 0: bit 0: one file or two; bit 1: make the checksums right, so that the fuzzer gets past
//           them; bits 2 and 3: the first file is a spare, the number in its name is the largest
//   the rest: the first file's bytes (half of them if there are two), then the second's
void FuzzRecovery(std::string_view bytes);

}  // namespace jfs::log

#endif  // CORE_LOG_RECOVERY_FUZZ_H_
