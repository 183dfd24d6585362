#include "tools/jindo/expected_tree.h"

#include <gtest/gtest.h>

#include "core/base/concat.h"

namespace jfs::tools {
namespace {

using Kind = ExpectedTree::Verdict::Kind;

FileStatus Found(bool directory) {
  FileStatus out;
  out.set_filetype(directory ? FileStatus::IS_DIR : FileStatus::IS_FILE);
  out.set_path("");
  out.set_length(directory ? 0 : 10);
  out.mutable_permission()->set_perm(directory ? 0755 : 0644);
  out.set_owner("al");
  out.set_group("staff");
  out.set_modification_time(5000);
  out.set_access_time(6000);
  out.set_block_replication(directory ? 0 : 1);
  out.set_blocksize(directory ? 0 : 1024);
  return out;
}

class ExpectedTreeTest : public testing::Test {
 protected:
  // "A 10.0 mkdirs /d mode=755": fate, place in the log, operation.
  void Add(std::string_view fate, std::string_view index, std::string_view rest) {
    const auto record = ParseAckRecord(
        Concat(fate, " 1 000102030405060708090a0b0c0d0e0f 1 1 ", index, " 0 ", rest));
    ASSERT_TRUE(record.ok()) << rest << ": " << record.status();
    tree_.Add(*record);
  }
  Kind Check(const std::string& path, const std::optional<FileStatus>& found) {
    const auto it = tree_.entries().find(path);
    if (it == tree_.entries().end()) {
      ADD_FAILURE() << "nothing is known about " << path;
      return Kind::kFine;
    }
    const ExpectedTree::Verdict verdict = ExpectedTree::Check(it->second, found);
    text_ = verdict.text;
    return verdict.kind;
  }

