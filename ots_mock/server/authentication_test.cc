#include "ots_mock/server/authentication.h"

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include "gtest/gtest.h"

#include "core/base/concat.h"

namespace jfs::ots_mock {
namespace {

using ots::Header;

constexpr int64_t kNow = 1'714'979'289'123;
constexpr int64_t kSkew = 15 * 60 * 1000;
const Account kAccount{.instance = "mock-inst", .access_key_id = "key", .secret = "secret"};

std::vector<Header> Signed(const std::string& secret, const std::string& body, int64_t at) {
  return *ots::SignedRequestHeaders({.access_key_id = "key", .secret = secret}, "mock-inst",
                                    "/PutRow", body, at);
}

Header& Named(std::vector<Header>& headers, std::string_view name) {
  return *std::find_if(headers.begin(), headers.end(),
                       [&](const Header& header) { return header.name == name; });
}

std::string Check(const std::vector<Header>& headers, const std::string& body) {
  const CheckedRequest checked =
      CheckRequest(std::span(&kAccount, 1), "/PutRow", headers, body, kNow, kSkew);
  if (!checked.refusal.has_value()) return "ok";
  return Concat(checked.refusal->code, ": ", checked.refusal->message);
}

TEST(Authentication, WhatIsRightPasses) {
  EXPECT_EQ(Check(Signed("secret", "body", kNow), "body"), "ok");
  EXPECT_EQ(Check(Signed("secret", "body", kNow - kSkew + 1000), "body"), "ok");
  std::vector<Header> capitals = Signed("secret", "body", kNow);
  for (Header& header : capitals) header.name[0] = 'X';
  EXPECT_EQ(Check(capitals, "body"), "ok");
}

TEST(Authentication, EachThingThatIsWrongIsNamed) {
  EXPECT_EQ(Check(Signed("other", "body", kNow), "body"), "OTSAuthFailed: Signature mismatch.");
  EXPECT_EQ(Check(Signed("secret", "body", kNow), "bodY"),
            "OTSAuthFailed: Mismatch between MD5 value of request body and x-ots-contentmd5 in "
            "header.");
  EXPECT_EQ(Check(Signed("secret", "body", kNow - kSkew - 1000), "body"),
            "OTSAuthFailed: Mismatch between system time and x-ots-date: "
            "2024-05-06T06:53:08.123Z.");
  std::vector<Header> headers = Signed("secret", "body", kNow);
  Named(headers, "x-ots-instancename").value = "other";
  EXPECT_EQ(Check(headers, "body"), "OTSAuthFailed: The instance is not found.");
  headers = Signed("secret", "body", kNow);
  Named(headers, "x-ots-accesskeyid").value = "other";
  EXPECT_EQ(Check(headers, "body"), "OTSAuthFailed: The AccessKeyID does not exist.");
  headers = Signed("secret", "body", kNow);
  Named(headers, "x-ots-date").value = "yesterday";
  EXPECT_EQ(Check(headers, "body"), "OTSParameterInvalid: Invalid date format: yesterday.");
  headers = Signed("secret", "body", kNow);
  headers.push_back({"x-ots-added-on-the-way", "1"});
  EXPECT_EQ(Check(headers, "body"), "OTSAuthFailed: Signature mismatch.");
}

TEST(Authentication, EveryHeaderIsNeeded) {
  const std::vector<Header> all = Signed("secret", "body", kNow);
  for (size_t i = 0; i < all.size(); ++i) {
    std::vector<Header> headers = all;
    headers.erase(headers.begin() + static_cast<ptrdiff_t>(i));
    EXPECT_EQ(Check(headers, "body"),
              Concat("OTSParameterInvalid: Missing header: ", all[i].name, "."));
  }
}

TEST(Authentication, VersionFour) {
  std::vector<Header> headers = Signed("secret", "body", kNow);
  headers.pop_back();
  headers.push_back({"x-ots-signdate", "20240506"});
  headers.push_back({"x-ots-signregion", "cn-hangzhou"});
  const std::string key = *ots::SigningKeyV4("secret", "20240506", "cn-hangzhou");
  const std::string text = ots::RequestStringToSign("/PutRow", headers);
  headers.push_back({"x-ots-signaturev4", *ots::SignV4(key, text)});
  EXPECT_EQ(Check(headers, "body"), "ok");
  headers.back().value[0] = headers.back().value[0] == 'A' ? 'B' : 'A';
  EXPECT_EQ(Check(headers, "body"), "OTSAuthFailed: Signature mismatch.");
}

TEST(Authentication, AnswersAreSigned) {
  const std::vector<Header> headers = Signed("secret", "", kNow);
  const CheckedRequest checked =
      CheckRequest(std::span(&kAccount, 1), "/PutRow", headers, "", kNow, kSkew);
  std::vector<Header> answer = ResponseHeaders(checked, "/PutRow", "answer", "id-1", kNow);
  ASSERT_EQ(answer.back().name, "Authorization");
  const std::string authorization = answer.back().value;
  answer.pop_back();
  EXPECT_EQ(authorization,
            Concat("OTS key:", *ots::Sign("secret", ots::ResponseStringToSign("/PutRow", answer))));
  EXPECT_EQ(Named(answer, "x-ots-date").value, "2024-05-06T07:08:09.123000Z");
  const CheckedRequest stranger;
  EXPECT_NE(ResponseHeaders(stranger, "/PutRow", "", "id", kNow).back().name, "Authorization");
}

}  // namespace
}  // namespace jfs::ots_mock
