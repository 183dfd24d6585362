#include "net/client_service.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "net/event_loop.h"
#include "net/hadoop/ipc_client.h"
#include "net/hadoop/proto/client_namenode.pb.h"
#include "net/hadoop/proto/user_mappings.pb.h"
#include "net/socket.h"

namespace jfs::net {
namespace {

using hadoop::IpcClient;
using hadoop::kClientProtocol;
using hadoop::kJindoProtocol;
using node::ClientReply;
using testing::ElementsAre;
using testing::HasSubstr;

// A daemon whose node is the test.
class Host : public ServiceHost, public CallerResolver {
 public:
  void Submit(node::ClientCommand command) override { commands.push_back(std::move(command)); }
  void Submit(node::ClientRead read) override { reads.push_back(std::move(read)); }
  ns::NamespaceId NamespaceOf(uint32_t listener) override { return listener + 10; }
  bool Serving() override { return serving; }
  hadoop::LocalState Local(ns::NamespaceId) override {
    return {
        .role = serving ? hadoop::LocalState::Role::kLeader : hadoop::LocalState::Role::kFollower,
        .used = 77,
        .safe_mode = true};
  }
  void MetaStatus(::jfs::jindo::MetaStatusResponseProto* out) override {
    out->set_answeredby(2);
    auto* master = out->add_masters();
    master->set_node(2);
    master->set_address("emr-header-2:8103");
    master->set_role("LEADER");
  }
  void StateHash(ns::NamespaceId, ::jfs::jindo::StateHashResponseProto* out) override {
    out->set_appliedindex(1);
    out->set_appliedterm(2);
    out->set_statehash(3);
    out->set_position(4);
    out->set_directories(5);
    out->set_files(6);
    out->set_bytes(7);
  }
  absl::Status TransferLeadership(const std::string& address) override {
    transferred_to = address;
    return address == "bad:1" ? absl::NotFoundError("bad:1 is no master") : absl::OkStatus();
  }
  absl::Status MirroredRows(const ::jfs::jindo::MirroredRowsRequestProto& in,
                            ::jfs::jindo::MirroredRowsResponseProto* out) override {
    out->set_position(ns::Position::Of(1, 9).packed);
    auto* row = out->add_rows();
    row->set_key(in.startafter() + "k");
    row->set_valuehash(1);
    row->set_valuebytes(2);
    out->set_more(false);
    return absl::OkStatus();
  }
  std::optional<ns::Reply> Recovering() override { return recovering; }
  const CallerGroups* Find(const std::string& user) override {
    if (user == "slow" && !slow_known) return nullptr;
    groups = {.groups = {user + "-group"}, .superuser = user == "root"};
    return &groups;
  }
  void Resolve(const std::string&, std::function<void()> done) override {
    waiting.push_back(std::move(done));
  }
  void Refresh() override { ++refreshes; }
  bool RenewLeases(node::CallHandle call, ns::NamespaceId,
                   const std::vector<std::string>& holders) override {
    if (takes_renewals) renewals.emplace_back(call, holders);
    return takes_renewals;
  }

