#ifndef TOOLS_JINDO_ANSWER_H_
#define TOOLS_JINDO_ANSWER_H_

#include <optional>
#include <string>
#include <utility>
#include <variant>

// What a call to the masters, or a step of a command, comes to: a value, or why there is none.
namespace jfs::tools {

struct Failure {
  // Full Java name of what the server answered, or of what Hadoop's shell would have thrown itself;
  // empty: there was no answer.
  std::string exception_class;
  std::string message;  // its first line, as `hadoop fs` prints it
  // The command line is wrong: the command ends here and shows how it is used. All other failures
  // concern one argument, and the next one is worked on.
  bool misuse = false;
};

struct Nothing {};

template <typename T>
class [[nodiscard]] Answer {
 public:
  Answer(T value) : content_(std::move(value)) {}            // NOLINT: reads like the value
  Answer(Failure failure) : content_(std::move(failure)) {}  // NOLINT
  bool ok() const { return std::holds_alternative<T>(content_); }
  const T& operator*() const& { return std::get<T>(content_); }
  T& operator*() & { return std::get<T>(content_); }
  T&& operator*() && { return std::get<T>(std::move(content_)); }
  const T* operator->() const { return &std::get<T>(content_); }
  T* operator->() { return &std::get<T>(content_); }
  const Failure& failure() const { return std::get<Failure>(content_); }

 private:
  std::variant<T, Failure> content_;
};

// Nothing went wrong, or this.
using Outcome = std::optional<Failure>;

}  // namespace jfs::tools

#endif  // TOOLS_JINDO_ANSWER_H_
