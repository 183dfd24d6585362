#include "tools/jindo/importer.h"

#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <set>
#include <thread>

#include "core/base/concat.h"
#include "core/base/random.h"
#include "tools/jindo/target.h"

namespace jfs::tools {
namespace {

using ::jfs::jindo::OperationProto;

// A tree that understands importBatch, shared by all channels. Creations move the time of the
// directory they are in, as in the service.
class FakeService {
 public:
  struct Node {
    bool directory = true;
    uint32_t mode = 0;
    std::string owner = "root", group = "supergroup";
    uint64_t mtime = 0, bytes = 0;
    friend bool operator==(const Node&, const Node&) = default;
  };
  FakeService() { tree["/"] = {}; }

  ::jfs::jindo::OperationResultProto Apply(const OperationProto& operation) {
    const std::lock_guard lock(mutex);
    ::jfs::jindo::OperationResultProto out;
    out.set_position(++index);
    out.set_logindex(index);
    out.set_ordinal(0);
    const auto refuse = [&](std::string_view name) { out.set_exceptionclass(std::string(name)); };
    switch (operation.operation_case()) {
      case OperationProto::kMkdirs:
        if (operation.mkdirs().path() == forbidden) {
          refuse("org.apache.hadoop.security.AccessControlException");
        } else {
          MakeDirectories(operation.mkdirs().path(), operation.mkdirs().mode());
        }
        break;
      case OperationProto::kImportFile: {
        const auto& in = operation.importfile();
        if (!forbidden.empty() && in.path().starts_with(forbidden + "/")) {
          refuse("org.apache.hadoop.security.AccessControlException");
          break;
        }
        if (tree.contains(in.path())) {
          refuse("org.apache.hadoop.fs.FileAlreadyExistsException");
          break;
        }
        MakeDirectories(ParentOf(in.path()), 0755);
        tree[in.path()] = {false, in.mode(), in.user(), in.group(), in.mtime(), in.length()};
        tree[ParentOf(in.path())].mtime = kNow;
        break;
      }
      case OperationProto::kSetOwner:
        tree.at(operation.setowner().path()).owner = operation.setowner().user();
        tree.at(operation.setowner().path()).group = operation.setowner().group();
        break;
      case OperationProto::kSetPermission:
        tree.at(operation.setpermission().path()).mode = operation.setpermission().mode();
        break;
      case OperationProto::kSetTimes:
        tree.at(operation.settimes().path()).mtime = operation.settimes().mtime();
        break;
      default:
        refuse("java.lang.UnsupportedOperationException");
    }
    return out;
  }

  static constexpr uint64_t kNow = 999999;
  std::mutex mutex;
  std::map<std::string, Node> tree;
  std::string forbidden;
  uint64_t index = 0;

 private:
  void MakeDirectories(const std::string& path, uint32_t mode) {
    if (tree.contains(path)) return;
    MakeDirectories(ParentOf(path), 0755);
    tree[path] = {.mode = mode, .mtime = kNow};
    tree[ParentOf(path)].mtime = kNow;
  }
};

// Delivers batches in any order, as several connections with retries may.
class FakeChannel : public BatchChannel {
 public:
  FakeChannel(FakeService* service, uint64_t seed)
      : service_(service), random_(seed), id_(16, static_cast<char>(seed)) {}
  void Submit(Batch* batch, uint64_t tag) override {
    for (auto& operation : *batch->mutable_operations()) operation.set_callid(next_call_id_++);
    waiting_.emplace_back(tag, *batch);
  }
  void Poll(Duration, std::vector<Outcome>* outcomes) override {
    if (waiting_.empty()) return;
    const size_t chosen = random_.Below(waiting_.size());
    Outcome outcome{.tag = waiting_[chosen].first};
    if (answers_left == 0) {
      outcome.failure = Failure{.message = "no answer after 60000 ms"};
    } else {
      --answers_left;
      for (const OperationProto& operation : waiting_[chosen].second.operations()) {
        *outcome.response.add_results() = service_->Apply(operation);
      }
    }
    waiting_.erase(waiting_.begin() + static_cast<ptrdiff_t>(chosen));
    outcomes->push_back(std::move(outcome));
  }
  size_t outstanding() const override { return waiting_.size(); }
  const std::string& client_id() const override { return id_; }
  uint64_t failovers() const override { return 0; }
  uint64_t answers_left = UINT64_MAX;

