#include <x86intrin.h>

#include <cstdint>

// Leaves no symbol: only the instruction gives it away.
uint64_t PlantedClockInstruction() { return __rdtsc(); }
