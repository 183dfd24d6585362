#include <chrono>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_format.h"

#include "core/base/concat.h"
#include "core/ns/keys.h"
#include "net/event_loop.h"
#include "net/hadoop/ipc_client.h"
#include "net/hadoop/ipc_message.h"
#include "net/ots/client.h"
#include "server/config.h"
#include "tools/jindo/ask_masters.h"
#include "tools/jindo/cluster_view.h"
#include "tools/jindo/file_system.h"
#include "tools/jindo/jfs_commands.h"
#include "tools/jindo/mirror_comparison.h"

namespace jfs::tools {
namespace {

constexpr std::string_view kCommand = "metaVerify";
constexpr int kUsageError = 255;
constexpr int kSequenceBits = 48;
enum ExitCode : int { kEqual = 0, kDiffer = 1, kNoMirror = 1, kNotCompared = 2 };

void Complain(std::string_view text) {
  std::cout.flush();
  std::cerr << kCommand << ": " << text << std::endl;
}

// The same keys as the masters'.
absl::StatusOr<net::ots::ClientOptions> TablestoreOf(const ServiceFlags& flags) {
  const std::string& file = flags.conf.empty() ? flags.home_conf : flags.conf;
  const absl::StatusOr<std::string> content = server::ReadConfigFile(file);
  if (!content.ok()) {
    return absl::NotFoundError(
        Concat("the configuration file of a master is needed, for namespace.ots.*: give --conf "
               "FILE (",
               ToStd(content.status().message()), ")"));
  }
  const absl::StatusOr<server::Settings> settings = server::ParseFile(file, *content);
  if (!settings.ok()) return settings.status();
  std::string missing;
  const auto get = [&](std::string_view key) -> std::string {
    const auto it = settings->find(key);
    if (it != settings->end() && !it->second.value.empty()) return it->second.value;
    missing = Concat(file, ": ", key, " is missing: it says where the mirror is");
    return "";
  };
  net::ots::ClientOptions out;
  out.instance = get("namespace.ots.instance");
  out.endpoint = get("namespace.ots.endpoint");
  out.credentials.access_key_id = get("namespace.ots.accessKey");
  out.credentials.secret = get("namespace.ots.accessSecret");
  if (!missing.empty()) return absl::InvalidArgumentError(missing);
  return out;
}

class RealSources : public MirrorSources {
 public:
  RealSources(net::ots::Client* tablestore, net::hadoop::IpcClient* masters, Duration patience)
      : tablestore_(*tablestore),
        masters_(*masters),
        patience_(patience),
        begun_(net::EventLoop::Now()) {}

  absl::StatusOr<std::string> Ask(const ots::Request& request) override {
    ots::Outcome outcome = tablestore_.CallAndWait(request, {.deadline = patience_});
    if (outcome.kind == ots::Outcome::Kind::kDone) return std::move(outcome.body);
    const std::string text = Concat("Tablestore: ", ots::FormatOutcome(outcome));
    if (outcome.error.code == "OTSObjectNotExist") return absl::NotFoundError(text);
    return absl::UnavailableError(text);
  }

  absl::StatusOr<Page> Rows(const std::string& start_after) override {
    ::jfs::jindo::MirroredRowsRequestProto request;
    if (!start_after.empty()) request.set_startafter(start_after);
    const net::hadoop::IpcClient::Result result =
        masters_.Call(net::hadoop::kJindoProtocol, "mirroredRows", request);
    if (const std::optional<Failure> failure = FailureOf(result)) {
      return absl::UnavailableError(Concat("the masters: ", failure->message));
    }
    Page page;
    if (!page.ParseFromString(result.response)) {
      return absl::UnavailableError("the masters: the answer is not what the protocol says");
    }
    return page;
  }

  Duration Pause(Duration pause) override {
    if (pause > 0) std::this_thread::sleep_for(std::chrono::microseconds(pause));
    return net::EventLoop::Now() - begun_;
  }

 private:
  net::ots::Client& tablestore_;
  net::hadoop::IpcClient& masters_;
  const Duration patience_;  // with one call
  const Micros begun_;
};

std::string PositionText(uint64_t position) {
  return Concat(position >> kSequenceBits, ":", position & ((uint64_t{1} << kSequenceBits) - 1));
}

std::string_view Text(MirrorDifference::Kind kind) {
  switch (kind) {
    case MirrorDifference::Kind::kMissing:
      return "missing in the mirror";
    case MirrorDifference::Kind::kExtra:
      return "only in the mirror";
    case MirrorDifference::Kind::kDifferent:
      return "different";
  }
  return "";
}

}  // namespace

int MetaVerify(const ServiceFlags& flags, uint64_t show) {
  const absl::StatusOr<Service> service = FindService(flags);
  if (!service.ok()) {
    Complain(ToStd(service.status().message()));
    return kUsageError;
  }
  // Their mirror would stay where it was left, and be waited for; and nothing says where it is.
  if (MirrorStandingOf(ViewOf(AskStatus(flags, *service))) == MirrorStanding::kNone) {
    Complain(
        "this cluster has no mirror to compare with: it was set up without one, or has given it "
        "up");
    return kNoMirror;
  }
  absl::StatusOr<net::ots::ClientOptions> options = TablestoreOf(flags);
  if (!options.ok()) {
    Complain(ToStd(options.status().message()));
    return kUsageError;
  }
  absl::StatusOr<std::unique_ptr<net::ots::Client>> tablestore =
      net::ots::Client::Create(*std::move(options));
  if (!tablestore.ok()) {
    Complain(ToStd(tablestore.status().message()));
    return kUsageError;
  }
  net::hadoop::IpcClient masters(ClientOptions(flags, service->masters));
  RealSources sources(tablestore->get(), &masters, flags.timeout_seconds * kSecond);
  uint64_t shown = 0;
  const absl::StatusOr<MirrorComparison> result =
      CompareMirror({}, &sources, [&](const MirrorDifference& difference) {
        if (shown++ >= show) return;
        std::cout << Text(difference.kind) << ": " << ns::KeyText(difference.key) << " (at "
                  << PositionText(difference.position) << ")\n";
      });
  if (shown > show) Complain(Concat("and ", shown - show, " more; --show N shows them"));
  if (!result.ok()) {
    Complain(Concat("not compared: ", ToStd(result.status().message())));
    return kNotCompared;
  }
  std::string positions = PositionText(result->first_position);
  if (result->last_position != result->first_position) {
    positions += Concat(" to ", PositionText(result->last_position));
  }
  std::cout << absl::StrFormat(
      "compared %u rows at %s: missing in the mirror %u, only in the mirror %u, different %u\n",
      result->rows, positions, result->missing, result->extra, result->different);
  return result->equal() ? kEqual : kDiffer;
}

}  // namespace jfs::tools
