#ifndef TOOLS_JINDO_JFS_COMMANDS_H_
#define TOOLS_JINDO_JFS_COMMANDS_H_

#include <cstdint>
#include <string>

#include "tools/jindo/service.h"

// `jindo jfs`: what is to be known and done about the masters themselves. All return the exit code.
namespace jfs::tools {

struct MetaStatusOptions {
  bool detail = false;
  bool explain = false;
  bool json = false;
};
int MetaStatus(const ServiceFlags& flags, const MetaStatusOptions& options);

// `address` as in initial-conf, or empty. Returns when another master leads and serves.
int TransferLeadership(const ServiceFlags& flags, const std::string& address);

// Asks all masters until they stand at the same entry, for at most `wait_seconds`.
int StateHash(const ServiceFlags& flags, uint64_t wait_seconds);

}  // namespace jfs::tools

#endif  // TOOLS_JINDO_JFS_COMMANDS_H_
