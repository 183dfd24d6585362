#ifndef TOOLS_JINDO_ASK_MASTERS_H_
#define TOOLS_JINDO_ASK_MASTERS_H_

#include <optional>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "google/protobuf/message_lite.h"

#include "core/base/time.h"
#include "net/hadoop/ipc_client.h"
#include "net/hadoop/ipc_message.h"
#include "net/socket.h"
#include "tools/jindo/cluster_view.h"
#include "tools/jindo/file_system.h"
#include "tools/jindo/service.h"

// Questions to each master by itself, whoever leads.
namespace jfs::tools {

inline constexpr Duration kAskPatience = 3 * kSecond;  // with a master that says nothing

// Whether anybody listens there within `patience`. A client would go on trying.
absl::Status ProbeMaster(const net::HostPort& master, Duration patience);

// Asks one master, and nobody else.
template <typename Response>
MasterAnswer<Response> AskOne(const ServiceFlags& flags, const net::HostPort& master,
                              std::string_view method, const google::protobuf::MessageLite& request,
                              Duration patience) {
  MasterAnswer<Response> out{.client_address = master.ToString()};
  if (const absl::Status reached = ProbeMaster(master, patience); !reached.ok()) {
    out.trouble = std::string(reached.message());
    return out;
  }
  net::hadoop::IpcClient::Options options = ClientOptions(flags, {master});
  options.connect_timeout = patience;
  options.answer_timeout = patience;
  options.give_up_after = patience;
  net::hadoop::IpcClient client(std::move(options));
  const net::hadoop::IpcClient::Result result =
      client.Call(net::hadoop::kJindoProtocol, method, request);
  if (std::optional<Failure> failure = FailureOf(result)) {
    out.trouble = failure->message;
    return out;
  }
  Response response;
  if (response.ParseFromString(result.response)) {
    out.response = std::move(response);
  } else {
    out.trouble = "its answer is not what the protocol says";
  }
  return out;
}

// Asks all masters at the same time: one that hangs must not delay what the others say.
template <typename Response, typename Request>
std::vector<MasterAnswer<Response>> AskAll(const ServiceFlags& flags,
                                           const std::vector<net::HostPort>& masters,
                                           std::string_view method, const Request& request,
                                           Duration patience) {
  std::vector<MasterAnswer<Response>> out(masters.size());
  std::vector<std::thread> threads;
  for (size_t i = 0; i < masters.size(); ++i) {
    threads.emplace_back(
        [&, i] { out[i] = AskOne<Response>(flags, masters[i], method, request, patience); });
  }
  for (std::thread& thread : threads) thread.join();
  return out;
}

std::vector<StatusAnswer> AskStatus(const ServiceFlags& flags, const Service& service);

}  // namespace jfs::tools

#endif  // TOOLS_JINDO_ASK_MASTERS_H_
