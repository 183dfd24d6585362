#include "core/ns/keys.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace jfs::ns {
namespace {

std::string_view GroupOf(std::string_view key) { return key.substr(0, InsertGroupBytes(key)); }

TEST(InsertGroupTest, NeighboursOfOneWriteShareAGroup) {
  EXPECT_EQ(GroupOf(EntryKey(7, "a")), GroupOf(EntryKey(7, "some other name")));
  EXPECT_EQ(GroupOf(EntryKey(7, "")), GroupOf(EntryKey(7, "a")));
  EXPECT_NE(GroupOf(EntryKey(7, "a")), GroupOf(EntryKey(8, "a")));
  EXPECT_EQ(GroupOf(DirectoryKey(0x20001)), GroupOf(DirectoryKey(0x2ffff)));
  EXPECT_NE(GroupOf(DirectoryKey(0x20001)), GroupOf(DirectoryKey(0x30001)));
  EXPECT_EQ(GroupOf(RetryKey(100, 0)), GroupOf(RetryKey(101, 5)));
  EXPECT_NE(GroupOf(MetaKey(MetaRow::kCounters)), GroupOf(MetaKey(MetaRow::kStateHash)));
}

TEST(InsertGroupTest, IsNeverLongerThanTheKey) {
  const std::string keys[] = {EntryKey(7, "abc"), DirectoryKey(7), RetryKey(100, 0), "x"};
  for (const std::string& key : keys) {
    for (size_t size = 0; size <= key.size(); ++size) {
      EXPECT_LE(InsertGroupBytes(key.substr(0, size)), size);
    }
  }
}

TEST(XAttrKeyTest, AnyNameAndAllSpaces) {
  for (const std::string& text : {std::string(), std::string("a"), std::string("\0\xff.", 3)}) {
    for (int space = 0; space <= 4; ++space) {
      const XAttrName name = {static_cast<XAttrNamespace>(space), text};
      const std::string key = XAttrKey(16390, name);
      InodeId inode = 0;
      XAttrName parsed;
      ASSERT_TRUE(ParseXAttrKey(key, &inode, &parsed));
      EXPECT_EQ(inode, 16390u);
      EXPECT_EQ(parsed, name);
      EXPECT_EQ(key.substr(0, 9), XAttrsOf(16390));
    }
  }
  InodeId inode = 0;
  XAttrName parsed;
  EXPECT_FALSE(ParseXAttrKey(XAttrsOf(16390), &inode, &parsed));
  EXPECT_FALSE(ParseXAttrKey(XAttrsOf(16390) + "\x05"
                                               "a",
                             &inode, &parsed));
  EXPECT_FALSE(ParseXAttrKey(BlockKey(16390, 9), &inode, &parsed));
}

}  // namespace
}  // namespace jfs::ns
