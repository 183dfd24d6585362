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

// Gives the mirror up for good. Unless `force`, asks on the terminal whether that is meant.
int MetaDisable(const ServiceFlags& flags, bool force);

// Compares the mirror in Tablestore, which the configuration file names, with the masters' state,
// and prints the first `show` differences. 0: equal. 1: they differ, or the cluster has no mirror.
// 2: they could not be compared.
int MetaVerify(const ServiceFlags& flags, uint64_t show);

// Asks all masters until they stand at the same entry, for at most `wait_seconds`.
int StateHash(const ServiceFlags& flags, uint64_t wait_seconds);

}  // namespace jfs::tools

#endif  // TOOLS_JINDO_JFS_COMMANDS_H_
