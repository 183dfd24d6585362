#include "net/utf8.h"

#include <string>

#include "gtest/gtest.h"

namespace jfs::net {
namespace {

TEST(Utf8, WhatIsAndWhatIsNot) {
  const std::string good[] = {"",
                              "/a",
                              std::string("\0", 1),
                              "\x7f",
                              "\xc2\x80",
                              "\xdf\xbf",
                              "\xe0\xa0\x80",
                              "\xed\x9f\xbf",
                              "\xee\x80\x80",
                              "\xef\xbf\xbf",
                              "\xf0\x90\x80\x80",
                              "\xf4\x8f\xbf\xbf"};
  for (const std::string& text : good) {
    EXPECT_TRUE(IsUtf8(text));
    EXPECT_TRUE(IsUtf8("a" + text + "b" + text));
  }
  const std::string bad[] = {
      "\x80",              // a continuation alone
      "\xbf",              //
      "\xc0\xaf",          // overlong
      "\xc1\xbf",          //
      "\xe0\x9f\xbf",      //
      "\xf0\x8f\xbf\xbf",  //
      "\xed\xa0\x80",      // surrogates
      "\xed\xbf\xbf",      //
      "\xf4\x90\x80\x80",  // above U+10FFFF
      "\xf5\x80\x80\x80",  //
      "\xff",              //
      "\xc2",              // cut short
      "\xe2\x82",          //
      "\xf0\x9f\x98",      //
      "\xc2\x41",          // not continued
      "\xe2\x82\x41",      //
      "\xf0\x9f\x98\x41",  //
  };
  for (const std::string& text : bad) {
    EXPECT_FALSE(IsUtf8(text));
    EXPECT_FALSE(IsUtf8("a" + text));
    EXPECT_FALSE(IsUtf8(text + "b"));
  }
}

}  // namespace
}  // namespace jfs::net
