// The configuration file.

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>

#include "core/base/check.h"
#include "server/config.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const absl::StatusOr<jfs::server::Settings> settings = jfs::server::ParseFile("f", text);
  if (!settings.ok()) {
    CHECK(std::string(settings.status().message()).rfind("f:", 0) == 0)
        << settings.status().ToString();
    return 0;
  }
  const absl::StatusOr<jfs::server::Config> config = jfs::server::Interpret(*settings, "machine");
  if (!config.ok()) {
    CHECK(!config.status().message().empty());
    return 0;
  }
  // What is accepted can be used.
  CHECK(config->self.value >= 1 && config->self.value <= config->masters.size());
  CHECK(!config->namespaces.empty() && !config->meta_dir.empty());
  if (config->backend == jfs::server::Backend::kRaft) CHECK(config->peer_port() != 0);
  CHECK_EQ(config->namespaces[0].rpc_port, config->rpc_port);
  std::set<std::string> names;
  for (const auto& ns : config->namespaces) CHECK(names.insert(ns.name).second);
  CHECK(config->rpc_addresses.empty() || config->rpc_addresses.size() == config->masters.size());
  return 0;
}
