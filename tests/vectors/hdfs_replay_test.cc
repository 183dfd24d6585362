// Replays what stock clients said to a real NameNode against our namespace, through the code that
// serves our own clients, and compares the answers with the recorded ones.

#include <cstdint>
#include <cstdio>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

#include "core/base/check.h"
#include "core/kv/memory_store.h"
#include "core/kv/write_batch.h"
#include "core/ns/codec.h"
#include "core/ns/namespace.h"
#include "net/hadoop/ipc_message.h"
#include "net/hadoop/proto/client_namenode.pb.h"
#include "net/hadoop/proto/rpc_header.pb.h"
#include "net/hadoop/translate.h"
#include "tests/vectors/recording.h"
#include "tests/vectors/same_answer.h"

namespace jfs::vectors {
namespace {

using ::hadoop::common::IpcConnectionContextProto;
using ::hadoop::common::RequestHeaderProto;
using ::hadoop::common::RpcRequestHeaderProto;
using ::hadoop::common::RpcResponseHeaderProto;
using ::hadoop::common::RpcSaslProto;

constexpr const char* kFiles[] = {"ipc-setup.json", "namespace.json", "errors.json", "write.json",
                                  "append-truncate-lease.json"};

// Calls about blocks and leases that the recorded NameNode and its data node knew from earlier. To
// make them here, their files would have to be written first.
const std::set<std::string> kNotCompared = {"append",        "fsync",    "isFileClosed",
                                            "recoverLease",  "truncate", "updateBlockForPipeline",
                                            "updatePipeline"};

// What stands in a frame, without its length.
std::string_view Body(const Message& message) { return std::string_view(message.bytes).substr(4); }

std::string MethodOf(const Message& message) {
  return message.kind.substr(message.kind.find(' ') + 1);
}

std::string FirstLine(const std::string& text) { return text.substr(0, text.find('\n')); }

struct Call {
  int32_t call_id = 0;
  std::string client_id;
  std::string protocol, method;
  uint64_t version = 0;
  std::string request;
};

Call ParseCall(const Message& message) {
  std::string_view rest = Body(message);
  RpcRequestHeaderProto header;
  RequestHeaderProto request_header;
  std::string_view request;
  CHECK(net::hadoop::TakeMessage(&rest, &header)) << message.kind;
  CHECK(net::hadoop::TakeMessage(&rest, &request_header)) << message.kind;
  CHECK(net::hadoop::TakeDelimited(&rest, &request)) << message.kind;
  CHECK(rest.empty()) << message.kind;
  return {header.callid(),
          header.clientid(),
          request_header.declaringclassprotocolname(),
          request_header.methodname(),
          request_header.clientprotocolversion(),
          std::string(request)};
}

struct Recorded {
  RpcResponseHeaderProto header;
  std::string response;  // without error
};

Recorded ParseAnswer(const Message& message) {
  Recorded recorded;
  std::string_view rest = Body(message);
  CHECK(net::hadoop::TakeMessage(&rest, &recorded.header)) << message.kind;
  if (recorded.header.status() != RpcResponseHeaderProto::SUCCESS) return recorded;
  std::string_view response;
  CHECK(net::hadoop::TakeDelimited(&rest, &response)) << message.kind;
  CHECK(rest.empty()) << message.kind;
  recorded.response = std::string(response);
  return recorded;
}

// One master with one namespace, as the recorded NameNode was set up.
class Server {
 public:
  Server() {
    auto opened = ns::Namespace::Open(store_, Mutations());
    CHECK(opened.ok()) << opened.status();
    namespace_ = std::move(*opened);
    ns::Caller root{"root", {"root"}, true, "127.0.0.1"};
    ns::SetLimits limits;
    limits.min_block_size = 1024;
    Apply({0, root, {}, ns::CreateNamespace{"recorded"}});
    Apply({1, root, {}, limits});
  }

  ns::Reply Apply(ns::Command command) {
    ns::CommandBatch batch;
    now_ += 10;
    batch.wall = WallMillis(now_);
    batch.elapsed_millis = 10;
    batch.commands.push_back(std::move(command));
    kv::WriteBatch changes;
    std::vector<ns::Reply> replies;
    const absl::Status applied =
        namespace_->Apply(store_, ++index_, ns::EncodeCommandBatch(batch), &changes, &replies);
    CHECK(applied.ok()) << applied;
    const absl::Status written = store_.Write(changes);
    CHECK(written.ok()) << written;
    CHECK_EQ(replies.size(), 1u);
    return replies.front();
  }

