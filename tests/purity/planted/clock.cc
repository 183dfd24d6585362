#include <chrono>
#include <cstdint>

int64_t PlantedClock() { return std::chrono::steady_clock::now().time_since_epoch().count(); }
