#ifndef CORE_BASE_CHECK_H_
#define CORE_BASE_CHECK_H_

#include <sstream>
#include <string>

// CHECK states what must hold if the code is correct. A failed CHECK is a bug, never bad input:
// bytes from outside are validated before they get here. It stays on in every build.
//
// What happens on failure is decided once per process by the driver (SetCheckFailureHandler): the
// daemons print and abort; the simulator throws, so that a run ends with a verdict. Code after a
// failed CHECK never runs.
//
//   CHECK(ok) << "why";  CHECK_EQ(a, b);  CHECK_LE(commit, last) << "node " << id;
namespace jfs {

struct CheckFailure {
  const char* file;
  int line;
  std::string message;  // condition, operand values and the text streamed to it
};

// Must not return: it aborts or throws. Called with the handler installed last; the default one
// prints to standard error and aborts.
using CheckFailureHandler = void (*)(const CheckFailure& failure);
CheckFailureHandler SetCheckFailureHandler(CheckFailureHandler handler);

namespace check_internal {

// Collects the streamed text; its destructor ends the process or throws.
class Failure {
 public:
  Failure(const char* file, int line, const char* condition);
  ~Failure() noexcept(false);
  Failure(const Failure&) = delete;
  Failure& operator=(const Failure&) = delete;
  std::ostringstream& stream() { return stream_; }

 private:
  const char* file_;
  int line_;
  std::ostringstream stream_;
};

struct Voidify {
  void operator&(std::ostream&) {}
};

}  // namespace check_internal
}  // namespace jfs

#define JFS_CHECK_IMPL(condition, text)            \
  (condition) ? (void)0                            \
              : ::jfs::check_internal::Voidify() & \
                    ::jfs::check_internal::Failure(__FILE__, __LINE__, text).stream()

#define JFS_CHECK_OP(op, a, b) \
  JFS_CHECK_IMPL(((a)op(b)), #a " " #op " " #b) << "(" << (a) << " against " << (b) << ") "

#define CHECK(condition) JFS_CHECK_IMPL((condition), #condition)
#define CHECK_EQ(a, b) JFS_CHECK_OP(==, a, b)
#define CHECK_NE(a, b) JFS_CHECK_OP(!=, a, b)
#define CHECK_LT(a, b) JFS_CHECK_OP(<, a, b)
#define CHECK_LE(a, b) JFS_CHECK_OP(<=, a, b)
#define CHECK_GT(a, b) JFS_CHECK_OP(>, a, b)
#define CHECK_GE(a, b) JFS_CHECK_OP(>=, a, b)

#endif  // CORE_BASE_CHECK_H_
