#include "core/ns/acl.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/ns/error_text.h"
#include "core/ns/test_world.h"

namespace jfs::ns {
namespace {

std::string KeptText(const KeptAcl& acl) {
  char mode[8];
  std::snprintf(mode, sizeof mode, "%04o", static_cast<unsigned>(acl.mode));
  std::string text = mode;
  if (!acl.entries.empty()) text += " " + AclText(acl.entries);
  return text;
}

std::string OutcomeText(const AclOutcome& outcome) {
  if (const auto* reply = std::get_if<Reply>(&outcome)) {
    const ErrorText text = TextOf(reply->code, reply->arguments);
    EXPECT_EQ(text.java_class, "org.apache.hadoop.hdfs.protocol.AclException");
    return text.message;
  }
  return KeptText(std::get<KeptAcl>(outcome));
}

std::string NamedUsers(int count) {
  std::string text;
  for (int i = 0; i < count; ++i) text += ",user:u" + std::to_string(100 + i) + ":r--";
  return text.substr(count == 0 ? 0 : 1);
}

enum class Call { kModify, kRemove, kReplace };

struct AclCase {
  std::string name;
  Call call;
  std::string path;  // ends with a slash for a directory
  uint16_t mode;
  std::string before, entries;
  std::string want;  // mode and entries, or the message
};

class AclCallTest : public testing::TestWithParam<AclCase> {};

TEST_P(AclCallTest, Outcome) {
  const AclCase& c = GetParam();
  AclSubject inode;
  inode.acl = {c.mode, AclOf(c.before)};
  inode.path = c.path;
  inode.directory = c.path.back() == '/';
  if (inode.directory) inode.path.pop_back();
  const std::vector<AclEntry> entries = AclOf(c.entries);
  AclOutcome outcome;
  switch (c.call) {
    case Call::kModify:
      outcome = ModifyAcl(inode, entries);
      break;
    case Call::kRemove:
      outcome = RemoveFromAcl(inode, entries);
      break;
    case Call::kReplace:
      outcome = ReplaceAcl(inode, entries);
      break;
  }
  EXPECT_EQ(OutcomeText(outcome), c.want);
}

// The messages and lists are those of a NameNode 3.5.0.
std::vector<AclCase> Cases() {
  const std::string base_missing =
      "Invalid ACL: the user, group and other entries are required. Path: ";
  const std::string mask_needed = "Invalid ACL: mask is required and cannot be deleted. Path: ";
  const std::string d_before =
      "user:bob:rwx,group::r-x,default:user::rwx,default:user:bob:rwx,default:group::r-x,"
      "default:mask::rwx,default:other::r-x";
  const std::string defaults =
      "default:user::rwx,default:user:bob:rwx,default:group::r-x,default:mask::rwx,"
      "default:other::r-x";
  return {
      {"ModifyAddsAndMasks", Call::kModify, "/t/f", 0644, "", "user:bob:rwx",
       "0674 user:bob:rwx,group::r--"},
      {"ModifyNothing", Call::kModify, "/t/f", 0644, "", "", "0644"},
      {"ModifyNothingKeepsMask", Call::kModify, "/t/f", 0604, "user:bob:rwx,group::r--", "",
       "0604 user:bob:rwx,group::r--"},
      {"ModifyBaseOnly", Call::kModify, "/t/d/", 01755, "", "user::rw-,other::---", "1650"},
      {"ModifyMaskGiven", Call::kModify, "/t/f", 0644, "", "user:bob:rwx,mask::r--",
       "0644 user:bob:rwx,group::r--"},
      {"ModifyMaskAlone", Call::kModify, "/t/f", 0644, "", "mask::rwx", "0674 group::r--"},
      {"ModifyRecomputesMask", Call::kModify, "/t/f", 0604, "user:bob:rwx,group::r--",
       "group:staff:-w-", "0674 user:bob:rwx,group::r--,group:staff:-w-"},
      {"ModifyOtherScopeKeepsMask", Call::kModify, "/t/d/", 0705, "user:bob:rwx,group::r-x",
       "default:group::rwx",
       "0705 user:bob:rwx,group::r-x,default:user::rwx,default:group::rwx,default:other::r-x"},
      {"ModifyReplaces", Call::kModify, "/t/f", 0674, "user:bob:rwx,group::r--", "user:bob:-w-",
       "0664 user:bob:-w-,group::r--"},
      {"ModifyOrder", Call::kModify, "/t/f", 0600, "",
       "group:b:r--,user:z:r--,user:a:r--,group:a:r--",
       "0640 user:a:r--,user:z:r--,group::---,group:a:r--,group:b:r--"},
      {"ModifyDefaultOnFile", Call::kModify, "/t/f", 0644, "", "default:user:bob:rwx",
       "Invalid ACL: only directories may have a default ACL. Path: /t/f Path: /t/f"},
      {"ModifyNamedMask", Call::kModify, "/t/f", 0644, "", "mask:x:rwx",
       "Invalid ACL: this entry type must not have a name: mask:x:rwx. Path: /t/f"},
      {"ModifyNamedDefaultOther", Call::kModify, "/t/d/", 0755, "", "default:other:x:r-x",
       "Invalid ACL: this entry type must not have a name: default:other:x:r-x. Path: /t/d"},
      {"ModifyTwiceTheSameNew", Call::kModify, "/t/f", 0644, "", "user:bob:rwx,user:bob:r--",
       "Invalid ACL: multiple entries with same scope, type and name. Path: /t/f"},
      // HDFS takes the one that its binary search meets.
      {"ModifyTwiceTheSameOld", Call::kModify, "/t/f", 0674, "user:bob:rwx,group::r--",
       "user:bob:rwx,user:bob:r--", "0674 user:bob:rwx,group::r--"},
      {"Modify40", Call::kModify, "/t/f", 0644, "", NamedUsers(40),
       "Invalid ACL: ACL has 40 access entries, which exceeds maximum of 32. Path: /t/f"},
      {"Modify32", Call::kModify, "/t/g", 0644, "", NamedUsers(32),
       "Invalid ACL: ACL has 36 access entries, which exceeds maximum of 32. Path: /t/g"},
      {"Modify29", Call::kModify, "/t/g", 0644, "", NamedUsers(29),
       "Invalid ACL: ACL has 33 access entries, which exceeds maximum of 32. Path: /t/g"},
      {"Modify28", Call::kModify, "/t/g", 0644, "", NamedUsers(28),
       "0644 " + NamedUsers(28) + ",group::r--"},
      {"Modify33Default", Call::kModify, "/t/d/", 0755, "",
       "default:mask::r--,default:user::r--" +
           [] {
             std::string text;
             for (int i = 0; i < 31; ++i) text += ",default:group:g" + std::to_string(i) + ":r--";
             return text;
           }(),
       "Invalid ACL: ACL has 33 default entries, which exceeds maximum of 32. Path: /t/d"},

      {"ReplaceWithoutOwner", Call::kReplace, "/t/f", 0644, "", "user:bob:rwx",
       base_missing + "/t/f"},
      {"ReplaceWithoutGroup", Call::kReplace, "/t/f", 0644, "", "user::rwx,other::r--,user:bob:r--",
       base_missing + "/t/f"},
      {"ReplaceByNothing", Call::kReplace, "/t/f", 01674, "user:bob:rwx,group::r--", "", "1644"},
      {"ReplaceByMinimal", Call::kReplace, "/t/f", 0674, "user:bob:rwx,group::r--",
       "user::rw-,group::r--,other::r--", "0644"},
      {"ReplaceDefaultOnly", Call::kReplace, "/t/d/", 0755, "", "default:user:bob:rwx",
       "0755 " + defaults},
      {"ReplaceAccessKeepsDefault", Call::kReplace, "/t/d/", 0755, defaults,
       "user::rwx,group::---,other::---", "0700 " + defaults},
      {"ReplaceDefaultKeepsAccess", Call::kReplace, "/t/d/", 0705, "user:bob:rwx,group::r-x",
       "default:other::---",
       "0705 user:bob:rwx,group::r-x,default:user::rwx,default:group::r-x,default:other::---"},

      {"RemoveMaskNeeded", Call::kRemove, "/t/d/", 0775, d_before, "mask", mask_needed + "/t/d"},
      {"RemoveDefaultMaskNeeded", Call::kRemove, "/t/d/", 0775, d_before, "default:mask",
       mask_needed + "/t/d"},
      {"RemoveOwner", Call::kRemove, "/t/d/", 0775, d_before, "user::", base_missing + "/t/d"},
      {"RemoveDefaultOwnerIsCopiedBack", Call::kRemove, "/t/d/", 0575, d_before, "default:user::",
       "0575 user:bob:rwx,group::r-x,default:user::r-x,default:user:bob:rwx,default:group::r-x,"
       "default:mask::rwx,default:other::r-x"},
      {"RemoveNamed", Call::kRemove, "/t/d/", 0775, d_before, "user:bob,default:user:bob",
       "0755 group::r-x,default:user::rwx,default:group::r-x,default:mask::r-x,"
       "default:other::r-x"},
      {"RemoveNamedAndMask", Call::kRemove, "/t/f", 0674, "user:bob:rwx,group::r--",
       "user:bob,mask", "0644"},
      {"RemoveUnknown", Call::kRemove, "/t/d/", 0705, d_before, "user:nobody", "0705 " + d_before},
      {"RemoveAllDefaults", Call::kRemove, "/t/d/", 0775, d_before,
       "default:user:,default:user:bob,default:group:,default:other:",
       "0775 user:bob:rwx,group::r-x"},
  };
}

INSTANTIATE_TEST_SUITE_P(All, AclCallTest, testing::ValuesIn(Cases()),
                         [](const auto& info) { return info.param.name; });

TEST(AclTest, RemovingAScope) {
  const KeptAcl both = {01715, AclOf("user:bob:rwx,group::r--,default:user::rwx,"
                                     "default:group::r-x,default:other::r-x")};
  EXPECT_EQ(KeptText(WithoutDefaultAcl(both)), "1715 user:bob:rwx,group::r--");
  EXPECT_EQ(KeptText(WithoutAcl(both)), "1745");
  const KeptAcl defaults = {0715, AclOf("default:user::rwx,default:group::r-x,default:other::r-x")};
  EXPECT_EQ(KeptText(WithoutDefaultAcl(defaults)), "0715");
  EXPECT_EQ(KeptText(WithoutAcl(defaults)), "0715");
  EXPECT_EQ(KeptText(WithoutAcl({0640, {}})), "0640");
}

struct InheritanceCase {
  std::string name;
  std::string parent;
  uint16_t mode;
  std::optional<uint16_t> unmasked;
  std::string file, directory;
};

TEST(AclTest, Inheritance) {
  const std::string minimal = "default:user::rwx,default:group::r-x,default:other::---";
  const std::string extended =
      "default:user::rwx,default:user:carol:rwx,default:group::rwx,default:mask::rwx,"
      "default:other::r-x";
  const std::vector<InheritanceCase> cases = {
      {"no defaults", "user:bob:rwx,group::r-x", 0640, 0666, "0640", "0640"},
      {"minimal", minimal, 0640, std::nullopt, "0640", "0640 " + minimal},
      {"minimal, wide", minimal, 0777, std::nullopt, "0750", "0750 " + minimal},
      {"the umask does not matter", minimal, 0600, 01666, "1640", "1640 " + minimal},
      {"extended", extended, 0644, 0666, "0664 user:carol:rwx,group::rwx",
       "0664 user:carol:rwx,group::rwx," + extended},
      {"extended, directory", extended, 0755, 0777, "0775 user:carol:rwx,group::rwx",
       "0775 user:carol:rwx,group::rwx," + extended},
      {"extended, old client", extended, 01700, std::nullopt, "1700 user:carol:rwx,group::rwx",
       "1700 user:carol:rwx,group::rwx," + extended},
      {"access entries are not inherited", "user:bob:rwx,group::r-x," + minimal, 0777, std::nullopt,
       "0750", "0750 " + minimal},
  };
  for (const InheritanceCase& c : cases) {
    SCOPED_TRACE(c.name);
    const std::vector<AclEntry> parent = AclOf(c.parent);
    EXPECT_EQ(KeptText(InheritedAcl(parent, c.mode, c.unmasked, false)), c.file);
    EXPECT_EQ(KeptText(InheritedAcl(parent, c.mode, c.unmasked, true)), c.directory);
  }
}

}  // namespace
}  // namespace jfs::ns
