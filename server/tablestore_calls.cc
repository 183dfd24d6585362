#include "server/tablestore_calls.h"

#include <utility>

#include "core/ots/exchange.h"
#include "core/ots/retrying_call.h"

namespace jfs::server {

absl::StatusOr<std::unique_ptr<TablestoreCalls>> TablestoreCalls::Create(
    const MirrorConfig& config) {
  std::unique_ptr<TablestoreCalls> calls(new TablestoreCalls());
  if (!config.configured()) return calls;
  net::ots::ClientOptions options;
  options.endpoint = config.endpoint;
  options.instance = config.instance;
  options.credentials.access_key_id = config.access_key;
  options.credentials.secret = config.access_secret;
  absl::StatusOr<std::unique_ptr<net::ots::Client>> client =
      net::ots::Client::Create(std::move(options));
  if (!client.ok()) return client.status();
  calls->client_ = *std::move(client);
  return calls;
}

void TablestoreCalls::Start(node::CallTablestore call) {
  if (client_ != nullptr) {
    client_->Call(std::move(call.request), call.options,
                  [this, token = call.token](ots::Outcome outcome) {
                    answers_.Push(node::TablestoreAnswered{token, std::move(outcome)});
                  });
    return;
  }
  ots::Outcome refused;
  refused.kind = ots::Outcome::Kind::kRefused;
  refused.problem =
      "Tablestore is not configured on this master: set namespace.ots.instance, "
      "namespace.ots.endpoint, namespace.ots.accessKey and namespace.ots.accessSecret";
  answers_.Push(node::TablestoreAnswered{call.token, std::move(refused)});
}

std::optional<net::ots::ClientStats> TablestoreCalls::stats() const {
  if (client_ == nullptr) return std::nullopt;
  return client_->stats();
}

}  // namespace jfs::server