  std::vector<node::ClientCommand> commands;
  std::vector<node::ClientRead> reads;
  std::vector<std::pair<node::CallHandle, std::vector<std::string>>> renewals;
  bool serving = true, slow_known = false, takes_renewals = false;
  std::optional<ns::Reply> recovering;
  int refreshes = 0;
  std::string transferred_to = "nobody";
  CallerGroups groups;
  std::vector<std::function<void()>> waiting;
};

class ClientServiceTest : public testing::Test {
 protected:
  ClientServiceTest() : service_({}, &host_, &host_), server_(loop_.get(), &service_, {}) {
    service_.set_server(&server_);
    EXPECT_TRUE(server_.Listen({.host = "127.0.0.1", .port = 0}, 1).ok());
  }
  std::unique_ptr<IpcClient> Client(const std::string& user) {
    IpcClient::Options options;
    options.addresses = {{.host = "127.0.0.1", .port = server_.port(1)}};
    options.user = user;
    options.backoff_base = kMillisecond;
    options.backoff_max = kMillisecond;
    options.give_up_after = 20 * kSecond;
    return std::make_unique<IpcClient>(options);
  }
  // Turns loop and client until `done`.
  bool Until(IpcClient* client, const std::function<bool()>& done) {
    const Micros end = EventLoop::Now() + 20 * kSecond;
    while (!done() && EventLoop::Now() < end) {
      loop_->RunOnce(kMillisecond);
      client->Poll(0, &results_);
    }
    return done();
  }
  bool Result(IpcClient* client) {
    return Until(client, [&] { return !results_.empty(); });
  }
  static ns::Reply Done(uint64_t sequence) {
    return {.value = ns::Truth{true}, .position = ns::Position::Of(1, sequence)};
  }
  static ::hadoop::hdfs::MkdirsRequestProto Mkdirs() {
    ::hadoop::hdfs::MkdirsRequestProto out;
    out.set_src("/d");
    out.mutable_masked()->set_perm(0755);
    out.set_createparent(true);
    return out;
  }

