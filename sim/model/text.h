#ifndef SIM_MODEL_TEXT_H_
#define SIM_MODEL_TEXT_H_

#include <string>
#include <vector>

#include "core/ns/reply.h"
#include "core/ns/request.h"

// The one way in which calls and answers are written down: in messages, in traces, in recorded
// conversations. What TextOf makes of a call is a line of script.h and means the same call again.
namespace jfs::sim::model {

// The text on one line, readable: what is not printable ASCII as %XX.
std::string Printable(const std::string& text);
// The same for a word of a line: blanks and "=" as %XX as well, nothing as "%-".
std::string Word(const std::string& text);

std::string TextOf(const ns::Operation& operation);
std::string TextOf(const ns::Query& query);
// With who asks, and in which namespace if it is not the first.
std::string TextOf(const ns::Command& command);
std::string TextOf(const ns::ReadRequest& request);

// One line, or one per entry of a list.
std::string TextOf(const ns::Value& value);

// "user:bob:rw-,default:mask::r-x"
std::string TextOf(const std::vector<ns::AclEntry>& acl);
// One entry, as HDFS writes it in messages.
std::string TextOf(const ns::AclEntry& entry);
// "user.a"
std::string TextOf(const ns::XAttrName& name);
// "rwx", "r--"
std::string TextOfAccess(int access);
// ID_STAMP:BYTES
std::string TextOf(const ns::Block& block);

}  // namespace jfs::sim::model

#endif  // SIM_MODEL_TEXT_H_
