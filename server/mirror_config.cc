#include "server/mirror_config.h"

#include <algorithm>

#include "core/base/concat.h"
#include "server/config_reader.h"

namespace jfs::server {
namespace {

constexpr char kInstance[] = "namespace.ots.instance";
constexpr char kEndpoint[] = "namespace.ots.endpoint";
constexpr char kAccessKey[] = "namespace.ots.accessKey";
constexpr char kAccessSecret[] = "namespace.ots.accessSecret";
constexpr char kSealAfter[] = "namespace.ots.seal-after-ms";
constexpr char kOutboxBytes[] = "namespace.ots.outbox-bytes";

std::string UploadKey(std::string_view backend) {
  return Concat("namespace.backend.", backend, ".async.ots.enabled");
}
std::string RecoveryKey(std::string_view backend) {
  return Concat("namespace.backend.", backend, ".recovery.mode");
}

absl::Status ReadSwitches(const ConfigReader& reader, std::string_view backend, MirrorConfig* out) {
  const std::string_view other = backend == "raft" ? "rocksdb" : "raft";
  const std::string upload = UploadKey(backend);
  const std::string recovery = RecoveryKey(backend);
  const std::pair<std::string, std::string> foreign[] = {{UploadKey(other), upload},
                                                         {RecoveryKey(other), recovery}};
  for (const auto& [key, own] : foreign) {
    bool on = false;
    JFS_RETURN_IF_ERROR(reader.Bool(key, &on));
    if (on) {
      return reader.Error(
          key, Concat("contradicts namespace.backend.type=", backend, ": set ", own, " instead"));
    }
  }
  JFS_RETURN_IF_ERROR(reader.Bool(upload, &out->upload));
  JFS_RETURN_IF_ERROR(reader.Bool(recovery, &out->recovery));
  if (out->upload && out->recovery) {
    return reader.Error(
        recovery,
        Concat("and ", upload, " are both true, but a cluster either recovers from its ",
               "mirror or keeps it. To recover, set ", upload,
               " to false; once jindo jfs -metaStatus shows state=FINISH, set ", recovery,
               " to false, and ", upload, " to true if the mirror is to be kept, and restart"));
  }
  return absl::OkStatus();
}

// Not what is there: it may be a secret.
absl::Status CheckHeaderText(const ConfigReader& reader, const char* key, const std::string& text) {
  if (std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7f; })) {
    return absl::OkStatus();
  }
  return reader.Error(key,
                      "has a blank or another character in it that it cannot have: copy it "
                      "again from the console of Tablestore");
}

absl::Status ReadEndpoint(const ConfigReader& reader, std::string* out) {
  while (out->ends_with('/')) out->pop_back();
  const std::string_view text = *out;
  const size_t scheme = text.starts_with("https://") ? 8 : text.starts_with("http://") ? 7 : 0;
  if (scheme == 0 || text.size() == scheme ||
      text.substr(scheme).find_first_of("/?#@ ") != std::string_view::npos) {
    // It may have a user and a password in it.
    const bool shown = text.find('@') == std::string_view::npos;
    return reader.Error(kEndpoint,
                        Concat(shown ? Concat("'", reader.Text(kEndpoint), "' ") : std::string(),
                               "is not http:// or https:// and a host, as in "
                               "http://emr-jfs.cn-hangzhou.vpc.tablestore.aliyuncs.com"));
  }
  return absl::OkStatus();
}

// `wanted_by`: the key that makes them necessary.
absl::Status ReadDestination(const ConfigReader& reader, std::string_view wanted_by,
                             MirrorConfig* out) {
  const std::pair<const char*, std::string*> needed[] = {{kInstance, &out->instance},
                                                         {kEndpoint, &out->endpoint},
                                                         {kAccessKey, &out->access_key},
                                                         {kAccessSecret, &out->access_secret}};
  for (const auto& [key, value] : needed) {
    *value = reader.Text(key);
    if (value->empty()) {
      return reader.Error(
          key, Concat("is needed with ", wanted_by, "=true: set it, or set that to false"));
    }
  }
  JFS_RETURN_IF_ERROR(ReadEndpoint(reader, &out->endpoint));
  for (const auto& [key, value] : needed) {
    JFS_RETURN_IF_ERROR(CheckHeaderText(reader, key, *value));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<MirrorConfig> ReadMirrorConfig(const ConfigReader& reader,
                                              std::string_view backend) {
  MirrorConfig out;
  JFS_RETURN_IF_ERROR(ReadSwitches(reader, backend, &out));
  uint64_t seal_after = 0;
  JFS_RETURN_IF_ERROR(reader.Number(kSealAfter, 100, 3'600'000, &seal_after));
  out.seal_after = seal_after * kMillisecond;
  JFS_RETURN_IF_ERROR(reader.Number(kOutboxBytes, 1 << 20, uint64_t{1} << 50, &out.outbox_bytes));

  const std::string wanted_by = out.recovery ? RecoveryKey(backend) : UploadKey(backend);
  if (absl::Status read = ReadDestination(reader, wanted_by, &out); !read.ok()) {
    if (out.on()) return read;
    // What nobody uses may be wrong.
    out.instance.clear();
    out.endpoint.clear();
    out.access_key.clear();
    out.access_secret.clear();
  }
  return out;
}

}  // namespace jfs::server
