#ifndef SIM_ORACLE_REPLY_MATCH_H_
#define SIM_ORACLE_REPLY_MATCH_H_

#include <string>

#include "core/ns/reply.h"
#include "sim/model/reference_namespace.h"

namespace jfs::sim {

// Compares what the namespace answered with what the reference model expects: the refusal as a
// client would see it, or the value, and the position's sequence. Empty if they agree, else what
// differs.
std::string DifferenceOf(const ns::Reply& reply, const model::Outcome& expected);

// For messages.
std::string Describe(const ns::Reply& reply);
std::string Describe(const ns::Value& value);
std::string Describe(const ns::Operation& operation);
std::string Describe(const ns::Query& query);

}  // namespace jfs::sim

#endif  // SIM_ORACLE_REPLY_MATCH_H_