  ns::Reply Read(const ns::ReadRequest& request) const {
    ns::Reply reply;
    const absl::Status read = namespace_->Read(store_, request, &reply);
    CHECK(read.ok()) << read;
    return reply;
  }

 private:
  kv::MemoryStore store_;
  std::unique_ptr<ns::Namespace> namespace_;
  uint64_t index_ = 0;
  uint64_t now_ = 1'795'389'000'000;
};

// How many calls of each kind were compared, and why the others were not.
struct Tally {
  std::map<std::string, int> compared;
  std::map<std::string, std::map<std::string, int>> skipped;  // by reason, then method
  int frames_reencoded = 0;
  int total() const {
    int sum = 0;
    for (const auto& [method, count] : compared) sum += count;
    return sum;
  }
};

class Replay {
 public:
  Replay(const Scenario& scenario, Tally* tally) : scenario_(scenario), tally_(tally) {
    facts_.live_data_servers = 1;
    facts_.default_replication = 1;
    // Ours takes over the recorded pool's name: a client that speaks of another one is refused.
    facts_.block_pool_id = "BP-90063411-127.0.0.1-1795389031930";
  }

  void Run() {
    CollectAnswers();
    for (const Message& message : scenario_.messages) {
      if (!message.from_client) continue;
      if (message.kind == "ipc.context") Context(message);
      if (absl::StartsWith(message.kind, "ipc.call ")) OneCall(message);
    }
  }

 private:
  using CallKey = std::pair<std::string, int32_t>;  // connection, call id

  void CollectAnswers() {
    for (const Message& message : scenario_.messages) {
      if (message.from_client) continue;
      if (!absl::StartsWith(message.kind, "ipc.reply ") &&
          !absl::StartsWith(message.kind, "ipc.error ")) {
        continue;
      }
      Recorded recorded = ParseAnswer(message);
      const CallKey key = {message.connection, static_cast<int32_t>(recorded.header.callid())};
      answers_[key] = std::move(recorded);
    }
  }

  // A file that the conversation finds without having made it was put there by somebody else: it is
  // imported, as the recorded answer describes it, right before it is found.
  void Prepare(const Call& call, const Recorded& recorded) {
    const std::string path = PathOf(call);
    if (call.method == "create" || call.method == "mkdirs") made_.insert(path);
    if (call.method == "rename" || call.method == "rename2") made_.insert(Field(call, "dst"));
    if (call.method != "getFileInfo" || made_.count(path) != 0) return;
    ::hadoop::hdfs::GetFileInfoResponseProto response;
    if (!response.ParseFromString(recorded.response) || !response.has_fs()) return;
    const auto& fs = response.fs();
    if (fs.filetype() != ::hadoop::hdfs::HdfsFileStatusProto::IS_FILE) return;
    ns::ImportFile import;
    import.path = path;
    import.mode = static_cast<uint16_t>(fs.permission().perm());
    import.user = fs.owner();
    import.group = fs.group();
    import.mtime = WallMillis(fs.modification_time());
    import.atime = WallMillis(fs.access_time());
    import.replication = fs.block_replication();
    import.block_size = fs.blocksize();
    import.length = fs.length();
    const ns::Reply reply = server_.Apply({1, {"root", {"root"}, true, "127.0.0.1"}, {}, import});
    CHECK(reply.code == ns::Code::kOk) << path;
    made_.insert(path);
  }

  // A text field of a request; empty if it has none of that name.
  static std::string Field(const Call& call, const char* name) {
    const auto request = NewRequest(call.method);
    if (request == nullptr || !request->ParseFromString(call.request)) return "";
    const auto* field = request->GetDescriptor()->FindFieldByName(name);
    return field == nullptr ? "" : request->GetReflection()->GetString(*request, field);
  }

  static std::string PathOf(const Call& call) {
    const std::string source = Field(call, "src");
    return source.empty() ? Field(call, "path") : source;
  }

  void Context(const Message& message) {
    std::string_view rest = Body(message);
    RpcRequestHeaderProto header;
    IpcConnectionContextProto context;
    CHECK(net::hadoop::TakeMessage(&rest, &header));
    CHECK(net::hadoop::TakeMessage(&rest, &context));
    const std::string& user = context.userinfo().effectiveuser();
    callers_[message.connection] = {user, {user}, user == "root", "127.0.0.1"};
  }

  void Skip(const std::string& method, const std::string& reason) {
    ++tally_->skipped[reason][method];
  }

