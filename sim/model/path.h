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

// What the path of a call stands for.
struct Place {
  Names names;       // in the tree; nothing is there if they still begin with ".reserved"
  bool raw = false;  // it was said to be seen without encryption, which is for superusers to change
};
// Throws if the path is not absolute, or goes by the id of an inode that there is not.
Place PlaceOf(const Tree& root, const std::string& path);

// What mkdirs, create and the target of a rename must pass; `call` names it in the message. Throws.
void CheckLength(const std::string& path, const std::string& call, const ns::SetLimits& limits);
void CheckNewPath(const std::string& path);
// The same rules in create's words, and one more. Throws.
void CheckCreatable(const std::string& path);
// For calls that refuse this one path. Throws.
void CheckIsNotReserved(const std::string& path);

// Length as the original counts it, in UTF-16 units of the decoded text.
uint64_t Characters(const std::string& utf8);

}  // namespace jfs::sim::model

#endif  // SIM_MODEL_PATH_H_
