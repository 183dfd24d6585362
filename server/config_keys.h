#ifndef SERVER_CONFIG_KEYS_H_
#define SERVER_CONFIG_KEYS_H_

#include <span>
#include <string>
#include <string_view>

namespace jfs::server {

struct KeyInfo {
  std::string_view name;
  std::string_view default_value;  // as it would stand in the file; empty: none
  std::string_view help;
};

// All keys with a fixed name, in the order in which help prints them.
std::span<const KeyInfo> FixedKeys();

// Keys that contain a namespace's name: "jfs.namespaces.NAME.oss.uri" and "….rpc.port".
struct NamespaceKey {
  std::string name;  // empty: it is not such a key
  std::string_view field;
};
NamespaceKey ParseNamespaceKey(std::string_view key);

bool IsKnownKey(std::string_view key);
// The known key with the fewest changes to `key`, for "did you mean"; empty if none is near.
std::string NearestKey(std::string_view key);

// `key` for an error, if it can be one; else words for it. What stands where a key should stand may
// be a part of a value, and values may be secrets.
std::string ShownKey(std::string_view key);

}  // namespace jfs::server

#endif  // SERVER_CONFIG_KEYS_H_
