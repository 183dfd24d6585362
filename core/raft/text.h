#ifndef CORE_RAFT_TEXT_H_
#define CORE_RAFT_TEXT_H_

#include <string>

#include "core/raft/io.h"
#include "core/raft/message.h"
#include "core/raft/types.h"

// One-line text forms for traces and data-driven tests. For people and for comparing, not for
// reading back.
namespace jfs::raft {

std::string ToText(Role role);
std::string ToText(const Entry& entry);            // 5@2 or 5@2:noop
std::string ToText(const Position& position);      // 5@2
std::string ToText(const Membership& membership);  // 1/11 2/12 3/13 as-of 5@2
std::string ToText(const HardState& state);
std::string ToText(const Message& message);  // 1->2 term 4 vote-request last 7@3
std::string ToText(const Input& input);
// Several lines, each ended by a newline; nothing for an output that asks for nothing.
std::string ToText(const Output& output);

}  // namespace jfs::raft

#endif  // CORE_RAFT_TEXT_H_