  void OneCall(const Message& message) {
    Call call = ParseCall(message);
    const auto answer = answers_.find({message.connection, call.call_id});
    if (answer == answers_.end()) return Skip(call.method, "no answer was recorded");
    const Recorded& recorded = answer->second;
    Prepare(call, recorded);
    SCOPED_TRACE(
        absl::StrCat(scenario_.file, ": ", scenario_.name, ": ", call.method, " #", call.call_id));

    const auto request = NewRequest(call.method);
    if (request != nullptr) {
      ASSERT_TRUE(request->ParseFromString(call.request));
      Translate(ids_, request.get());
      call.request = request->SerializeAsString();
    }
    const net::hadoop::Plan plan =
        net::hadoop::Translate(facts_, call.protocol, call.version, call.method, call.request);
    if (recorded.header.exceptionclassname() == "org.apache.hadoop.ipc.StandbyException") {
      return CompareError(call.method, recorded, net::hadoop::StandbyError(plan.category));
    }
    const std::string path = PathOf(call);
    if (lost_.count(path) != 0) {
      return Skip(call.method, "its file was changed by a call that was not made here");
    }
    if (kNotCompared.count(call.method) != 0) {
      // From here on a file that the recorded server had changed is another one here.
      const bool changes =
          call.method == "append" || call.method == "truncate" || call.method == "recoverLease";
      if (changes) lost_.insert(path);
      return Skip(call.method, "the recording does not begin with the file it is about");
    }
    const net::hadoop::Answer ours = Execute(message.connection, call, plan);
    if (recorded.header.status() != RpcResponseHeaderProto::SUCCESS) {
      ASSERT_TRUE(ours.error.has_value()) << "recorded " << recorded.header.errormsg();
      return CompareError(call.method, recorded, *ours.error);
    }
    ASSERT_FALSE(ours.error.has_value())
        << ours.error->exception_class << ": " << ours.error->message;
    CompareResponse(call, path, recorded, ours.response);
  }

  net::hadoop::Answer Execute(const std::string& connection, const Call& call,
                              const net::hadoop::Plan& plan) {
    const ns::Caller& caller = callers_.at(connection);
    if (const auto* mutation = std::get_if<net::hadoop::Mutation>(&plan.action)) {
      const ns::CallId id = {call.client_id, call.call_id};
      return net::hadoop::AnswerTo(facts_, plan,
                                   server_.Apply({1, caller, id, mutation->operation}));
    }
    if (const auto* read = std::get_if<net::hadoop::Read>(&plan.action)) {
      return net::hadoop::AnswerTo(facts_, plan, server_.Read({1, caller, read->query}));
    }
    if (const auto* refusal = std::get_if<net::hadoop::Refusal>(&plan.action)) {
      net::hadoop::Answer refused;
      refused.error = refusal->error;
      return refused;
    }
    CHECK(std::holds_alternative<net::hadoop::Local>(plan.action)) << call.method;
    net::hadoop::LocalState state;
    state.role = net::hadoop::LocalState::Role::kLeader;
    return net::hadoop::AnswerLocally(facts_, plan, state);
  }

  void CompareError(const std::string& method, const Recorded& recorded,
                    const net::hadoop::IpcError& ours) {
    ++tally_->compared[method];
    EXPECT_EQ(ours.exception_class, recorded.header.exceptionclassname());
    EXPECT_EQ(FirstLine(ours.message), FirstLine(recorded.header.errormsg()));
    EXPECT_EQ(ours.detail, recorded.header.errordetail());
  }

  void CompareResponse(const Call& call, const std::string& path, const Recorded& recorded,
                       const std::string& response) {
    const auto theirs = NewResponse(call.method);
    const auto ours = NewResponse(call.method);
    ASSERT_NE(theirs, nullptr) << "no response message for " << call.method;
    ASSERT_TRUE(theirs->ParseFromString(recorded.response));
    ASSERT_TRUE(ours->ParseFromString(response));
    Learn(*theirs, *ours, &ids_);
    if (call.method == "complete" &&
        !static_cast<const ::hadoop::hdfs::CompleteResponseProto&>(*theirs).result()) {
      return Skip(call.method, "recorded server still waited for its data node; ours never does");
    }
    ++tally_->compared[call.method];
    EXPECT_EQ(Essence(*ours, path == "/"), Essence(*theirs, path == "/"));
  }

