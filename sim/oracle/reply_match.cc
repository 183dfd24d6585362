#include "sim/oracle/reply_match.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

#include "core/ns/error_text.h"
#include "sim/model/text.h"

namespace jfs::sim {
namespace {

// The model knows no more of a message.
std::string FirstLine(const std::string& text) { return text.substr(0, text.find('\n')); }

bool SameMessage(const std::string& message, const model::Refusal& refusal) {
  if (refusal.any_message || FirstLine(message) == FirstLine(refusal.message)) return true;
  return std::any_of(refusal.also.begin(), refusal.also.end(), [&](const std::string& also) {
    return FirstLine(message) == FirstLine(also);
  });
}

bool SameAnswer(const ns::Reply& reply, const model::Outcome& expected) {
  if (reply.code == ns::Code::kOk) {
    return !expected.refusal.has_value() && reply.value == expected.value;
  }
  if (!expected.refusal.has_value()) return false;
  const ns::ErrorText error = ns::TextOf(reply.code, reply.arguments);
  return error.java_class == expected.refusal->exception &&
         SameMessage(error.message, *expected.refusal);
}

}  // namespace

std::string AnswerText(const ns::Reply& reply) {
  if (reply.code == ns::Code::kOk) return model::TextOf(reply.value);
  const ns::ErrorText error = ns::TextOf(reply.code, reply.arguments);
  return absl::StrCat(error.java_class, ": ", model::Printable(FirstLine(error.message)));
}

std::string AnswerText(const model::Outcome& outcome) {
  if (!outcome.refusal.has_value()) return model::TextOf(outcome.value);
  return absl::StrCat(outcome.refusal->exception, ": ",
                      outcome.refusal->any_message
                          ? "(any message)"
                          : model::Printable(FirstLine(outcome.refusal->message)));
}

std::string DifferenceOf(const ns::Reply& reply, const model::Outcome& expected) {
  if (SameAnswer(reply, expected) && reply.position.sequence() == expected.sequence) return "";
  return absl::StrCat("answered ", AnswerText(reply), " at mutation ", reply.position.sequence(),
                      ", expected ", AnswerText(expected), " at ", expected.sequence);
}

}  // namespace jfs::sim
