#include "net/client_service.h"

#include <algorithm>
#include <iterator>
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

IpcError GroupsUnknown(const std::string& user) {
  return hadoop::RetriableError(
      Concat("The groups of user ", user, " are not known yet. Try again."));
}

// Whose calls a call is counted with: names that nobody serves are not kept.
std::string_view StatsName(std::string_view method, const hadoop::Plan& plan) {
  using Header = ::hadoop::common::RpcResponseHeaderProto;
  const auto* refusal = std::get_if<hadoop::Refusal>(&plan.action);
  const bool unknown =
      refusal != nullptr && (refusal->error.detail == Header::ERROR_NO_SUCH_METHOD ||
                             refusal->error.detail == Header::ERROR_NO_SUCH_PROTOCOL ||
                             refusal->error.detail == Header::ERROR_RPC_VERSION_MISMATCH);
  return unknown ? std::string_view("(unknown)") : method;
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
  const size_t bytes = request.call.request.size() + request.call.method.size() +
                       request.call.protocol.size() + request.user.size();
  Park(in.handle, user, bytes, StatsOf("(unknown)"),
       [this, request = std::move(request)](const CallerGroups& groups) mutable {
         Handle(std::move(request), groups);
       });
}

void ClientService::Park(hadoop::CallHandle handle, const std::string& user, size_t bytes,
                         MethodStats* stats, std::function<void(const CallerGroups&)> go_on) {
  if (parked_calls_ >= kMaxParkedCalls || parked_bytes_ + bytes > kMaxParkedBytes) {
    return Refuse(handle, GroupsUnknown(user), stats);
  }
  ++parked_calls_;
  parked_bytes_ += bytes;
  callers_->Resolve(user,
                    [this, alive = alive_, handle, user, bytes, stats, go_on = std::move(go_on)] {
                      if (!*alive) return;
                      --parked_calls_;
                      parked_bytes_ -= bytes;
                      const CallerGroups* groups = callers_->Find(user);
                      if (groups == nullptr) return Refuse(handle, GroupsUnknown(user), stats);
                      go_on(*groups);
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

void ClientService::Respond(hadoop::CallHandle handle, std::optional<int64_t> state_id,
                            const hadoop::Answer& answer, MethodStats* stats) {
  if (!answer.error.has_value()) return Succeed(handle, state_id, answer.response);
  ++stats->errors;
  server_->ReplyError(handle, state_id, *answer.error);
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
  MethodStats* stats = StatsOf(StatsName(request.call.method, plan));
  ++stats->calls;
  if (!plan.superuser_operation.empty() && !caller.superuser) {
    return Refuse(request.handle, hadoop::SuperuserError(caller.user, plan.superuser_operation),
                  stats);
  }
  Carry(std::move(request), std::move(caller), std::move(plan), stats);
}

void ClientService::Carry(Request request, ns::Caller caller, hadoop::Plan plan,
                          MethodStats* stats) {
  const hadoop::CallHandle handle = request.handle;
  const ns::NamespaceId ns = host_->NamespaceOf(request.listener);
  if (plan.needs_caller) {
    plan.user = caller.user;
    plan.superuser = caller.superuser;
  }
  const auto read = [&](ns::Query query) {
    ns::ReadRequest out{.ns = ns, .caller = std::move(caller), .query = std::move(query)};
    const node::CallHandle call =
        Remember({.handle = handle, .plan = std::move(plan), .batch = nullptr, .stats = stats});
    host_->Submit(node::ClientRead{.call = call, .request = std::move(out)});
  };
  const auto locally = [&] {
    Respond(handle, std::nullopt, hadoop::AnswerLocally(facts_, plan, host_->Local(ns)), stats);
  };
  std::visit(
      Overload{
          [&](const hadoop::Refusal& refusal) { Refuse(handle, refusal.error, stats); },
          [&](hadoop::Mutation& mutation) {
            ns::Command command{.ns = ns,
                                .caller = std::move(caller),
                                .call = {.client = std::move(request.call.identity.client_id),
                                         .call = request.call.identity.call_id},
                                .operation = std::move(mutation.operation)};
            const node::CallHandle call = Remember(
                {.handle = handle, .plan = std::move(plan), .batch = nullptr, .stats = stats});
            host_->Submit(node::ClientCommand{.call = call, .command = std::move(command)});
          },
          [&](hadoop::Read& wanted) {
            if (plan.answer_locally != nullptr && !host_->Serving()) return locally();
            read(std::move(wanted.query));
          },
          [&](const hadoop::Reads&) { ReadAll(handle, ns, caller, std::move(plan), stats); },
          // Any read will do: what counts is that the leader had to be sure that it leads.
          [&](const hadoop::Confirm&) { read(ns::GetFileInfo{.path = "/"}); },
          [&](const hadoop::Local&) {
            if (plan.category != Category::kUnchecked && !host_->Serving()) {
              return Refuse(handle, NotServing(plan.category), stats);
            }
            locally();
          },
          [&](const hadoop::RenewLease& renewal) {
            const std::vector<std::string> holders = renewal.holders;
            const Category category = plan.category;
            const node::CallHandle call = Remember(
                {.handle = handle, .plan = std::move(plan), .batch = nullptr, .stats = stats});
            if (host_->RenewLeases(call, ns, holders)) return;
            pending_.erase(call.value);
            if (!host_->Serving()) return Refuse(handle, NotServing(category), stats);
            Respond(handle, std::nullopt, hadoop::LeasesRenewedAnswer(), stats);
          },
          [&](const hadoop::GroupsOf& wanted) { AnswerGroups(handle, wanted.user, stats); },
          [&](const hadoop::RefreshGroups&) {
            callers_->Refresh();
            Respond(handle, std::nullopt, hadoop::GroupsRefreshedAnswer(), stats);
          },
      },
      plan.action);
}

void ClientService::ReadAll(hadoop::CallHandle handle, ns::NamespaceId ns, const ns::Caller& caller,
                            hadoop::Plan plan, MethodStats* stats) {
  std::vector<ns::Query> queries = std::move(std::get<hadoop::Reads>(plan.action).queries);
  auto batch = std::make_shared<Batch>();
  batch->handle = handle;
  batch->plan = std::move(plan);
  batch->replies.resize(queries.size());
  batch->missing = queries.size();
  batch->stats = stats;
  if (queries.empty()) return AnswerReads(*batch);
  for (size_t i = 0; i < queries.size(); ++i) {
    const node::CallHandle call = Remember({.plan = {}, .batch = batch, .place = i});
    host_->Submit(node::ClientRead{
        .call = call, .request = {.ns = ns, .caller = caller, .query = std::move(queries[i])}});
  }
}

void ClientService::AnswerGroups(hadoop::CallHandle handle, const std::string& user,
                                 MethodStats* stats) {
  if (const CallerGroups* known = callers_->Find(user); known != nullptr) {
    return Respond(handle, std::nullopt, hadoop::GroupsAnswer(known->groups), stats);
  }
  Park(handle, user, user.size(), stats, [this, handle, stats](const CallerGroups& known) {
    Respond(handle, std::nullopt, hadoop::GroupsAnswer(known.groups), stats);
  });
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
  static constexpr std::string_view kMethods[] = {"importBatch",  "metaStatus",
                                                  "stateHash",    "disableMirror",
                                                  "mirroredRows", "transferLeadership"};
  const bool known =
      std::find(std::begin(kMethods), std::end(kMethods), method) != std::end(kMethods);
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
  if (!known) {
    return Refuse(handle, hadoop::NoSuchMethodError(hadoop::kJindoProtocol, method), stats);
  }
  if (!caller.superuser) {
    return Refuse(handle, hadoop::SuperuserError(caller.user, method), stats);
  }
  if (method == "transferLeadership") return TransferLeadership(request, stats);
  if (method == "disableMirror") return DisableMirror(request, caller, stats);
  MirroredRows(request, stats);
}

void ClientService::TransferLeadership(const Request& request, MethodStats* stats) {
  ::jfs::jindo::TransferLeadershipRequestProto in;
  if (!in.ParseFromString(request.call.request)) {
    return Refuse(request.handle, hadoop::BadRequestError(request.call.method), stats);
  }
  if (const absl::Status begun = host_->TransferLeadership(in.address()); !begun.ok()) {
    return Refuse(request.handle, hadoop::IoError(std::string(begun.message())), stats);
  }
  Succeed(request.handle, std::nullopt,
          ::jfs::jindo::TransferLeadershipResponseProto().SerializeAsString());
}

void ClientService::DisableMirror(const Request& request, const ns::Caller& caller,
                                  MethodStats* stats) {
  hadoop::Plan plan;
  plan.category = Category::kWrite;
  plan.answer = [](const hadoop::ServiceFacts&, const hadoop::Plan&, const ns::Reply&) {
    return hadoop::Answer{
        .response = ::jfs::jindo::DisableMirrorResponseProto().SerializeAsString(), .error = {}};
  };
  const hadoop::CallIdentity& identity = request.call.identity;
  ns::Command command{.ns = host_->NamespaceOf(request.listener),
                      .caller = caller,
                      .call = {.client = identity.client_id, .call = identity.call_id},
                      .operation = ns::DisableMirror{}};
  const node::CallHandle call = Remember(
      {.handle = request.handle, .plan = std::move(plan), .batch = nullptr, .stats = stats});
  host_->Submit(node::ClientCommand{.call = call, .command = std::move(command)});
}

void ClientService::MirroredRows(const Request& request, MethodStats* stats) {
  ::jfs::jindo::MirroredRowsRequestProto in;
  if (!in.ParseFromString(request.call.request)) {
    return Refuse(request.handle, hadoop::BadRequestError(request.call.method), stats);
  }
  if (!host_->Serving()) return Refuse(request.handle, NotServing(Category::kRead), stats);
  ::jfs::jindo::MirroredRowsResponseProto out;
  if (const absl::Status read = host_->MirroredRows(in, &out); !read.ok()) {
    return Refuse(request.handle, hadoop::IoError(std::string(read.message())), stats);
  }
  Succeed(request.handle, static_cast<int64_t>(out.position()), out.SerializeAsString());
}

IpcError ClientService::NotServing(Category category) {
  if (const std::optional<ns::Reply> refusal = host_->Recovering(); refusal.has_value()) {
    return hadoop::ErrorOf(*refusal);
  }
  return hadoop::StandbyError(category);
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
    const node::CallHandle call = Remember({.plan = {}, .batch = batch, .place = i});
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
  Respond(pending.handle, StateId(reply.reply.position),
          hadoop::AnswerTo(facts_, pending.plan, reply.reply), pending.stats);
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
  if (standby) {
    const Category category = batch.plan.has_value() ? batch.plan->category : Category::kWrite;
    return Refuse(batch.handle, hadoop::StandbyError(category), batch.stats);
  }
  if (retry.has_value()) {
    return Refuse(batch.handle, *NodeError(*retry, Category::kWrite), batch.stats);
  }
  if (batch.plan.has_value()) return AnswerReads(batch);
  AnswerOperations(batch);
}

void ClientService::AnswerReads(const Batch& batch) {
  std::vector<ns::Reply> replies;
  ns::Position last;
  for (const node::ClientReply& reply : batch.replies) {
    CHECK(reply.outcome == Outcome::kReply) << "a read is answered, or is to be asked again";
    replies.push_back(reply.reply);
    last = std::max(last, reply.reply.position);
  }
  Respond(batch.handle, StateId(last), hadoop::AnswerToAll(facts_, *batch.plan, replies),
          batch.stats);
}

void ClientService::AnswerOperations(const Batch& batch) {
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