 private:
  FakeService* const service_;
  Random random_;
  const std::string id_;
  std::deque<std::pair<uint64_t, Batch>> waiting_;
  uint32_t next_call_id_ = 0;
};

// Visits a made-up tree: every directory has `files` files and, above the bottom, `fan`
// directories.
void Visit(ImportPlan* plan, const std::string& path, int depth, int fan, int files,
           std::map<std::string, FakeService::Node>* want) {
  const uint64_t time = 1000 + path.size();
  const std::string full = path.empty() ? "/in" : "/in/" + path;
  plan->EnterDirectory(
      {.path = path, .mode = 0555, .uid = 1, .gid = 2, .mtime_millis = time, .atime_millis = 5});
  (*want)[full] = {true, 0555, "u1", "g2", time, 0};
  const auto child = [&](std::string_view name) {
    return path.empty() ? std::string(name) : Concat(path, "/", name);
  };
  for (int i = 0; i < fan && depth > 0; ++i)
    Visit(plan, child(Concat("d", i)), depth - 1, fan, files, want);
  for (int i = 0; i < files; ++i) {
    const std::string file = child(Concat("f", i));
    plan->File({.path = file,
                .mode = 0640,
                .uid = 3,
                .gid = 4,
                .mtime_millis = 7,
                .atime_millis = 8,
                .bytes = 9});
    (*want)["/in/" + file] = {false, 0640, "u3", "g4", 7, 9};
  }
  plan->LeaveDirectory();
}

struct ImportRun {
  std::map<std::string, FakeService::Node> want;
  ImportLedger::Totals totals;
  WalkCounts counts;
};

ImportRun Import(FakeService* service, std::vector<std::unique_ptr<FakeChannel>> channels,
                 int depth, int fan, int files, AckLogWriter* log = nullptr) {
  ImportPlan plan({.destination = "/in",
                   .user_name = [](uint32_t id) { return Concat("u", id); },
                   .group_name = [](uint32_t id) { return Concat("g", id); }},
                  /*capacity=*/16, [](const std::string&, std::string_view, bool) {});
  ImportLedger ledger(log);
  const std::atomic<bool> interrupted = false;
  std::vector<std::thread> threads;
  for (const auto& channel : channels) {
    threads.emplace_back([&plan, &ledger, &interrupted, channel = channel.get()] {
      SendPlanned({.batch = 5, .in_flight = 3}, channel, &plan, &ledger, interrupted);
    });
  }
  ImportRun out;
  Visit(&plan, "", depth, fan, files, &out.want);
  plan.WalkEnded();
  for (std::thread& thread : threads) thread.join();
  out.totals = ledger.totals();
  out.counts = plan.counts();
  out.want["/"] = service->tree.at("/");
  return out;
}

TEST(Importer, TreeIsAsItsSourceWhateverTheOrderOfBatches) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    FakeService service;
    std::vector<std::unique_ptr<FakeChannel>> channels;
    for (uint64_t i = 0; i < 3; ++i)
      channels.push_back(std::make_unique<FakeChannel>(&service, seed * 10 + i));
    const ImportRun run = Import(&service, std::move(channels), 3, 3, 4);
    EXPECT_TRUE(service.tree == run.want) << "seed " << seed;
    EXPECT_EQ(run.totals.refused, 0u);
    EXPECT_EQ(run.totals.directories, run.counts.directories);
    EXPECT_EQ(run.totals.files, run.counts.files);
    EXPECT_EQ(run.totals.bytes, run.counts.bytes);
    EXPECT_EQ(run.counts.directories, 40u);
    EXPECT_EQ(run.counts.files, 160u);
    EXPECT_EQ(run.totals.acknowledged, 40u * 4 + 160u);
    EXPECT_TRUE(run.totals.trouble.ok());
  }
}