  static constexpr std::string_view kFile =
      "import /d/f mode=644 user=al group=staff mtime=5000 atime=6000 replication=1 block=1024 "
      "length=10";
  ExpectedTree tree_;
  std::string text_;
};

TEST_F(ExpectedTreeTest, AcknowledgedFileMustBeThereAsItIs) {
  Add("A", "10", kFile);
  EXPECT_EQ(Check("/d/f", Found(false)), Kind::kFine);
  EXPECT_EQ(Check("/d/f", std::nullopt), Kind::kMissing);
  EXPECT_EQ(Check("/d/f", Found(true)), Kind::kWrong);
  struct Change {
    std::string_view says;
    void (*apply)(FileStatus*);
  };
  const Change changes[] = {
      {"length is 11, acknowledged was 10", [](FileStatus* s) { s->set_length(11); }},
      {"mode is 600, acknowledged was 644",
       [](FileStatus* s) { s->mutable_permission()->set_perm(0600); }},
      {"owner is bo, acknowledged was al", [](FileStatus* s) { s->set_owner("bo"); }},
      {"group is x, acknowledged was staff", [](FileStatus* s) { s->set_group("x"); }},
      {"modification time is 1, acknowledged was 5000",
       [](FileStatus* s) { s->set_modification_time(1); }},
      {"access time is 1, acknowledged was 6000", [](FileStatus* s) { s->set_access_time(1); }},
      {"block size is 1, acknowledged was 1024", [](FileStatus* s) { s->set_blocksize(1); }},
      {"replication is 3, acknowledged was 1", [](FileStatus* s) { s->set_block_replication(3); }},
  };
  for (const Change& change : changes) {
    FileStatus found = Found(false);
    change.apply(&found);
    EXPECT_EQ(Check("/d/f", found), Kind::kWrong) << change.says;
    EXPECT_EQ(text_, change.says);
  }
}

TEST_F(ExpectedTreeTest, LaterOperationsOverrideEarlierOnesWhateverTheOrderInTheLog) {
  Add("A", "30", "mode /d mode=700");
  Add("A", "20", "mode /d mode=755");
  Add("A", "10", "mkdirs /d mode=711");
  FileStatus found = Found(true);
  found.mutable_permission()->set_perm(0700);
  EXPECT_EQ(Check("/d", found), Kind::kFine);
  found.mutable_permission()->set_perm(0755);
  EXPECT_EQ(Check("/d", found), Kind::kWrong);
}

TEST_F(ExpectedTreeTest, DirectoryTimeCountsOnlyIfNothingWasCreatedInItLater) {
  Add("A", "10", "mkdirs /d mode=755");
  Add("A", "30", "times /d mtime=1 atime=2");
  Add("A", "20", kFile);
  EXPECT_EQ(Check("/d", Found(true)), Kind::kWrong);
  Add("A", "40", "mkdirs /d/e mode=755");
  EXPECT_EQ(Check("/d", Found(true)), Kind::kFine);
  Add("A", "50", "times /d mtime=1 atime=2");
  EXPECT_EQ(Check("/d", Found(true)), Kind::kWrong);
  Add("U", "0", "mkdirs /d/g mode=755");
  EXPECT_EQ(Check("/d", Found(true)), Kind::kFine);
}

TEST_F(ExpectedTreeTest, RefusedMustNotBeThere) {
  Add("R", "10", "mkdirs /r mode=755 ! org.apache.hadoop.security.AccessControlException no");
  EXPECT_EQ(Check("/r", std::nullopt), Kind::kFine);
  EXPECT_EQ(Check("/r", Found(true)), Kind::kRefusedPresent);
  EXPECT_TRUE(ExpectedTree::IsChecked(tree_.entries().at("/r")));
  // Unless it was made by an operation that was not refused.
  Add("A", "20", "mkdirs /r mode=755");
  EXPECT_EQ(Check("/r", Found(true)), Kind::kFine);
}

TEST_F(ExpectedTreeTest, RefusedBecauseItExistsSaysNothing) {
  Add("R", "10", "mkdirs /r mode=755 ! org.apache.hadoop.fs.FileAlreadyExistsException there");
  EXPECT_FALSE(ExpectedTree::IsChecked(tree_.entries().at("/r")));
}

TEST_F(ExpectedTreeTest, RefusedAttributesSayNothingAboutExistence) {
  Add("R", "10", "mode /r mode=755 ! java.io.FileNotFoundException x");
  EXPECT_FALSE(ExpectedTree::IsChecked(tree_.entries().at("/r")));
}

TEST_F(ExpectedTreeTest, WithoutAnAnswerOnlyTheKindIsChecked) {
  Add("U", "0", "mkdirs /u mode=755");
  EXPECT_FALSE(ExpectedTree::IsChecked(tree_.entries().at("/u")));
  Add("A", "10", "mkdirs /k mode=755");
  Add("A", "11", "mode /k mode=700");
  Add("U", "0", "mode /k mode=755");
  EXPECT_EQ(Check("/k", Found(true)), Kind::kFine);
  EXPECT_EQ(Check("/k", Found(false)), Kind::kWrong);
  EXPECT_EQ(Check("/k", std::nullopt), Kind::kMissing);
}

TEST_F(ExpectedTreeTest, ParentsOfWhatWasMadeAreNotCheckedByThemselves) {
  Add("A", "10", kFile);
  EXPECT_FALSE(ExpectedTree::IsChecked(tree_.entries().at("/d")));
}

// The position is the fifth column.
void AddAt(ExpectedTree* tree, std::string_view fate, uint64_t position, std::string_view rest) {
  const auto record = ParseAckRecord(
      Concat(fate, " 1 000102030405060708090a0b0c0d0e0f 1 ", position, " ", position, " 0 ", rest));
  ASSERT_TRUE(record.ok()) << rest << ": " << record.status();
  tree->Add(*record);
}

TEST(ExpectedTreeAfterALoss, HasWhatLiesBeforeTheEndAndNothingElse) {
  constexpr std::string_view kValues =
      " mode=644 mtime=5000 atime=6000 replication=1 block=1024 length=10";
  ExpectedTree tree(20);
  AddAt(&tree, "A", 10, "mkdirs /d mode=755");
  AddAt(&tree, "A", 20, Concat("import /d/before", kValues));
  AddAt(&tree, "A", 21, Concat("import /d/behind", kValues));
  AddAt(&tree, "A", 22, "mode /d/before mode=600");
  AddAt(&tree, "A", 23, "mkdirs /lost mode=755");
  AddAt(&tree, "A", 24, Concat("import /lost/f", kValues));
  // A file makes its parents; that the directory is there was said later.
  AddAt(&tree, "A", 19, Concat("import /implied/f", kValues));
  AddAt(&tree, "A", 25, "mkdirs /implied mode=755");
  AddAt(&tree, "U", 0, Concat("import /perhaps/f", kValues));
  AddAt(&tree, "A", 26, "mkdirs /perhaps mode=755");
  const auto check = [&](const std::string& path, const std::optional<FileStatus>& found) {
    EXPECT_TRUE(ExpectedTree::IsChecked(tree.entries().at(path))) << path;
    return ExpectedTree::Check(tree.entries().at(path), found).kind;
  };
  EXPECT_EQ(check("/d/before", Found(false)), Kind::kFine);
  EXPECT_EQ(check("/d/before", std::nullopt), Kind::kMissing);
  FileStatus changed = Found(false);
  changed.mutable_permission()->set_perm(0600);
  EXPECT_EQ(check("/d/before", changed), Kind::kWrong);
  EXPECT_EQ(check("/d/behind", std::nullopt), Kind::kFine);
  EXPECT_EQ(check("/d/behind", Found(false)), Kind::kBeyondPresent);
  EXPECT_EQ(check("/lost", Found(true)), Kind::kBeyondPresent);
  EXPECT_FALSE(tree.MadeForOthers("/lost"));
  EXPECT_EQ(check("/implied", Found(true)), Kind::kBeyondPresent);
  EXPECT_TRUE(tree.MadeForOthers("/implied"));
  EXPECT_TRUE(tree.MadeForOthers("/perhaps"));
  EXPECT_FALSE(ExpectedTree::IsChecked(tree.entries().at("/perhaps/f")));
}

}  // namespace
}  // namespace jfs::tools
