#ifndef SIM_WORKLOAD_CALL_SOURCE_H_
#define SIM_WORKLOAD_CALL_SOURCE_H_

#include <string>
#include <variant>
#include <vector>

#include "core/ns/reply.h"
#include "core/ns/request.h"

namespace jfs::sim {

// The holders say that they are alive.
struct Renewal {
  std::vector<std::string> holders;
};

using Call = std::variant<ns::Command, ns::ReadRequest, Renewal>;

// What one client wants to do, call by call.
class CallSource {
 public:
  virtual ~CallSource() = default;
  // The next call; its id and the marks of its attempts are the client's business.
  virtual Call Next() = 0;
  // The answer to the last one; null if the client gave up and will never know.
  virtual void Answered(const ns::Reply* reply) = 0;
};

}  // namespace jfs::sim

#endif  // SIM_WORKLOAD_CALL_SOURCE_H_