TEST(Importer, RefusedDirectoryGetsNoAttributesAndTheRestGoesOn) {
  FakeService service;
  service.forbidden = "/in/d0";
  std::vector<std::unique_ptr<FakeChannel>> channels;
  channels.push_back(std::make_unique<FakeChannel>(&service, 1));
  const ImportRun run = Import(&service, std::move(channels), 1, 2, 3);
  EXPECT_FALSE(service.tree.contains("/in/d0"));
  EXPECT_EQ(service.tree.at("/in/d1").mtime, 1002u);
  EXPECT_EQ(service.tree.at("/in").mtime, 1000u);
  EXPECT_EQ(run.totals.refused, 4u);  // the directory and its three files
  EXPECT_NE(run.totals.first_refusal.find("AccessControlException"), std::string::npos);
}

TEST(Importer, CallWithoutAnswerEndsTheImportAndIsInTheLog) {
  const std::string file = testing::TempDir() + "/importer-unknown.log";
  remove(file.c_str());
  auto log = AckLogWriter::Create(file, "test");
  ASSERT_TRUE(log.ok()) << log.status();
  FakeService service;
  std::vector<std::unique_ptr<FakeChannel>> channels;
  channels.push_back(std::make_unique<FakeChannel>(&service, 1));
  channels[0]->answers_left = 3;
  const ImportRun run = Import(&service, std::move(channels), 2, 3, 4, log->get());
  EXPECT_FALSE(run.totals.trouble.ok());
  EXPECT_EQ(run.totals.acknowledged, service.index);
  EXPECT_GE(run.totals.acknowledged, 3u);
  EXPECT_GT(run.totals.unknown, 0u);
  std::map<AckRecord::Fate, uint64_t> fates;
  const auto read = ReadAckLog(file, [&](const AckRecord& record) { ++fates[record.fate]; });
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(fates[AckRecord::Fate::kAcknowledged], run.totals.acknowledged);
  EXPECT_EQ(fates[AckRecord::Fate::kUnknown], run.totals.unknown);
}

TEST(ImportLedger, MeasuresTheLargestGapBetweenAcknowledgements) {
  ImportLedger ledger(nullptr);
  BatchChannel::Batch batch;
  batch.add_operations()->mutable_mkdirs()->set_path("/a");
  BatchChannel::Outcome done;
  done.response.add_results()->set_position(1);
  BatchChannel::Outcome refused = done;
  refused.response.mutable_results(0)->set_exceptionclass("x");
  const std::string client(16, 'c');
  ASSERT_TRUE(ledger.Record(batch, done, client, Micros(1000), 0).ok());
  ASSERT_TRUE(ledger.Record(batch, done, client, Micros(1500), 0).ok());
  ASSERT_TRUE(ledger.Record(batch, refused, client, Micros(3000), 0).ok());
  ASSERT_TRUE(ledger.Record(batch, done, client, Micros(4000), 0).ok());
  ASSERT_TRUE(ledger.Record(batch, done, client, Micros(4100), 0).ok());
  EXPECT_EQ(ledger.totals().largest_gap, 2500u);
  EXPECT_EQ(ledger.totals().largest_gap_end, Micros(4000));
  EXPECT_EQ(ledger.totals().acknowledged, 4u);
  EXPECT_EQ(ledger.totals().refused, 1u);
}

TEST(ImportPlan, HugeFilesGetFewerBlocks) {
  ImportPlan plan({.destination = "/", .keep_owner = false, .block_size = 1 << 20}, 16,
                  [](const std::string&, std::string_view, bool) {});
  plan.EnterDirectory({});
  plan.File({.path = "huge", .bytes = uint64_t{100'000} << 20});
  const std::vector<ImportPlan::Planned> planned = plan.Take(10, 1);
  ASSERT_EQ(planned.size(), 2u);
  const auto& file = planned[1].operation.importfile();
  EXPECT_EQ(file.path(), "/huge");
  EXPECT_EQ(file.blocksize(), uint64_t{16} << 20);
  EXPECT_FALSE(file.has_user());
}

}  // namespace
}  // namespace jfs::tools
