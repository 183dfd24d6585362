#ifndef CORE_NS_SAFE_MODE_H_
#define CORE_NS_SAFE_MODE_H_

#include <string>

#include "core/ns/reply.h"
#include "core/ns/request.h"

// What HDFS says of each call that it refuses in safe mode.
namespace jfs::ns {

std::string SafeModeText(const Operation& operation);

Reply RefuseInSafeMode(const Operation& operation);

}  // namespace jfs::ns

#endif  // CORE_NS_SAFE_MODE_H_