  const Scenario& scenario_;
  Tally* tally_;
  net::hadoop::ServiceFacts facts_;
  Server server_;
  Ids ids_;
  std::map<std::string, ns::Caller> callers_;
  std::map<CallKey, Recorded> answers_;
  std::set<std::string> made_;  // paths that exist by the conversation or by Prepare
  std::set<std::string> lost_;  // paths of files that are others here
};

TEST(HdfsReplay, AnswersAreTheNameNodes) {
  Tally tally;
  for (const char* file : kFiles) {
    for (const Scenario& scenario : LoadScenarios(file)) Replay(scenario, &tally).Run();
  }
  std::printf("compared\n");
  for (const auto& [method, count] : tally.compared) {
    std::printf("%6d  %s\n", count, method.c_str());
  }
  int skipped = 0;
  for (const auto& [reason, methods] : tally.skipped) {
    std::printf("skipped: %s\n", reason.c_str());
    for (const auto& [method, count] : methods) {
      std::printf("%6d  %s\n", count, method.c_str());
      skipped += count;
    }
  }
  std::printf("%d calls compared, %d skipped\n", tally.total(), skipped);
  // As many as the recordings give: a smaller number means that calls silently fell out.
  EXPECT_GE(tally.total(), 127);
}

// Every message of the recordings, taken apart and put together again by our definitions, has the
// same bytes: no field is unknown to them or of another type. Proves the .proto files.
class Reencoding {
 public:
  void Check(const Message& message) {
    SCOPED_TRACE(absl::StrCat(message.connection, " ", message.kind));
    if (message.kind == "ipc.hello") {
      const auto auth = static_cast<uint8_t>(message.bytes.back());
      EXPECT_EQ(message.bytes, net::hadoop::EncodeHello(auth));
      ++checked_;
      return;
    }
    rest_ = Body(message);
    rebuilt_.clear();
    const std::string method = MethodOf(message);
    if (message.from_client) {
      Part<RpcRequestHeaderProto>();
      if (message.kind == "ipc.context") Part<IpcConnectionContextProto>();
      if (message.kind == "ipc.sasl") Part<RpcSaslProto>();
      if (absl::StartsWith(message.kind, "ipc.call ")) {
        Part<RequestHeaderProto>();
        Part(NewRequest(method));
      }
    } else {
      const std::string_view before = rest_;
      Part<RpcResponseHeaderProto>();
      if (message.kind == "ipc.sasl") Part<RpcSaslProto>();
      if (absl::StartsWith(message.kind, "ipc.reply ")) Part(NewResponse(method));
      ASSERT_NE(before.size(), rest_.size());
    }
    EXPECT_TRUE(rest_.empty());
    EXPECT_EQ(rebuilt_, Body(message));
    ++checked_;
  }
  int checked() const { return checked_; }
  int without_definition() const { return without_definition_; }

 private:
  template <typename T>
  void Part() {
    Part(std::make_unique<T>());
  }
  void Part(std::unique_ptr<google::protobuf::Message> message) {
    std::string_view part;
    ASSERT_TRUE(net::hadoop::TakeDelimited(&rest_, &part));
    if (message == nullptr) {
      // A method that we have no messages for.
      ++without_definition_;
      AppendDelimited(std::string(part));
      return;
    }
    ASSERT_TRUE(message->ParseFromArray(part.data(), static_cast<int>(part.size())));
    EXPECT_TRUE(message->GetReflection()->GetUnknownFields(*message).empty())
        << message->ShortDebugString();
    AppendDelimited(message->SerializeAsString());
  }
  void AppendDelimited(const std::string& part) {
    size_t left = part.size();
    for (; left >= 0x80; left >>= 7) rebuilt_ += static_cast<char>((left & 0x7f) | 0x80);
    rebuilt_ += static_cast<char>(left);
    rebuilt_ += part;
  }

  std::string_view rest_;
  std::string rebuilt_;
  int checked_ = 0;
  int without_definition_ = 0;
};

TEST(HdfsReplay, DefinitionsHoldEveryRecordedMessage) {
  Reencoding reencoding;
  for (const char* file : kFiles) {
    for (const Scenario& scenario : LoadScenarios(file)) {
      SCOPED_TRACE(absl::StrCat(file, ": ", scenario.name));
      for (const Message& message : scenario.messages) reencoding.Check(message);
    }
  }
  std::printf("%d messages re-encoded, %d of them with a body we have no definition for\n",
              reencoding.checked(), reencoding.without_definition());
  // As many as the recordings give; the second number is of methods not in this version (append,
  // updatePipeline, …).
  EXPECT_GE(reencoding.checked(), 421);
  EXPECT_LE(reencoding.without_definition(), 46);
}

}  // namespace
}  // namespace jfs::vectors