  std::unique_ptr<EventLoop> loop_ = std::move(*EventLoop::Create());
  Host host_;
  ClientService service_;
  hadoop::IpcServer server_;
  std::vector<IpcClient::Result> results_;
};

TEST_F(ClientServiceTest, MutationGoesToTheNodeAndBackWithItsPosition) {
  auto client = Client("alice");
  const int32_t id = client->Submit(kClientProtocol, "mkdirs", Mkdirs());
  ASSERT_TRUE(Until(client.get(), [&] { return host_.commands.size() == 1; }));
  const ns::Command& command = host_.commands[0].command;
  EXPECT_EQ(command.ns, 11u);
  EXPECT_EQ(command.caller.user, "alice");
  EXPECT_THAT(command.caller.groups, ElementsAre("alice-group"));
  EXPECT_FALSE(command.caller.superuser);
  EXPECT_EQ(command.caller.address, "127.0.0.1");
  EXPECT_EQ(command.call.client, client->client_id());
  EXPECT_EQ(command.call.call, id);
  EXPECT_EQ(std::get<ns::Mkdirs>(command.operation).path, "/d");
  service_.OnReply({.call = host_.commands[0].call, .reply = Done(9)});
  ASSERT_TRUE(Result(client.get()));
  ASSERT_TRUE(results_[0].ok());
  EXPECT_EQ(results_[0].state_id, static_cast<int64_t>(ns::Position::Of(1, 9).packed));
  ::hadoop::hdfs::MkdirsResponseProto response;
  ASSERT_TRUE(response.ParseFromString(results_[0].response));
  EXPECT_TRUE(response.result());
  EXPECT_EQ(service_.pending(), 0u);
  EXPECT_EQ(service_.stats().at("mkdirs").calls, 1u);
}

TEST_F(ClientServiceTest, EveryOutcomeBecomesWhatTheClientActsOn) {
  auto client = Client("alice");
  // Each of these makes the client ask again; the last answer is definite.
  const ClientReply::Outcome again[] = {
      ClientReply::Outcome::kNotLeader, ClientReply::Outcome::kNotReady,
      ClientReply::Outcome::kBusy, ClientReply::Outcome::kUnknown};
  client->Submit(kClientProtocol, "mkdirs", Mkdirs());
  for (size_t i = 0; i < 4; ++i) {
    ASSERT_TRUE(Until(client.get(), [&] { return host_.commands.size() == i + 1; }));
    EXPECT_EQ(host_.commands[i].command.call, host_.commands[0].command.call);
    service_.OnReply({.call = host_.commands[i].call, .outcome = again[i]});
  }
  ASSERT_TRUE(Until(client.get(), [&] { return host_.commands.size() == 5; }));
  service_.OnReply({.call = host_.commands[4].call, .outcome = ClientReply::Outcome::kDiskLow});
  ASSERT_TRUE(Result(client.get()));
  EXPECT_EQ(results_[0].error->exception_class, "java.io.IOException");
  EXPECT_THAT(results_[0].error->message, HasSubstr("disk space"));
  EXPECT_EQ(client->failovers(), 2u);
}

TEST_F(ClientServiceTest, MsyncAnswersOnlyThePosition) {
  auto client = Client("alice");
  client->Submit(kClientProtocol, "msync", ::hadoop::hdfs::MsyncRequestProto());
  ASSERT_TRUE(Until(client.get(), [&] { return host_.reads.size() == 1; }));
  service_.OnReply(
      {.call = host_.reads[0].call,
       .reply = {.code = ns::Code::kPermissionDenied, .position = ns::Position::Of(1, 3)}});
  ASSERT_TRUE(Result(client.get()));
  EXPECT_TRUE(results_[0].ok());
  EXPECT_EQ(results_[0].state_id, static_cast<int64_t>(ns::Position::Of(1, 3).packed));
}

TEST_F(ClientServiceTest, LocalCallsAreTheLeadersUnlessUnchecked) {
  auto client = Client("alice");
  host_.serving = false;
  client->Submit(kClientProtocol, "getHAServiceState",
                 ::hadoop::hdfs::HAServiceStateRequestProto());
  ASSERT_TRUE(Result(client.get()));
  ::hadoop::hdfs::HAServiceStateResponseProto state;
  ASSERT_TRUE(state.ParseFromString(results_[0].response));
  EXPECT_EQ(state.state(), ::hadoop::common::STANDBY);
  results_.clear();
  ::hadoop::hdfs::RenewLeaseRequestProto renew;
  renew.set_clientname("c");
  client->Submit(kClientProtocol, "renewLease", renew);
  ASSERT_TRUE(Until(client.get(), [&] { return client->failovers() > 1; }));
  EXPECT_TRUE(results_.empty());
  host_.serving = true;
  ASSERT_TRUE(Result(client.get()));
  EXPECT_TRUE(results_[0].ok());
}

TEST_F(ClientServiceTest, SuperuserCallsAreRefusedToOthers) {
  auto client = Client("alice");
  ::hadoop::hdfs::GetDatanodeReportRequestProto report;
  report.set_type(::hadoop::hdfs::ALL);
  client->Submit(kClientProtocol, "getDatanodeReport", report);
  ASSERT_TRUE(Result(client.get()));
  EXPECT_EQ(results_[0].error->exception_class,
            "org.apache.hadoop.security.AccessControlException");
  EXPECT_EQ(results_[0].error->message,
            "Access denied for user alice. Superuser privilege is required for operation "
            "datanodeReport");
  results_.clear();
  auto root = Client("root");
  root->Submit(kClientProtocol, "getDatanodeReport", report);
  ASSERT_TRUE(Result(root.get()));
  EXPECT_TRUE(results_[0].ok());
}

TEST_F(ClientServiceTest, CallsWaitForTheGroupsOfTheirCaller) {
  auto client = Client("slow");
  client->Submit(kClientProtocol, "mkdirs", Mkdirs());
  ASSERT_TRUE(Until(client.get(), [&] { return host_.waiting.size() == 1; }));
  EXPECT_TRUE(host_.commands.empty());
  host_.slow_known = true;
  host_.waiting[0]();
  ASSERT_EQ(host_.commands.size(), 1u);
  EXPECT_THAT(host_.commands[0].command.caller.groups, ElementsAre("slow-group"));
  service_.OnReply({.call = host_.commands[0].call, .reply = Done(1)});
}

::jfs::jindo::ImportBatchRequestProto Batch(uint32_t first_call_id) {
  ::jfs::jindo::ImportBatchRequestProto out;
  for (uint32_t i = 0; i < 3; ++i) {
    auto* operation = out.add_operations();
    operation->set_callid(first_call_id + i);
    operation->mutable_mkdirs()->set_path("/d" + std::to_string(i));
    operation->mutable_mkdirs()->set_mode(0755);
  }
  return out;
}

TEST_F(ClientServiceTest, BatchIsAnsweredWhenAllOfItIs) {
  auto client = Client("alice");
  const auto first = static_cast<uint32_t>(client->ReserveCallIds(3));
  client->Submit(kJindoProtocol, "importBatch", Batch(first));
  ASSERT_TRUE(Until(client.get(), [&] { return host_.commands.size() == 3; }));
  for (uint32_t i = 0; i < 3; ++i) {
    EXPECT_EQ(host_.commands[i].command.call.call, static_cast<int32_t>(first + i));
  }
  ClientReply refused{.call = host_.commands[1].call};
  refused.reply = {.code = ns::Code::kFileExists,
                   .arguments = {"/d1", "127.0.0.1"},
                   .position = ns::Position::Of(1, 4)};
  refused.at = {.index = raft::LogIndex(30), .term = raft::Term(2)};
  refused.ordinal = 1;
  service_.OnReply(refused);
  service_.OnReply({.call = host_.commands[2].call, .reply = Done(6)});
  service_.OnReply({.call = host_.commands[0].call, .reply = Done(5)});
  ASSERT_TRUE(Result(client.get()));
  ASSERT_TRUE(results_[0].ok());
  ::jfs::jindo::ImportBatchResponseProto response;
  ASSERT_TRUE(response.ParseFromString(results_[0].response));
  ASSERT_EQ(response.results_size(), 3);
  EXPECT_FALSE(response.results(0).has_exceptionclass());
  EXPECT_TRUE(response.results(0).result());
  EXPECT_EQ(response.results(1).exceptionclass(),
            "org.apache.hadoop.fs.FileAlreadyExistsException");
  EXPECT_EQ(response.results(1).logindex(), 30u);
  EXPECT_EQ(response.results(1).ordinal(), 1u);
  EXPECT_EQ(results_[0].state_id, static_cast<int64_t>(ns::Position::Of(1, 6).packed));
}

TEST_F(ClientServiceTest, BatchWithAnUncertainPartIsAskedForAgainAsAWhole) {
  auto client = Client("alice");
  client->Submit(kJindoProtocol, "importBatch",
                 Batch(static_cast<uint32_t>(client->ReserveCallIds(3))));
  size_t expected = 0;
  for (const auto outcome : {ClientReply::Outcome::kUnknown, ClientReply::Outcome::kNotLeader,
                             ClientReply::Outcome::kBusy}) {
    expected += 3;
    ASSERT_TRUE(Until(client.get(), [&] { return host_.commands.size() == expected; }));
    service_.OnReply({.call = host_.commands[expected - 3].call, .reply = Done(1)});
    service_.OnReply({.call = host_.commands[expected - 2].call, .outcome = outcome});
    service_.OnReply({.call = host_.commands[expected - 1].call, .reply = Done(2)});
  }
  EXPECT_TRUE(results_.empty());
  ASSERT_TRUE(Until(client.get(), [&] { return host_.commands.size() == 12; }));
  EXPECT_EQ(host_.commands[9].command.call, host_.commands[0].command.call);
  for (size_t i = 9; i < 12; ++i)
    service_.OnReply({.call = host_.commands[i].call, .reply = Done(3)});
  ASSERT_TRUE(Result(client.get()));
  EXPECT_TRUE(results_[0].ok());
}

TEST_F(ClientServiceTest, CallsThatWaitForGroupsAreBounded) {
  auto client = Client("slow");
  // A request that nobody has looked at yet may be anything.
  auto large = Mkdirs();
  large.set_src(std::string(7 << 20, 'x'));
  for (int i = 0; i < 10; ++i) client->Submit(kClientProtocol, "mkdirs", large);
  ASSERT_TRUE(Until(client.get(), [&] {
    const auto stats = service_.stats().find("(unknown)");
    return stats != service_.stats().end() && stats->second.errors > 0;
  }));
  EXPECT_LE(host_.waiting.size(), ClientService::kMaxParkedBytes / (7 << 20));
  // They come again, and find room once the groups are known.
  host_.slow_known = true;
  for (const auto& done : std::exchange(host_.waiting, {})) done();
  EXPECT_TRUE(Until(client.get(), [&] { return host_.commands.size() == 10; }));
}

TEST_F(ClientServiceTest, GroupsThatDoNotBecomeKnownAreAskedForAgain) {
  auto client = Client("slow");
  client->Submit(kClientProtocol, "mkdirs", Mkdirs());
  ASSERT_TRUE(Until(client.get(), [&] { return host_.waiting.size() == 1; }));
  for (const auto& done : std::exchange(host_.waiting, {})) done();
  ASSERT_TRUE(Until(client.get(), [&] { return host_.waiting.size() == 1; })) << "it came again";
  EXPECT_TRUE(results_.empty());
  EXPECT_EQ(service_.stats().find("(unknown)")->second.errors, 1u);
}

TEST_F(ClientServiceTest, AdministrationOverTheJindoProtocol) {
  auto root = Client("root");
  root->Submit(kJindoProtocol, "metaStatus", ::jfs::jindo::MetaStatusRequestProto());
  ASSERT_TRUE(Result(root.get()));
  ::jfs::jindo::MetaStatusResponseProto status;
  ASSERT_TRUE(status.ParseFromString(results_[0].response));
  EXPECT_EQ(status.masters(0).role(), "LEADER");
  results_.clear();
  root->Submit(kJindoProtocol, "stateHash", ::jfs::jindo::StateHashRequestProto());
  ASSERT_TRUE(Result(root.get()));
  ::jfs::jindo::StateHashResponseProto hash;
  ASSERT_TRUE(hash.ParseFromString(results_[0].response));
  EXPECT_EQ(hash.statehash(), 3u);
  results_.clear();
  ::jfs::jindo::TransferLeadershipRequestProto transfer;
  transfer.set_address("bad:1");
  root->Submit(kJindoProtocol, "transferLeadership", transfer);
  ASSERT_TRUE(Result(root.get()));
  EXPECT_EQ(results_[0].error->message, "bad:1 is no master");
  results_.clear();
  host_.transferred_to = "nobody";
  auto alice = Client("alice");
  alice->Submit(kJindoProtocol, "transferLeadership",
                ::jfs::jindo::TransferLeadershipRequestProto());
  ASSERT_TRUE(Result(alice.get()));
  EXPECT_EQ(results_[0].error->exception_class,
            "org.apache.hadoop.security.AccessControlException");
  EXPECT_EQ(host_.transferred_to, "nobody");
  results_.clear();
  alice->Submit(kJindoProtocol, "nothing", "");
  ASSERT_TRUE(Result(alice.get()));
  EXPECT_THAT(results_[0].error->exception_class, HasSubstr("RpcNoSuchMethodException"));
}

TEST_F(ClientServiceTest, GivingUpTheMirrorIsAMutationOfASuperuser) {
  auto alice = Client("alice");
  alice->Submit(kJindoProtocol, "disableMirror", ::jfs::jindo::DisableMirrorRequestProto());
  ASSERT_TRUE(Result(alice.get()));
  EXPECT_EQ(results_[0].error->exception_class,
            "org.apache.hadoop.security.AccessControlException");
  EXPECT_TRUE(host_.commands.empty());
  results_.clear();

  auto root = Client("root");
  root->Submit(kJindoProtocol, "disableMirror", ::jfs::jindo::DisableMirrorRequestProto());
  ASSERT_TRUE(Until(root.get(), [&] { return host_.commands.size() == 1; }));
  EXPECT_TRUE(std::holds_alternative<ns::DisableMirror>(host_.commands[0].command.operation));
  EXPECT_TRUE(host_.commands[0].command.call.remembered());
  service_.OnReply({.call = host_.commands[0].call, .reply = {}});
  ASSERT_TRUE(Result(root.get()));
  EXPECT_TRUE(results_[0].ok());
  results_.clear();

  // Also where it is refused like any other change.
  root->Submit(kJindoProtocol, "disableMirror", ::jfs::jindo::DisableMirrorRequestProto());
  ASSERT_TRUE(Until(root.get(), [&] { return host_.commands.size() == 2; }));
  service_.OnReply(
      {.call = host_.commands[1].call, .reply = {.code = ns::Code::kRecoveryMode, .value = {}}});
  ASSERT_TRUE(Result(root.get()));
  EXPECT_EQ(results_[0].error->exception_class, "java.io.IOException");
  EXPECT_EQ(results_[0].error->message,
            "ErrorCode : 25021 , ErrorMsg: Namespace is under recovery mode, and is read-only.");
}

TEST_F(ClientServiceTest, MirroredRowsAreForSuperusersAndFromAServingMaster) {
  ::jfs::jindo::MirroredRowsRequestProto request;
  request.set_startafter("a");
  auto alice = Client("alice");
  alice->Submit(kJindoProtocol, "mirroredRows", request);
  ASSERT_TRUE(Result(alice.get()));
  EXPECT_EQ(results_[0].error->exception_class,
            "org.apache.hadoop.security.AccessControlException");
  results_.clear();
  auto root = Client("root");
  root->Submit(kJindoProtocol, "mirroredRows", request);
  ASSERT_TRUE(Result(root.get()));
  ::jfs::jindo::MirroredRowsResponseProto rows;
  ASSERT_TRUE(rows.ParseFromString(results_[0].response));
  EXPECT_EQ(rows.rows(0).key(), "ak");
}

// `hdfs dfsadmin -report` and the like, and reads of a leader whose namespaces are still coming.
TEST_F(ClientServiceTest, WhatIsAnsweredLocallyHearsOfARecovery) {
  host_.serving = false;
  host_.recovering =
      ns::Reply{.code = ns::Code::kRecoveryFailed, .arguments = {"it broke"}, .value = {}};
  auto client = Client("alice");
  client->Submit(kClientProtocol, "getServerDefaults",
                 ::hadoop::hdfs::GetServerDefaultsRequestProto());
  ASSERT_TRUE(Result(client.get()));
  EXPECT_EQ(results_[0].error->exception_class, "java.io.IOException");
  EXPECT_THAT(results_[0].error->message, HasSubstr("it broke"));
}

TEST_F(ClientServiceTest, BrokenRequestIsAnErrorOfItsCall) {
  auto client = Client("alice");
  client->Submit(kClientProtocol, "mkdirs", std::string("\xff\xff"));
  ASSERT_TRUE(Result(client.get()));
  EXPECT_EQ(results_[0].error->detail, ::hadoop::common::RpcResponseHeaderProto::ERROR_APPLICATION);
  results_.clear();
  client->Submit(kClientProtocol, "getHAServiceState",
                 ::hadoop::hdfs::HAServiceStateRequestProto());
  ASSERT_TRUE(Result(client.get()));
  EXPECT_EQ(client->failovers(), 0u);
}

TEST_F(ClientServiceTest, NamesThatNobodyServesAreCountedTogether) {
  auto client = Client("alice");
  for (const char* method : {"a", "b"}) {
    client->Submit(kClientProtocol, method, "");
    ASSERT_TRUE(Result(client.get()));
    results_.clear();
    client->Submit("x.Y", method, "");
    ASSERT_TRUE(Result(client.get()));
    results_.clear();
  }
  EXPECT_EQ(service_.stats().size(), 1u);
  EXPECT_EQ(service_.stats().at("(unknown)").errors, 4u);
}

TEST_F(ClientServiceTest, SuperusersAreToldWhyBeforeOthersAreToldWhat) {
  auto alice = Client("alice");
  alice->Submit(kClientProtocol, "rollEdits", "");
  ASSERT_TRUE(Result(alice.get()));
  EXPECT_EQ(results_[0].error->message,
            "Access denied for user alice. Superuser privilege is required for operation "
            "rollEditLog");
  results_.clear();
  auto root = Client("root");
  root->Submit(kClientProtocol, "rollEdits", "");
  ASSERT_TRUE(Result(root.get()));
  EXPECT_EQ(results_[0].error->exception_class, "java.lang.UnsupportedOperationException");
}

TEST_F(ClientServiceTest, LeasesAreRenewedByTheHostIfItTakesThem) {
  auto client = Client("alice");
  ::hadoop::hdfs::RenewLeaseRequestProto renew;
  renew.set_clientname("c1");
  client->Submit(kClientProtocol, "renewLease", renew);
  ASSERT_TRUE(Result(client.get()));
  EXPECT_TRUE(results_[0].ok());
  results_.clear();
  host_.takes_renewals = true;
  client->Submit(kClientProtocol, "renewLease", renew);
  ASSERT_TRUE(Until(client.get(), [&] { return host_.renewals.size() == 1; }));
  EXPECT_EQ(host_.renewals[0].second, std::vector<std::string>{"c1"});
  EXPECT_TRUE(results_.empty());
  service_.OnReply({.call = host_.renewals[0].first, .reply = Done(4)});
  ASSERT_TRUE(Result(client.get()));
  EXPECT_TRUE(results_[0].ok());
  EXPECT_EQ(results_[0].state_id, static_cast<int64_t>(ns::Position::Of(1, 4).packed));
  EXPECT_EQ(service_.pending(), 0u);
}

TEST_F(ClientServiceTest, ReadsOfOneCallAreAnsweredTogether) {
  auto client = Client("alice");
  ::hadoop::hdfs::GetBatchedListingRequestProto request;
  request.add_paths("/a");
  request.add_paths("/b");
  request.set_startafter("");
  request.set_needlocation(false);
  client->Submit(kClientProtocol, "getBatchedListing", request);
  ASSERT_TRUE(Until(client.get(), [&] { return host_.reads.size() == 2; }));
  // One that must be asked again makes the client ask for all of them again.
  service_.OnReply({.call = host_.reads[0].call, .reply = {.value = ns::Absent{}}});
  service_.OnReply({.call = host_.reads[1].call, .outcome = ClientReply::Outcome::kNotLeader});
  ASSERT_TRUE(Until(client.get(), [&] { return host_.reads.size() == 4; }));
  service_.OnReply({.call = host_.reads[3].call,
                    .reply = {.value = ns::Listing(), .position = ns::Position::Of(1, 8)}});
  service_.OnReply({.call = host_.reads[2].call,
                    .reply = {.value = ns::Absent{}, .position = ns::Position::Of(1, 7)}});
  ASSERT_TRUE(Result(client.get()));
  ::hadoop::hdfs::GetBatchedListingResponseProto response;
  ASSERT_TRUE(response.ParseFromString(results_[0].response));
  EXPECT_EQ(response.listings(0).exception().message(), "Path /a does not exist");
  EXPECT_FALSE(response.listings(1).has_exception());
  EXPECT_EQ(results_[0].state_id, static_cast<int64_t>(ns::Position::Of(1, 8).packed));
  EXPECT_EQ(service_.pending(), 0u);
}

TEST_F(ClientServiceTest, WhoOwnsADirectoryIsAskedInTheCallersName) {
  auto client = Client("carol");
  ::hadoop::hdfs::CreateSnapshotRequestProto request;
  request.set_snapshotroot("/d");
  client->Submit(kClientProtocol, "createSnapshot", request);
  ASSERT_TRUE(Until(client.get(), [&] { return host_.reads.size() == 1; }));
  service_.OnReply(
      {.call = host_.reads[0].call,
       .reply = {.value = ns::FileStatus{.type = ns::FileType::kDirectory, .owner = "alice"}}});
  ASSERT_TRUE(Result(client.get()));
  EXPECT_EQ(results_[0].error->message,
            "Permission denied. user=carol is not the owner of inode=/d");
}

TEST_F(ClientServiceTest, GroupsOfAUserAndTheirRefresh) {
  auto client = Client("alice");
  ::hadoop::common::GetGroupsForUserRequestProto request;
  request.set_user("bob");
  ::hadoop::common::GetGroupsForUserResponseProto response;
  host_.serving = false;  // any master answers
  client->Submit(hadoop::kGetUserMappingsProtocol, "getGroupsForUser", request);
  ASSERT_TRUE(Result(client.get()));
  ASSERT_TRUE(response.ParseFromString(results_[0].response));
  EXPECT_THAT(response.groups(), ElementsAre("bob-group"));
  results_.clear();
  request.set_user("slow");
  client->Submit(hadoop::kGetUserMappingsProtocol, "getGroupsForUser", request);
  ASSERT_TRUE(Until(client.get(), [&] { return host_.waiting.size() == 1; }));
  EXPECT_TRUE(results_.empty());
  host_.slow_known = true;
  host_.waiting[0]();
  ASSERT_TRUE(Result(client.get()));
  ASSERT_TRUE(response.ParseFromString(results_[0].response));
  EXPECT_THAT(response.groups(), ElementsAre("slow-group"));
  results_.clear();
  client->Submit(hadoop::kRefreshUserMappingsProtocol, "refreshUserToGroupsMappings", "");
  ASSERT_TRUE(Result(client.get()));
  EXPECT_FALSE(results_[0].ok());
  EXPECT_EQ(host_.refreshes, 0);
  results_.clear();
  auto root = Client("root");
  root->Submit(hadoop::kRefreshUserMappingsProtocol, "refreshUserToGroupsMappings", "");
  ASSERT_TRUE(Result(root.get()));
  EXPECT_TRUE(results_[0].ok());
  EXPECT_EQ(host_.refreshes, 1);
}

TEST_F(ClientServiceTest, AMasterThatDoesNotLeadSaysWhatItKnowsOfSafeMode) {
  auto client = Client("alice");
  ::hadoop::hdfs::SetSafeModeRequestProto request;
  ::hadoop::hdfs::SetSafeModeResponseProto response;
  request.set_action(::hadoop::hdfs::SAFEMODE_GET);
  host_.serving = false;
  client->Submit(kClientProtocol, "setSafeMode", request);
  ASSERT_TRUE(Result(client.get()));
  ASSERT_TRUE(response.ParseFromString(results_[0].response));
  EXPECT_TRUE(response.result());
  EXPECT_TRUE(host_.reads.empty());
  // Who wants a change is sent on.
  results_.clear();
  auto root = Client("root");
  request.set_action(::hadoop::hdfs::SAFEMODE_ENTER);
  root->Submit(kClientProtocol, "setSafeMode", request);
  ASSERT_TRUE(Until(root.get(), [&] { return host_.commands.size() == 1; }));
  service_.OnReply(
      {.call = host_.commands[0].call, .outcome = ClientReply::Outcome::kNotLeader, .reply = {}});
  ASSERT_TRUE(Until(root.get(), [&] { return root->failovers() == 1; }));
  EXPECT_TRUE(results_.empty());
  ASSERT_TRUE(Until(root.get(), [&] { return host_.commands.size() == 2; }));
  service_.OnReply({.call = host_.commands[1].call, .reply = Done(1)});
  ASSERT_TRUE(Result(root.get()));
  // One that leads asks the namespace.
  host_.serving = true;
  request.set_action(::hadoop::hdfs::SAFEMODE_GET);
  client->Submit(kClientProtocol, "setSafeMode", request);
  ASSERT_TRUE(Until(client.get(), [&] { return host_.reads.size() == 1; }));
  service_.OnReply({.call = host_.reads[0].call, .reply = {.value = ns::Truth{false}}});
}

}  // namespace
}  // namespace jfs::net
