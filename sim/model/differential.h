#ifndef SIM_MODEL_DIFFERENTIAL_H_
#define SIM_MODEL_DIFFERENTIAL_H_

#include <cstdint>
#include <map>
#include <string>

namespace jfs::sim::model {

// How often each outcome occurred: "ok", or the Java class of the refusal, by operation.
using OutcomeCounts = std::map<std::string, uint64_t>;

// Runs `entries` drawn entries and reads through core/ns over a store in memory, through a second
// one that is closed and opened again at drawn moments, and through the model. Compares every
// reply, and now and then everything there is. Returns the first difference with the calls that led
// to it; empty if there is none.
std::string RunDifferential(uint64_t seed, uint64_t entries, OutcomeCounts* counts);

}  // namespace jfs::sim::model

#endif  // SIM_MODEL_DIFFERENTIAL_H_
