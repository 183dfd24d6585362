#ifndef SIM_ORACLE_VIOLATION_H_
#define SIM_ORACLE_VIOLATION_H_

#include <string>
#include <utility>

namespace jfs::sim {

// What an oracle has seen that must never be. Thrown, so that a run ends at the step that broke the
// promise.
struct Violation {
  std::string oracle;  // one of a few fixed names, e.g. "election-safety"
  std::string text;
};

[[noreturn]] inline void Violate(std::string oracle, std::string text) {
  throw Violation{std::move(oracle), std::move(text)};
}

}  // namespace jfs::sim

#endif  // SIM_ORACLE_VIOLATION_H_
