// Bytes of log segments: recovery, reading back and going on. What must hold is in
// core/log/recovery_fuzz.h.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/log/recovery_fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  jfs::log::FuzzRecovery(std::string_view(reinterpret_cast<const char*>(data), size));
  return 0;
}
