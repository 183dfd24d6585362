#include "core/base/check.h"

#include <cstdio>
#include <cstdlib>

namespace jfs {
namespace {

void PrintAndAbort(const CheckFailure& failure) {
  std::fprintf(stderr, "%s:%d: CHECK failed: %s\n", failure.file, failure.line,
               failure.message.c_str());
  std::fflush(stderr);
  std::abort();
}

// Written once at start-up, before any other thread runs; see the header.
CheckFailureHandler check_failure_handler = &PrintAndAbort;

}  // namespace

CheckFailureHandler SetCheckFailureHandler(CheckFailureHandler handler) {
  CheckFailureHandler before = check_failure_handler;
  check_failure_handler = handler;
  return before;
}

namespace check_internal {

Failure::Failure(const char* file, int line, const char* condition) : file_(file), line_(line) {
  stream_ << condition << " ";
}

Failure::~Failure() noexcept(false) {
  check_failure_handler(CheckFailure{file_, line_, stream_.str()});
  std::abort();
}

}  // namespace check_internal
}  // namespace jfs
