// `jindo jfs -metaVerify` against a real master and its mirror: a row that is taken out of the
// mirror by hand is named.
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "core/mirror/fence.h"
#include "core/mirror/tables.h"
#include "core/ots/requests.h"
#include "net/ots/client.h"
#include "storage/temporary_directory.h"
#include "tests/process/jindo_process.h"
#include "tests/process/mirrored_group.h"

namespace jfs {
namespace {

using testing::HasSubstr;

// A Tablestore client as its operator might use one.
class Hand {
 public:
  explicit Hand(const MockTablestore& tablestore) {
    net::ots::ClientOptions options;
    for (const std::string& flag : tablestore.Flags()) {
      const auto take = [&](std::string_view name, std::string* value) {
        std::string_view rest = flag;
        const std::string prefix = absl::StrCat("--namespace.ots.", std::string(name), "=");
        if (rest.starts_with(prefix)) *value = std::string(rest.substr(prefix.size()));
      };
      take("instance", &options.instance);
      take("endpoint", &options.endpoint);
      take("accessKey", &options.credentials.access_key_id);
      take("accessSecret", &options.credentials.secret);
    }
    auto client = net::ots::Client::Create(options);
    EXPECT_TRUE(client.ok()) << client.status();
    client_ = *std::move(client);
  }

  std::string Do(const ots::Request& request) {
    const ots::Outcome outcome = client_->CallAndWait(request, {});
    EXPECT_EQ(outcome.kind, ots::Outcome::Kind::kDone) << ots::FormatOutcome(outcome);
    return outcome.body;
  }
  // The data table has everything that the journal has.
  bool Folded() {
    const auto row = ots::ReadGetRow(Do(ots::GetRow(mirror::kJournalTable, mirror::FenceKey())));
    if (!row.ok() || !row->has_value()) return false;
    const auto fence = mirror::DecodeFence(**row);
    return fence.ok() && fence->last > 0 && fence->checkpoint == fence->last;
  }
  // The first row of that kind that the data table has.
  std::optional<ots::Row> Find(char kind) {
    ots::RangeRequest range;
    range.table = std::string(mirror::kDataTable);
    for (const ots::TableDefinition& table : mirror::TableDefinitions()) {
      if (table.name != range.table) continue;
      for (const ots::KeyColumnSchema& column : table.key) {
        range.inclusive_start.push_back({column.name, ots::Value::InfMin()});
        range.exclusive_end.push_back({column.name, ots::Value::InfMax()});
      }
    }
    const auto page = ots::ReadGetRange(Do(ots::GetRange(range)));
    EXPECT_TRUE(page.ok()) << page.status();
    for (const ots::Row& row : page->rows) {
      const auto data = mirror::DecodeDataRow(row);
      if (data.ok() && data->value.has_value() && data->key[0] == kind) return row;
    }
    return std::nullopt;
  }

 private:
  std::unique_ptr<net::ots::Client> client_;
};

// Of the masters, for whoever asks them; `flags` too.
std::string WriteConfiguration(const storage::TemporaryDirectory& directory,
                               const MirroredGroup& group, const std::vector<std::string>& flags) {
  const std::string path = absl::StrCat(directory.path(), "/namespace.cfg");
  std::ofstream file(path);
  file << "namespace.backend.type=raft\n";
  file << "jfs.namespace.server.rpc-address=127.0.0.1:" << group.rpc_ports()[0] << "\n";
  for (const std::string& flag : flags) file << flag.substr(2) << "\n";
  return path;
}

Ran Verify(const std::string& configuration) {
  return RunJindo(absl::StrCat("jfs -metaVerify --timeout 10 --conf ", configuration));
}

constexpr char kNothingToCompare[] =
    "metaVerify: this cluster has no mirror to compare with: it was set up without one, or has "
    "given it up";

TEST(MirrorVerify, NamesARowThatWasDeletedByHand) {
  storage::TemporaryDirectory directory;
  MockTablestore tablestore(absl::StrCat(directory.path(), "/tablestore"));
  MirroredGroup group(1, absl::StrCat(directory.path(), "/group"));
  group.Start(tablestore, {kUpload});
  TestClient client = group.Client();
  for (int i = 0; i < 20; ++i) ASSERT_EQ(client.Mkdirs(absl::StrCat("/a/", i)), "");
  Hand hand(tablestore);
  ASSERT_TRUE(Eventually([&] { return group.LeaderSays("_synced=1") && hand.Folded(); }))
      << group.Status();

  const std::string configuration = WriteConfiguration(directory, group, tablestore.Flags());
  const Ran equal = Verify(configuration);
  EXPECT_EQ(equal.status, 0) << equal.output;
  EXPECT_THAT(equal.output,
              HasSubstr("missing in the mirror 0, only in the mirror 0, different 0"));

  std::optional<ots::Row> row = hand.Find('e');
  ASSERT_TRUE(row.has_value());
  ots::RowChange change;
  change.kind = ots::RowChange::Kind::kDelete;
  change.row.primary_key = row->primary_key;
  hand.Do(ots::WriteRow(mirror::kDataTable, change));
  const Ran missing = Verify(configuration);
  EXPECT_EQ(missing.status, 1) << missing.output;
  EXPECT_THAT(missing.output, HasSubstr("missing in the mirror: e"));
  EXPECT_THAT(missing.output,
              HasSubstr("missing in the mirror 1, only in the mirror 0, different 0"));

  tablestore.Stop();
  const Ran away = Verify(configuration);
  EXPECT_EQ(away.status, 2) << away.output;
}

// What it has left in Tablestore is not asked for.
TEST(MirrorVerify, SaysThatAMirrorWasGivenUp) {
  storage::TemporaryDirectory directory;
  MockTablestore tablestore(absl::StrCat(directory.path(), "/tablestore"));
  MirroredGroup group(1, absl::StrCat(directory.path(), "/group"));
  group.Start(tablestore, {kUpload});
  TestClient client = group.Client();
  ASSERT_EQ(client.Mkdirs("/mirrored"), "");
  ASSERT_TRUE(Eventually([&] { return group.LeaderSays("_synced=1"); })) << group.Status();
  ASSERT_EQ(group.Jfs("-metaDisable -force").status, 0);
  ASSERT_EQ(client.Mkdirs("/not-mirrored"), "");
  tablestore.Stop();
  const Ran ran = Verify(WriteConfiguration(directory, group, tablestore.Flags()));
  EXPECT_EQ(ran.status, 1) << ran.output;
  EXPECT_THAT(ran.output, HasSubstr(kNothingToCompare));
}

// Whose configuration does not say where one would be.
TEST(MirrorVerify, SaysThatThereNeverWasAMirror) {
  storage::TemporaryDirectory directory;
  const MockTablestore tablestore(absl::StrCat(directory.path(), "/tablestore"));
  MirroredGroup group(1, absl::StrCat(directory.path(), "/group"));
  group.Start(tablestore, {});
  ASSERT_EQ(group.Client().Mkdirs("/a"), "");
  const Ran ran = Verify(WriteConfiguration(directory, group, {}));
  EXPECT_EQ(ran.status, 1) << ran.output;
  EXPECT_THAT(ran.output, HasSubstr(kNothingToCompare));
}

}  // namespace
}  // namespace jfs
