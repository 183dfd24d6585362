#include "net/jindo/translate.h"

#include <string>

#include "gtest/gtest.h"

#include "core/base/concat.h"

namespace jfs::net::jindo {
namespace {

using ::jfs::jindo::ImportBatchRequestProto;
using ::jfs::jindo::OperationProto;

TEST(OperationsOf, KeepsOrderAndFields) {
  ImportBatchRequestProto in;
  OperationProto* one = in.add_operations();
  one->set_callid(5);
  one->mutable_mkdirs()->set_path("/d");
  one->mutable_mkdirs()->set_mode(0x41ed);
  OperationProto* two = in.add_operations();
  two->set_callid(6);
  OperationProto::ImportFile* file = two->mutable_importfile();
  file->set_path("/d/f");
  file->set_mode(0100644);
  file->set_user("u");
  file->set_mtime(7);
  file->set_atime(8);
  file->set_replication(2);
  file->set_blocksize(9);
  file->set_length(10);
  OperationProto* three = in.add_operations();
  three->set_callid(7);
  three->mutable_settimes()->set_path("/d");
  three->mutable_settimes()->set_mtime(3);
  OperationProto* four = in.add_operations();
  four->set_callid(8);
  four->mutable_setowner()->set_path("/d");
  four->mutable_setowner()->set_group("g");
  const auto out = OperationsOf(in);
  ASSERT_TRUE(out.ok()) << out.status();
  ASSERT_EQ(out->size(), 4u);
  EXPECT_EQ((*out)[0].call_id, 5);
  EXPECT_EQ(std::get<ns::Mkdirs>((*out)[0].operation).mode, 0755);
  const auto& imported = std::get<ns::ImportFile>((*out)[1].operation);
  EXPECT_EQ(imported.path, "/d/f");
  EXPECT_EQ(imported.mode, 0644);
  EXPECT_EQ(imported.user, "u");
  EXPECT_EQ(imported.group, "");
  EXPECT_EQ(imported.mtime, WallMillis(7));
  EXPECT_EQ(imported.atime, WallMillis(8));
  EXPECT_EQ(imported.replication, 2u);
  EXPECT_EQ(imported.block_size, 9u);
  EXPECT_EQ(imported.length, 10u);
  const auto& times = std::get<ns::SetTimes>((*out)[2].operation);
  EXPECT_EQ(times.mtime, WallMillis(3));
  EXPECT_FALSE(times.atime.has_value());
  const auto& owner = std::get<ns::SetOwner>((*out)[3].operation);
  EXPECT_FALSE(owner.user.has_value());
  EXPECT_EQ(owner.group, "g");
}

TEST(OperationsOf, NamesWhatIsWrong) {
  ImportBatchRequestProto in;
  in.add_operations()->set_callid(1);
  auto out = OperationsOf(in);
  ASSERT_FALSE(out.ok());
  EXPECT_EQ(std::string(out.status().message()).rfind("operation 0 of the batch: ", 0), 0u)
      << out.status();
  in.clear_operations();
  OperationProto* operation = in.add_operations();
  operation->set_callid(0x80000000u);
  operation->mutable_delete_()->set_path("/");
  EXPECT_FALSE(OperationsOf(in).ok());
  in.clear_operations();
  for (int i = 0; i <= kMaxBatchOperations; ++i) in.add_operations()->set_callid(1);
  EXPECT_FALSE(OperationsOf(in).ok());
}

TEST(OperationsOf, NamesOfOwnersAreBounded) {
  const struct {
    const char* what;
    void (*fill)(OperationProto*, const std::string& name);
  } cases[] = {
      {"owner",
       [](OperationProto* o, const std::string& n) { o->mutable_importfile()->set_user(n); }},
      {"group",
       [](OperationProto* o, const std::string& n) { o->mutable_importfile()->set_group(n); }},
      {"owner",
       [](OperationProto* o, const std::string& n) { o->mutable_setowner()->set_user(n); }},
      {"group",
       [](OperationProto* o, const std::string& n) { o->mutable_setowner()->set_group(n); }},
  };
  for (const auto& c : cases) {
    ImportBatchRequestProto in;
    in.add_operations()->mutable_mkdirs()->set_path("/d");
    OperationProto* operation = in.add_operations();
    c.fill(operation, std::string(1024, 'n'));
    EXPECT_TRUE(OperationsOf(in).ok()) << OperationsOf(in).status();
    c.fill(operation, std::string(1025, 'n'));
    EXPECT_EQ(std::string(OperationsOf(in).status().message()),
              Concat("operation 1 of the batch: The name of the ", c.what,
                     " is 1025 bytes long; the limit is 1024."));
  }
}

}  // namespace
}  // namespace jfs::net::jindo
