#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "net/hadoop/proto/client_namenode.pb.h"
#include "net/hadoop/translate.h"
#include "net/hadoop/translate_testing.h"

namespace jfs::net::hadoop {
namespace {

using namespace ::hadoop::hdfs;  // NOLINT: message names
using testing::ElementsAre;

TEST(TranslateAttributes, Quotas) {
  const auto plan = [](const std::string& more) {
    return PlanOfText<SetQuotaRequestProto>("setQuota", "path: '/d' " + more);
  };
  const Plan reset = plan("namespaceQuota: 18446744073709551615 storagespaceQuota: 5");
  EXPECT_EQ(reset.superuser_operation, "setSpaceQuota");
  EXPECT_EQ(OperationOf<ns::SetQuota>(reset).names, ns::SetQuota::kReset);
  EXPECT_EQ(OperationOf<ns::SetQuota>(reset).space, 5);
  const Plan keep =
      plan("namespaceQuota: 9223372036854775807 storagespaceQuota: 9223372036854775807");
  EXPECT_EQ(OperationOf<ns::SetQuota>(keep).names, ns::SetQuota::kUnchanged);
  EXPECT_EQ(OperationOf<ns::SetQuota>(keep).space, ns::SetQuota::kUnchanged);
  const Plan typed =
      plan("namespaceQuota: 9223372036854775807 storagespaceQuota: 5 storageType: DISK");
  EXPECT_EQ(typed.superuser_operation, "setSpaceQuota");
  EXPECT_EQ(ErrorIn(typed).exception_class, "java.lang.UnsupportedOperationException");
}

TEST(TranslateAttributes, AccessControlLists) {
  const std::string spec =
      "src: '/f' "
      "aclSpec { type: USER scope: ACCESS permissions: PERM_ALL name: 'bob' } "
      "aclSpec { type: MASK scope: DEFAULT permissions: READ_EXECUTE }";
  const ns::AclEntry bob{ns::AclScope::kAccess, ns::AclType::kUser, "bob", 7};
  const ns::AclEntry mask{ns::AclScope::kDefault, ns::AclType::kMask, "", 5};
  EXPECT_THAT(OperationOf<ns::ModifyAclEntries>(
                  PlanOfText<ModifyAclEntriesRequestProto>("modifyAclEntries", spec))
                  .entries,
              ElementsAre(bob, mask));
  EXPECT_THAT(OperationOf<ns::RemoveAclEntries>(
                  PlanOfText<RemoveAclEntriesRequestProto>("removeAclEntries", spec))
                  .entries,
              ElementsAre(bob, mask));
  EXPECT_THAT(OperationOf<ns::SetAcl>(PlanOfText<SetAclRequestProto>("setAcl", spec)).entries,
              ElementsAre(bob, mask));
  EXPECT_EQ(
      OperationOf<ns::RemoveAcl>(PlanOfText<RemoveAclRequestProto>("removeAcl", "src: '/f'")).path,
      "/f");
  EXPECT_EQ(OperationOf<ns::RemoveDefaultAcl>(
                PlanOfText<RemoveDefaultAclRequestProto>("removeDefaultAcl", "src: '/f'"))
                .path,
            "/f");
  EXPECT_EQ(
      QueryOf<ns::GetAclStatus>(PlanOfText<GetAclStatusRequestProto>("getAclStatus", "src: '/f'"))
          .path,
      "/f");
  SetAclRequestProto bad;
  bad.set_src("/f");
  auto* entry = bad.add_aclspec();
  entry->set_type(AclEntryProto::USER);
  entry->set_scope(AclEntryProto::ACCESS);
  entry->set_permissions(AclEntryProto::NONE);
  entry->set_name("\xff");
  EXPECT_EQ(ErrorIn(PlanOf("setAcl", bad)).message, "Name \\xff is not UTF-8.");
}

// All of an inode's names stand in one row, which must fit into one cell of a mirror.
TEST(TranslateAttributes, NamesOfOwnersGroupsAndEntriesAreBounded) {
  const auto plans = [](size_t bytes) {
    const std::string name(bytes, 'n');
    const std::string entries =
        "src: '/f' aclSpec { type: MASK scope: ACCESS permissions: PERM_ALL } "
        "aclSpec { type: GROUP scope: DEFAULT permissions: PERM_ALL name: '" +
        name + "' }";
    return std::vector<std::pair<const char*, Plan>>{
        {"The name of the owner",
         PlanOfText<SetOwnerRequestProto>("setOwner", "src: '/f' username: '" + name + "'")},
        {"The name of the group",
         PlanOfText<SetOwnerRequestProto>("setOwner", "src: '/f' groupname: '" + name + "'")},
        {"A name in the access control list",
         PlanOfText<ModifyAclEntriesRequestProto>("modifyAclEntries", entries)},
        {"A name in the access control list",
         PlanOfText<RemoveAclEntriesRequestProto>("removeAclEntries", entries)},
        {"A name in the access control list", PlanOfText<SetAclRequestProto>("setAcl", entries)},
    };
  };
  for (const auto& [what, plan] : plans(1024)) {
    EXPECT_TRUE(std::holds_alternative<Mutation>(plan.action)) << what;
  }
  for (const auto& [what, plan] : plans(1025)) {
    const IpcError error = ErrorIn(plan);
    EXPECT_EQ(error.exception_class, "org.apache.hadoop.HadoopIllegalArgumentException");
    EXPECT_EQ(error.message, std::string(what) + " is 1025 bytes long; the limit is 1024.");
  }
}

TEST(TranslateAttributes, ExtendedAttributes) {
  const auto set = OperationOf<ns::SetXAttr>(PlanOfText<SetXAttrRequestProto>(
      "setXAttr", "src: '/f' xAttr { namespace: TRUSTED name: 'a' value: '\\377' } flag: 7"));
  EXPECT_EQ(set.xattr, (ns::XAttr{{ns::XAttrNamespace::kTrusted, "a"}, "\xff"}));
  EXPECT_EQ(set.flags, ns::SetXAttr::kCreate | ns::SetXAttr::kReplace);
  EXPECT_EQ(
      OperationOf<ns::SetXAttr>(PlanOfText<SetXAttrRequestProto>(
                                    "setXAttr", "src: '/f' xAttr { namespace: USER name: '' }"))
          .flags,
      0u);
  EXPECT_EQ(ErrorIn(PlanOfText<SetXAttrRequestProto>("setXAttr", "src: '/f'")).message,
            "setXAttr names no attribute.");
  EXPECT_EQ(OperationOf<ns::RemoveXAttr>(
                PlanOfText<RemoveXAttrRequestProto>("removeXAttr",
                                                    "src: '/f' xAttr { namespace: RAW name: 'a' }"))
                .name,
            (ns::XAttrName{ns::XAttrNamespace::kRaw, "a"}));
  EXPECT_THAT(QueryOf<ns::GetXAttrs>(PlanOfText<GetXAttrsRequestProto>(
                                         "getXAttrs",
                                         "src: '/f' xAttrs { namespace: USER name: 'a' } "
                                         "xAttrs { namespace: SYSTEM name: 'b' }"))
                  .names,
              ElementsAre(ns::XAttrName{ns::XAttrNamespace::kUser, "a"},
                          ns::XAttrName{ns::XAttrNamespace::kSystem, "b"}));
  EXPECT_EQ(
      QueryOf<ns::ListXAttrs>(PlanOfText<ListXAttrsRequestProto>("listXAttrs", "src: '/f'")).path,
      "/f");
}

TEST(TranslateAttributes, SafeMode) {
  const auto plan = [](const std::string& action) {
    return PlanOfText<SetSafeModeRequestProto>("setSafeMode", "action: " + action);
  };
  EXPECT_EQ(plan("SAFEMODE_GET").superuser_operation, "");
  EXPECT_TRUE(
      std::holds_alternative<ns::GetSafeMode>(std::get<Read>(plan("SAFEMODE_GET").action).query));
  EXPECT_TRUE(OperationOf<ns::SetSafeMode>(plan("SAFEMODE_ENTER")).on);
  EXPECT_EQ(plan("SAFEMODE_ENTER").superuser_operation, "safemode_enter");
  EXPECT_FALSE(OperationOf<ns::SetSafeMode>(plan("SAFEMODE_LEAVE")).on);
  EXPECT_EQ(plan("SAFEMODE_LEAVE").superuser_operation, "safemode_leave");
  EXPECT_FALSE(OperationOf<ns::SetSafeMode>(plan("SAFEMODE_FORCE_EXIT")).on);
  EXPECT_EQ(plan("SAFEMODE_FORCE_EXIT").superuser_operation, "safemode_force_exit");
}

TEST(TranslateAttributes, TheOperationInASuperusersRefusalDependsOnTheArgument) {
  const auto restore = [](const std::string& argument) {
    return PlanOfText<RestoreFailedStorageRequestProto>("restoreFailedStorage",
                                                        "arg: '" + argument + "'")
        .superuser_operation;
  };
  EXPECT_EQ(restore("check"), "checkRestoreFailedStorage");
  EXPECT_EQ(restore("true"), "enableRestoreFailedStorage");
  EXPECT_EQ(restore("false"), "disableRestoreFailedStorage");
  const auto upgrade = [](const std::string& action) {
    return PlanOfText<RollingUpgradeRequestProto>("rollingUpgrade", "action: " + action)
        .superuser_operation;
  };
  EXPECT_EQ(upgrade("QUERY"), "queryRollingUpgrade");
  EXPECT_EQ(upgrade("START"), "startRollingUpgrade");
  EXPECT_EQ(upgrade("FINALIZE"), "finalizeRollingUpgrade");
  EXPECT_EQ(SuperuserError("alice", "setQuota").message,
            "Access denied for user alice. Superuser privilege is required for operation setQuota");
}

TEST(TranslateAttributes, UsersAndGroups) {
  const Plan groups = Translate(Facts(), kGetUserMappingsProtocol, 1, "getGroupsForUser",
                                "\x0a\x05"
                                "alice");
  EXPECT_EQ(std::get<GroupsOf>(groups.action).user, "alice");
  EXPECT_EQ(groups.category, Category::kUnchecked);
  const Plan refresh =
      Translate(Facts(), kRefreshUserMappingsProtocol, 1, "refreshUserToGroupsMappings", "");
  EXPECT_TRUE(std::holds_alternative<RefreshGroups>(refresh.action));
  EXPECT_EQ(refresh.superuser_operation, "refreshUserToGroupsMappings");
}

}  // namespace
}  // namespace jfs::net::hadoop
