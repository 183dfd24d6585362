#include "tools/jindo/commands/acl_spec.h"

#include <gtest/gtest.h>

#include <string>

namespace jfs::tools {
namespace {

struct SpecCase {
  std::string_view name, text, want;
  bool with_permissions = true;
};
constexpr SpecCase kSpecCases[] = {
    {"User", "user:bob:r-x", "user:bob:r-x;"},
    {"Several", "user::rwx,group:staff:---,mask::r--,other::--x",
     "user::rwx;group:staff:---;mask::r--;other::--x;"},
    {"Default", "default:user:bob:rwx", "default:user:bob:rwx;"},
    {"UpperCase", "USER:bob:rwx", "user:bob:rwx;"},
    {"EmptyParts", ",,user:bob:rwx,", "user:bob:rwx;"},
    {"Nothing", "", ""},
    {"ToRemove", "user:bob,mask", "user:bob:---;mask::---;", false},
    {"ToRemoveEmptyName", "group:", "group::---;", false},
    {"NoPermission", "user:bob", "Invalid <aclSpec> : user:bob"},
    {"WrongPermission", "user:bob:rwz", "Invalid permission in <aclSpec> : user:bob:rwz"},
    {"WrongType", "nonsense", "Invalid type of acl in <aclSpec> :nonsense"},
    {"TooMuch", "user:bob:rwx:x", "Invalid <aclSpec> : user:bob:rwx:x"},
    {"PermissionToRemove", "user:bob:rwx", "Invalid <aclSpec> : user:bob:rwx", false},
    {"Colon", ":", "Invalid <aclSpec> : :"},
    {"DefaultAlone", "default", "Invalid <aclSpec> : default"},
};
struct SpecTest : testing::TestWithParam<SpecCase> {};
TEST_P(SpecTest, EntriesOrComplaint) {
  const SpecCase& c = GetParam();
  const Answer<std::vector<AclEntry>> entries = ParseAclSpec(c.text, c.with_permissions);
  std::string found;
  if (entries.ok()) {
    for (const AclEntry& entry : *entries) found += FormatAclEntry(entry) + ";";
  } else {
    EXPECT_TRUE(entries.failure().misuse);
    found = entries.failure().message;
  }
  EXPECT_EQ(found, c.want);
}
INSTANTIATE_TEST_SUITE_P(All, SpecTest, testing::ValuesIn(kSpecCases),
                         [](const auto& info) { return std::string(info.param.name); });

FileStatus StatusOf(uint32_t mode) {
  FileStatus out;
  out.set_owner("root");
  out.set_group("staff");
  out.mutable_permission()->set_perm(mode);
  return out;
}

TEST(FormatAcl, OfAModeAlone) {
  EXPECT_EQ(FormatAcl("/x", StatusOf(0640), nullptr),
            "# file: /x\n# owner: root\n# group: staff\nuser::rw-\ngroup::r--\nother::---\n\n");
  EXPECT_NE(FormatAcl("/x", StatusOf(01777), nullptr).find("# flags: --t\n"), std::string::npos);
  EXPECT_NE(FormatAcl("/x", StatusOf(01776), nullptr).find("# flags: --T\n"), std::string::npos);
}

TEST(FormatAcl, ShowsWhatTheMaskLeaves) {
  AclStatus acl;
  const Answer<std::vector<AclEntry>> entries = ParseAclSpec(
      "user:bob:rwx,group::r-x,default:user::rwx,default:user:bob:rwx,default:group::rw-,"
      "default:mask::r--,default:other::---",
      true);
  ASSERT_TRUE(entries.ok());
  for (const AclEntry& entry : *entries) *acl.add_entries() = entry;
  EXPECT_EQ(FormatAcl("d", StatusOf(0750), &acl),
            "# file: d\n# owner: root\n# group: staff\n"
            "user::rwx\nuser:bob:rwx\t#effective:r-x\ngroup::r-x\nmask::r-x\nother::---\n"
            "default:user::rwx\ndefault:user:bob:rwx\t#effective:r--\n"
            "default:group::rw-\t#effective:r--\ndefault:mask::r--\ndefault:other::---\n\n");
}

}  // namespace
}  // namespace jfs::tools
