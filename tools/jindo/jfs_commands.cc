#include "tools/jindo/jfs_commands.h"

#include <algorithm>
#include <chrono>
#include <iostream>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "core/base/concat.h"
#include "net/event_loop.h"
#include "net/hadoop/ipc_client.h"
#include "net/hadoop/ipc_message.h"
#include "net/socket.h"
#include "tools/jindo/ask_masters.h"
#include "tools/jindo/cluster_view.h"
#include "tools/jindo/file_system.h"

namespace jfs::tools {
namespace {

using net::EventLoop;
using net::HostPort;
using net::hadoop::IpcClient;

constexpr int kUsageError = 255;

void Complain(std::string_view command, std::string_view text) {
  std::cout.flush();
  std::cerr << command << ": " << text << std::endl;
}

}  // namespace

int MetaStatus(const ServiceFlags& flags, const MetaStatusOptions& options) {
  const absl::StatusOr<Service> service = FindService(flags);
  if (!service.ok()) {
    Complain("metaStatus", ToStd(service.status().message()));
    return kUsageError;
  }
  const std::vector<StatusAnswer> answers = AskStatus(flags, *service);
  const std::vector<MasterLine> lines = ViewOf(answers);
  if (options.json) {
    std::cout << FormatMastersJson(lines) << '\n';
  } else {
    for (const MasterLine& line : lines)
      std::cout << FormatMasterLine(line, options.detail) << '\n';
  }
  if (options.explain && !options.json) std::cout << ExplainMirror(lines) << '\n';
  if (options.detail) {
    for (const StatusAnswer& answer : answers) {
      if (!answer.response.has_value()) {
        Complain("metaStatus", Concat(answer.client_address, " does not answer: ", answer.trouble));
      }
    }
  }
  return HealthOf(lines);
}

int TransferLeadership(const ServiceFlags& flags, const std::string& address) {
  constexpr std::string_view kCommand = "transferLeadership";
  const absl::StatusOr<Service> service = FindService(flags);
  if (!service.ok()) {
    Complain(kCommand, ToStd(service.status().message()));
    return kUsageError;
  }
  const std::vector<StatusAnswer> answers = AskStatus(flags, *service);
  const std::vector<MasterLine> lines = ViewOf(answers);
  const MasterLine* const leader = LeaderOf(lines);
  if (leader == nullptr) {
    Complain(kCommand,
             "there is no leader that could hand over; see jindo jfs -metaStatus -detail");
    return 1;
  }
  if (!address.empty() && leader->address == address) {
    std::cout << address << " leads already\n";
    return 0;
  }
  if (!address.empty() && std::none_of(lines.begin(), lines.end(), [&](const MasterLine& line) {
        return line.address == address;
      })) {
    std::string known;
    for (const MasterLine& line : lines) known += " " + line.address;
    Complain(kCommand, Concat("there is no master ", address, "; there are", known));
    return 1;
  }
  std::optional<HostPort> ask;
  for (size_t i = 0; i < answers.size(); ++i) {
    if (answers[i].response.has_value() && answers[i].response->answeredby() == leader->node) {
      ask = service->masters[i];
    }
  }
  ::jfs::jindo::TransferLeadershipRequestProto request;
  if (!address.empty()) request.set_address(address);
  const auto begun = AskOne<::jfs::jindo::TransferLeadershipResponseProto>(
      flags, *ask, "transferLeadership", request, kAskPatience);
  if (!begun.response.has_value()) {
    Complain(kCommand, begun.trouble);
    return 1;
  }
  const Micros deadline = EventLoop::Now() + 15 * kSecond;
  while (EventLoop::Now() < deadline) {
    const std::vector<MasterLine> now = ViewOf(AskStatus(flags, *service));
    const MasterLine* const leads = LeaderOf(now);
    if (leads != nullptr && leads->node != leader->node &&
        (address.empty() || leads->address == address)) {
      std::cout << leads->address << " leads now\n";
      return 0;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  Complain(kCommand,
           "it was begun, but 15 s later leadership is not where it should be; see jindo jfs "
           "-metaStatus -detail");
  return 1;
}

int MetaDisable(const ServiceFlags& flags, bool force) {
  constexpr std::string_view kCommand = "metaDisable";
  const absl::StatusOr<Service> service = FindService(flags);
  if (!service.ok()) {
    Complain(kCommand, ToStd(service.status().message()));
    return kUsageError;
  }
  switch (MirrorStandingOf(ViewOf(AskStatus(flags, *service)))) {
    case MirrorStanding::kNone:
      std::cout << "This cluster has no mirror.\n";
      return 0;
    case MirrorStanding::kUndecided:
      Complain(kCommand,
               "whether this cluster gets a mirror is not decided yet, so there is none to give "
               "up: set ...async.ots.enabled to false on all masters and restart them");
      return 1;
    case MirrorStanding::kRecovering:
      Complain(kCommand,
               "this cluster is in recovery mode and keeps no mirror yet: once -metaStatus says "
               "state=FINISH, set ...recovery.mode to false, leave ...async.ots.enabled false on "
               "all masters, and restart them");
      return 1;
    case MirrorStanding::kKept:
    case MirrorStanding::kNotKnown:
      break;
  }
  if (!force) {
    std::cout << "This gives up the mirror in Tablestore for good: what it has stays there, but "
                 "nothing more is written to\nit, and there is no command yet to begin another "
                 "one. Type yes to go on: "
              << std::flush;
    std::string answer;
    std::getline(std::cin, answer);
    if (answer != "yes") {
      Complain(kCommand, "nothing was done");
      return 1;
    }
  }
  IpcClient client(ClientOptions(flags, service->masters));
  const IpcClient::Result result = client.Call(net::hadoop::kJindoProtocol, "disableMirror",
                                               ::jfs::jindo::DisableMirrorRequestProto());
  if (const std::optional<Failure> failure = FailureOf(result)) {
    Complain(kCommand, failure->message);
    return 1;
  }
  std::cout << "The mirror is given up. Set ...async.ots.enabled to false in the configuration of "
               "all masters; until then each\nsays at its start that it has no effect.\n";
  return 0;
}

int StateHash(const ServiceFlags& flags, uint64_t wait_seconds) {
  constexpr std::string_view kCommand = "stateHash";
  const absl::StatusOr<Service> service = FindService(flags);
  if (!service.ok()) {
    Complain(kCommand, ToStd(service.status().message()));
    return kUsageError;
  }
  // The hash is over all rows: a large state takes its time.
  const Duration patience = 60 * kSecond;
  const Micros deadline = EventLoop::Now() + wait_seconds * kSecond;
  while (true) {
    const auto answers = AskAll<::jfs::jindo::StateHashResponseProto>(
        flags, service->masters, "stateHash", ::jfs::jindo::StateHashRequestProto(),
        std::min(patience, wait_seconds == 0 ? kAskPatience : wait_seconds * kSecond));
    const HashVerdict verdict = Compare(answers);
    if (verdict == HashVerdict::kNotComparable && EventLoop::Now() < deadline) {
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
      continue;
    }
    for (const HashAnswer& answer : answers) std::cout << FormatHashAnswer(answer) << '\n';
    switch (verdict) {
      case HashVerdict::kEqual:
        std::cout << "EQUAL\n";
        break;
      case HashVerdict::kNotComparable:
        Complain(kCommand,
                 "not all masters stand at the same entry; --wait SECONDS waits until they do");
        break;
      case HashVerdict::kDiverged:
        Complain(kCommand,
                 "DIVERGED: masters differ at the same entry. Stop writing, keep all meta "
                 "directories, and report it");
        break;
    }
    return static_cast<int>(verdict);
  }
}

}  // namespace jfs::tools
