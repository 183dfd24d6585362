#ifndef SIM_WORKLOAD_SAFE_MODE_ENDER_H_
#define SIM_WORKLOAD_SAFE_MODE_ENDER_H_

#include "core/ns/reply.h"
#include "core/ns/request.h"
#include "sim/workload/call_source.h"

namespace jfs::sim {

// The operator who ends safe mode, again and again for as long as he is let.
class SafeModeEnder : public CallSource {
 public:
  Call Next() override {
    ns::Command command;
    command.caller.user = "hdfs";
    command.caller.groups = {"supergroup"};
    command.caller.superuser = true;
    command.operation = ns::SetSafeMode{false};
    return command;
  }
  void Answered(const ns::Reply*) override {}
};

}  // namespace jfs::sim

#endif  // SIM_WORKLOAD_SAFE_MODE_ENDER_H_
