#ifndef SIM_MODEL_PATH_H_
#define SIM_MODEL_PATH_H_

#include <string>

#include "core/ns/request.h"
#include "sim/model/tree.h"

// Paths as clients send them, by the section "Names and paths" of the protocol's description.
namespace jfs::sim::model {

// The names of a path: `//` and trailing `/` are collapsed. Throws InvalidPathException if it is
// not absolute.
Names Split(const std::string& path);

// What create, mkdirs and the target of a rename must pass; `call` names it in the message. Throws.
void CheckNewPath(const std::string& path, const std::string& call, const ns::SetLimits& limits);

// Length as the original counts it, in UTF-16 units of the decoded text.
uint64_t Characters(const std::string& utf8);

}  // namespace jfs::sim::model

#endif  // SIM_MODEL_PATH_H_
