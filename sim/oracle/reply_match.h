#ifndef SIM_ORACLE_REPLY_MATCH_H_
#define SIM_ORACLE_REPLY_MATCH_H_

#include <string>

#include "core/ns/reply.h"
#include "sim/model/reference_namespace.h"

namespace jfs::sim {

// Compares what the namespace answered with what the reference model expects: the refusal as a
// client would see it up to the first line's end, or the value, and the position's sequence. Empty
// if they agree, else what differs.
std::string DifferenceOf(const ns::Reply& reply, const model::Outcome& expected);

// What was answered, with the Java class in full; one line, or one per entry of a list.
std::string AnswerText(const ns::Reply& reply);
std::string AnswerText(const model::Outcome& outcome);

}  // namespace jfs::sim

#endif  // SIM_ORACLE_REPLY_MATCH_H_
