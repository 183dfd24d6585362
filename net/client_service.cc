#include "net/client_service.h"

#include <optional>
#include <utility>

#include "core/base/check.h"
#include "core/base/concat.h"
#include "core/base/overload.h"
#include "net/jindo/translate.h"

namespace jfs::net {
namespace {

using hadoop::Category;
using hadoop::IpcError;

using Outcome = node::ClientReply::Outcome;

// What became of a call that the namespace did not answer. Nothing: nobody knows, and the client
// must find out by asking again with the same call id.
std::optional<IpcError> NodeError(Outcome outcome, Category category) {
  switch (outcome) {
    case Outcome::kReply:
      break;
    case Outcome::kNotLeader:
      return hadoop::StandbyError(category);
    case Outcome::kNotReady:
      return hadoop::RetriableError("This master leads, but is not ready to serve yet. Try again.");
    case Outcome::kBusy:
      return hadoop::RetriableError("This master has too many calls under way. Try again.");
    case Outcome::kDiskLow:
      return hadoop::IoError(
          "The masters are short of disk space and take no changes. Free space under "
          "namespace.meta-dir.");
    case Outcome::kTooLarge:
      return hadoop::IoError("The call is larger than the namespace service takes.");
    case Outcome::kUnknown:
      return std::nullopt;
  }
  CHECK(false) << "no error for outcome " << static_cast<int>(outcome);
  return std::nullopt;
}

int64_t StateId(ns::Position position) { return static_cast<int64_t>(position.packed); }

}  // namespace

ClientService::ClientService(hadoop::ServiceFacts facts, CallerResolver* callers, ServiceHost* host)
    : facts_(std::move(facts)), callers_(callers), host_(host) {}

ClientService::~ClientService() { *alive_ = false; }

ClientService::MethodStats* ClientService::StatsOf(std::string_view method) {
  auto it = stats_.find(method);
  if (it == stats_.end()) it = stats_.emplace(std::string(method), MethodStats{}).first;
  return &it->second;
}

void ClientService::OnCall(const hadoop::IncomingCall& in) {
  Request request{.handle = in.handle,
                  .listener = in.listener,
                  .call = std::move(in.call),
                  .user = in.user,
                  .address = in.address};
  if (const CallerGroups* groups = callers_->Find(in.user); groups != nullptr) {
    return Handle(std::move(request), *groups);
  }
  const std::string user = in.user;
  callers_->Resolve(user, [this, alive = alive_, request = std::move(request)]() mutable {
    if (!*alive) return;
    const CallerGroups* groups = callers_->Find(request.user);
    // A cache that is too small for all users at once may have forgotten again.
    if (groups == nullptr) {
      return Refuse(request.handle,
                    hadoop::RetriableError(Concat("The groups of user ", request.user,
                                                  " are not known yet. Try again.")),
                    StatsOf("(unknown)"));
    }
    Handle(std::move(request), *groups);
  });
}

node::CallHandle ClientService::Remember(Pending pending) {
  const uint64_t number = next_call_++;
  pending_[number] = std::move(pending);
  return node::CallHandle(number);
}

void ClientService::Succeed(hadoop::CallHandle handle, std::optional<int64_t> state_id,
                            std::string_view response) {
  server_->Reply(handle, state_id, response);
}

void ClientService::Refuse(hadoop::CallHandle handle, const IpcError& error, MethodStats* stats) {
  ++stats->errors;
  server_->ReplyError(handle, std::nullopt, error);
}

void ClientService::Handle(Request request, const CallerGroups& groups) {
  ns::Caller caller{.user = request.user,
                    .groups = groups.groups,
                    .superuser = groups.superuser,
                    .address = request.address};
  if (request.call.protocol == hadoop::kJindoProtocol) {
    return HandleJindo(request, caller);
  }
  hadoop::Plan plan =
      hadoop::Translate(facts_, request.call.protocol, request.call.protocol_version,
                        request.call.method, request.call.request);
  const hadoop::CallHandle handle = request.handle;
  if (const auto* refusal = std::get_if<hadoop::Refusal>(&plan.action); refusal != nullptr) {
    const bool known =
        refusal->error.detail != ::hadoop::common::RpcResponseHeaderProto::ERROR_NO_SUCH_METHOD &&
        refusal->error.detail != ::hadoop::common::RpcResponseHeaderProto::ERROR_NO_SUCH_PROTOCOL;
    MethodStats* stats = StatsOf(known ? std::string_view(request.call.method) : "(unknown)");
    ++stats->calls;
    return Refuse(handle, refusal->error, stats);
  }
  MethodStats* stats = StatsOf(request.call.method);
  ++stats->calls;
  if (plan.superuser_only && !caller.superuser) {
    return Refuse(handle,
                  hadoop::AccessError(Concat("Access denied for user ", caller.user,
                                             ". Superuser privilege is required")),
                  stats);
  }
  const ns::NamespaceId ns = host_->NamespaceOf(request.listener);
  std::visit(
      Overload{
          [&](hadoop::Mutation& mutation) {
            ns::Command command{.ns = ns,
                                .caller = std::move(caller),
                                .call = {.client = std::move(request.call.identity.client_id),
                                         .call = request.call.identity.call_id},
                                .operation = std::move(mutation.operation)};
            const node::CallHandle call =
                Remember({.handle = handle, .plan = std::move(plan), .stats = stats});
            host_->Submit(node::ClientCommand{.call = call, .command = std::move(command)});
          },
          [&](hadoop::Read& read) {
            ns::ReadRequest query{
                .ns = ns, .caller = std::move(caller), .query = std::move(read.query)};
            const node::CallHandle call =
                Remember({.handle = handle, .plan = std::move(plan), .stats = stats});
            host_->Submit(node::ClientRead{.call = call, .request = std::move(query)});
          },
          [&](const hadoop::Confirm&) {
            // Any read will do: what counts is that the leader had to be sure that it leads.
            ns::ReadRequest query{
                .ns = ns, .caller = std::move(caller), .query = ns::GetFileInfo{.path = "/"}};
            const node::CallHandle call =
                Remember({.handle = handle, .plan = std::move(plan), .stats = stats});
            host_->Submit(node::ClientRead{.call = call, .request = std::move(query)});
          },
          [&](const hadoop::Local&) {
            if (plan.category != Category::kUnchecked && !host_->Serving()) {
              return Refuse(handle, hadoop::StandbyError(plan.category), stats);
            }
            const hadoop::Answer answer = hadoop::AnswerLocally(facts_, plan, host_->Local(ns));
            if (answer.error.has_value()) return Refuse(handle, *answer.error, stats);
            Succeed(handle, std::nullopt, answer.response);
          },
          [&](const hadoop::Refusal&) { CHECK(false) << "answered above"; },
      },
      plan.action);
}

void ClientService::HandleJindo(const Request& request, const ns::Caller& caller) {
  const std::string& method = request.call.method;
  const hadoop::CallHandle handle = request.handle;
  if (request.call.protocol_version != jindo::kProtocolVersion) {
    MethodStats* stats = StatsOf("(unknown)");
    ++stats->calls;
    return Refuse(
        handle,
        hadoop::ProtocolVersionError(hadoop::kJindoProtocol, request.call.protocol_version,
                                     jindo::kProtocolVersion),
        stats);
  }
  const bool known = method == "importBatch" || method == "metaStatus" || method == "stateHash" ||
                     method == "transferLeadership";
  MethodStats* stats = StatsOf(known ? std::string_view(method) : "(unknown)");
  ++stats->calls;
  if (method == "importBatch") return ImportBatch(request, caller, stats);
  if (method == "metaStatus") {
    ::jfs::jindo::MetaStatusResponseProto out;
    host_->MetaStatus(&out);
    return Succeed(handle, std::nullopt, out.SerializeAsString());
  }
  if (method == "stateHash") {
    ::jfs::jindo::StateHashResponseProto out;
    host_->StateHash(host_->NamespaceOf(request.listener), &out);
    return Succeed(handle, std::nullopt, out.SerializeAsString());
  }
  if (method == "transferLeadership") {
    ::jfs::jindo::TransferLeadershipRequestProto in;
    if (!in.ParseFromString(request.call.request)) {
      return Refuse(handle, hadoop::BadRequestError(method), stats);
    }
    if (!caller.superuser) {
      return Refuse(handle,
                    hadoop::AccessError(Concat("Access denied for user ", caller.user,
                                               ". Superuser privilege is required")),
                    stats);
    }
    if (const absl::Status begun = host_->TransferLeadership(in.address()); !begun.ok()) {
      return Refuse(handle, hadoop::IoError(std::string(begun.message())), stats);
    }
    return Succeed(handle, std::nullopt,
                   ::jfs::jindo::TransferLeadershipResponseProto().SerializeAsString());
  }
  Refuse(handle, hadoop::NoSuchMethodError(hadoop::kJindoProtocol, method), stats);
}

void ClientService::ImportBatch(const Request& request, const ns::Caller& caller,
                                MethodStats* stats) {
  ::jfs::jindo::ImportBatchRequestProto in;
  if (!in.ParseFromString(request.call.request)) {
    return Refuse(request.handle, hadoop::BadRequestError(request.call.method), stats);
  }
  auto operations = jindo::OperationsOf(in);
  if (!operations.ok()) {
    return Refuse(request.handle,
                  {.exception_class = "java.lang.IllegalArgumentException",
                   .message = std::string(operations.status().message())},
                  stats);
  }
  if (operations->empty()) {
    return Succeed(request.handle, std::nullopt,
                   ::jfs::jindo::ImportBatchResponseProto().SerializeAsString());
  }
  const ns::NamespaceId ns = host_->NamespaceOf(request.listener);
  auto batch = std::make_shared<Batch>();
  batch->handle = request.handle;
  batch->replies.resize(operations->size());
  batch->missing = operations->size();
  batch->stats = stats;
  for (size_t i = 0; i < operations->size(); ++i) {
    jindo::BatchOperation& operation = (*operations)[i];
    const node::CallHandle call = Remember({.batch = batch, .place = i});
    host_->Submit(node::ClientCommand{
        .call = call,
        .command = {.ns = ns,
                    .caller = caller,
                    .call = {.client = request.call.identity.client_id, .call = operation.call_id},
                    .operation = std::move(operation.operation)}});
  }
}

void ClientService::OnReply(const node::ClientReply& reply) {
  const auto it = pending_.find(reply.call.value);
  CHECK(it != pending_.end()) << "call " << reply.call << " is not open";
  const Pending pending = std::move(it->second);
  pending_.erase(it);
  if (pending.batch == nullptr) return AnswerNode(pending, reply);
  pending.batch->replies[pending.place] = reply;
  if (--pending.batch->missing == 0) AnswerBatch(*pending.batch);
}

void ClientService::AnswerNode(const Pending& pending, const node::ClientReply& reply) {
  if (reply.outcome == Outcome::kUnknown) {
    // To say that it failed could be a lie. Without an answer the client asks the other masters,
    // and the remembered call tells them what became of it.
    ++pending.stats->errors;
    return server_->Abandon(pending.handle);
  }
  if (reply.outcome != Outcome::kReply) {
    return Refuse(pending.handle, *NodeError(reply.outcome, pending.plan.category), pending.stats);
  }
  const hadoop::Answer answer = hadoop::AnswerTo(facts_, pending.plan, reply.reply);
  const int64_t state_id = StateId(reply.reply.position);
  if (!answer.error.has_value()) return Succeed(pending.handle, state_id, answer.response);
  ++pending.stats->errors;
  server_->ReplyError(pending.handle, state_id, *answer.error);
}

void ClientService::AnswerBatch(const Batch& batch) {
  // All or ask again: operations that were done answer from the remembered calls the second time,
  // so the client needs no account of half a batch.
  bool unknown = false, standby = false;
  std::optional<Outcome> retry;
  for (const node::ClientReply& reply : batch.replies) {
    if (reply.outcome == Outcome::kUnknown) unknown = true;
    if (reply.outcome == Outcome::kNotLeader) standby = true;
    if (reply.outcome == Outcome::kBusy || reply.outcome == Outcome::kNotReady)
      retry = reply.outcome;
  }
  if (unknown) {
    ++batch.stats->errors;
    return server_->Abandon(batch.handle);
  }
  if (standby) return Refuse(batch.handle, hadoop::StandbyError(Category::kWrite), batch.stats);
  if (retry.has_value()) {
    return Refuse(batch.handle, *NodeError(*retry, Category::kWrite), batch.stats);
  }
  ::jfs::jindo::ImportBatchResponseProto out;
  ns::Position last;
  for (const node::ClientReply& reply : batch.replies) {
    ::jfs::jindo::OperationResultProto* result = out.add_results();
    std::optional<IpcError> error;
    if (reply.outcome != Outcome::kReply) {
      error = NodeError(reply.outcome, Category::kWrite);
    } else if (reply.reply.code != ns::Code::kOk) {
      error = hadoop::ErrorOf(reply.reply);
    }
    if (error.has_value()) {
      result->set_exceptionclass(error->exception_class);
      result->set_message(error->message);
    } else if (const auto* truth = std::get_if<ns::Truth>(&reply.reply.value); truth != nullptr) {
      result->set_result(truth->value);
    }
    result->set_position(reply.reply.position.packed);
    result->set_logindex(reply.at.index.value);
    result->set_ordinal(reply.ordinal);
    last = std::max(last, reply.reply.position);
  }
  Succeed(batch.handle, StateId(last), out.SerializeAsString());
}

}  // namespace jfs::net
