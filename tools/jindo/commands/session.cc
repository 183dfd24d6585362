#include "tools/jindo/commands/session.h"

#include <time.h>

#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"

#include "core/base/concat.h"
#include "tools/jindo/commands/command_arguments.h"
#include "tools/jindo/commands/permission_mode.h"

namespace jfs::tools {

double Session::Number(const std::string& key, double otherwise) const {
  const auto it = settings.find(key);
  double value = 0;
  if (it == settings.end() || !absl::SimpleAtod(it->second, &value)) return otherwise;
  return value;
}

Answer<uint32_t> Session::Umask() const {
  const auto it = settings.find("fs.permissions.umask-mode");
  if (it == settings.end()) return 022U;
  const std::string& text = it->second;
  const std::optional<uint32_t> umask = PermissionChange::ParseUmask(text);
  if (!umask.has_value()) {
    return Misuse(Concat("Unable to parse configuration fs.permissions.umask-mode with value ",
                         text, " as octal or symbolic umask."));
  }
  return *umask;
}

void Log(const Session& session, std::string_view level, std::string_view source,
         std::string_view text) {
  const uint64_t now = session.now_millis();
  const time_t seconds = static_cast<time_t>(now / 1000);
  tm parts = {};
  localtime_r(&seconds, &parts);
  char date[32];
  const size_t size = strftime(date, sizeof date, "%Y-%m-%d %H:%M:%S", &parts);
  session.out->flush();
  *session.err << std::string_view(date, size) << absl::StrFormat(",%03d ", now % 1000) << level
               << ' ' << source << ": " << text << '\n';
}

}  // namespace jfs::tools
