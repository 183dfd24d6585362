#include "core/ns/error_text.h"

#include <cstddef>
#include <string_view>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

#include "core/base/check.h"

namespace jfs::ns {
namespace {

constexpr std::string_view kIoException = "java.io.IOException";
constexpr std::string_view kFileNotFoundException = "java.io.FileNotFoundException";
constexpr std::string_view kAccessControl = "org.apache.hadoop.security.AccessControlException";
constexpr std::string_view kFileAlreadyExists = "org.apache.hadoop.fs.FileAlreadyExistsException";
constexpr std::string_view kParentNotDirectoryException =
    "org.apache.hadoop.fs.ParentNotDirectoryException";
constexpr std::string_view kAlreadyBeingCreatedException =
    "org.apache.hadoop.hdfs.protocol.AlreadyBeingCreatedException";
constexpr std::string_view kRecoveryInProgress =
    "org.apache.hadoop.hdfs.protocol.RecoveryInProgressException";
constexpr std::string_view kLeaseExpired =
    "org.apache.hadoop.hdfs.server.namenode.LeaseExpiredException";
constexpr std::string_view kAclException = "org.apache.hadoop.hdfs.protocol.AclException";
constexpr std::string_view kIllegalArgument = "org.apache.hadoop.HadoopIllegalArgumentException";
constexpr std::string_view kUnsupportedOperation = "java.lang.UnsupportedOperationException";

struct Template {
  std::string_view java_class;
  std::string_view text;
};

Template TemplateOf(Code code) {
  switch (code) {
    case Code::kOk:
      break;
#define JFS_NS_CODE(name, number, java_class, text) \
  case Code::name:                                  \
    return {java_class, text};
#include "core/ns/codes.inc"
#undef JFS_NS_CODE
  }
  return {};
}

std::string_view Argument(const std::vector<std::string>& arguments, size_t i) {
  return i < arguments.size() ? std::string_view(arguments[i]) : std::string_view();
}

// As Hadoop's TraditionalBinaryPrefix writes a number of bytes, with two decimals: "1536 B = 1.50
// KB".
std::string BytesText(const std::string& number) {
  static constexpr const char* kPrefixes[] = {"", "K", "M", "G", "T", "P", "E"};
  const std::string exact = absl::StrCat(number, " B");
  uint64_t bytes = 0;
  if (!absl::SimpleAtoi(number, &bytes)) return exact;
  int prefix = 0;
  while (prefix < 6 && bytes >> (10 * (prefix + 1)) != 0) ++prefix;
  if (prefix == 0) return absl::StrCat(exact, " = ", bytes, " B");
  const uint64_t unit = uint64_t{1} << (10 * prefix);
  // A whole number of units is written without decimals.
  if (bytes % unit == 0)
    return absl::StrCat(exact, " = ", bytes / unit, " ", kPrefixes[prefix], "B");
  uint64_t whole = bytes / unit;
  // Rounded half to even at two decimals; fractions of a unit fit into 60 bits, times 100 does not.
  const auto scaled = static_cast<unsigned __int128>(bytes % unit) * 100;
  auto hundredths = static_cast<uint64_t>(scaled / unit);
  const auto rest = static_cast<uint64_t>(scaled % unit);
  if (rest * 2 > unit || (rest * 2 == unit && hundredths % 2 == 1)) ++hundredths;
  if (hundredths == 100) {
    ++whole;
    hundredths = 0;
  }
  if (whole == 1024 && prefix < 6) {
    whole = 1;
    ++prefix;
  }
  return absl::StrCat(exact, " = ", whole, ".", hundredths < 10 ? "0" : "", hundredths, " ",
                      kPrefixes[prefix], "B");
}

// Arguments: path, inode id as the client gave it, holder, number of files that the holder has
// open.
std::string LeaseText(const std::vector<std::string>& arguments) {
  const std::string holder(Argument(arguments, 2));
  const std::string pending(Argument(arguments, 3));
  std::string text(Argument(arguments, 0));
  text.append(" (inode ").append(Argument(arguments, 1)).append(") ");
  if (pending.empty() || pending == "0") {
    absl::StrAppend(&text, "Holder ", holder, " does not have any open files.");
  } else {
    absl::StrAppend(&text, "[Lease.  Holder: ", holder, ", pending creates: ", pending, "]");
  }
  return text;
}

}  // namespace

ErrorText TextOf(Code code, const std::vector<std::string>& arguments) {
  CHECK(code != Code::kOk);
  const Template shape = TemplateOf(code);
  if (shape.java_class.empty()) {
    return {std::string(kIoException), absl::StrCat("Refused with ", CodeName(code))};
  }
  ErrorText out{std::string(shape.java_class), ""};
  std::string_view text = shape.text;
  while (!text.empty()) {
    const size_t open = text.find('{');
    out.message.append(text.substr(0, open));
    if (open == std::string_view::npos) break;
    const size_t close = text.find('}', open);
    CHECK(close != std::string_view::npos);
    const std::string_view name = text.substr(open + 1, close - open - 1);
    if (name == "lease") {
      out.message.append(LeaseText(arguments));
    } else if (name.substr(0, 5) == "bytes") {
      out.message.append(
          BytesText(std::string(Argument(arguments, static_cast<size_t>(name[5] - '0')))));
    } else {
      CHECK_EQ(name.size(), 1u);
      out.message.append(Argument(arguments, static_cast<size_t>(name[0] - '0')));
    }
    text.remove_prefix(close + 1);
  }
  return out;
}

void CutText(size_t max_bytes, std::string* text) {
  if (text->size() <= max_bytes) return;
  size_t end = max_bytes;
  while (end > 0 && (static_cast<uint8_t>((*text)[end]) & 0xc0) == 0x80) --end;
  text->resize(end);
  text->append("...");
}

std::string CodeName(Code code) {
  switch (code) {
    case Code::kOk:
      return "kOk";
#define JFS_NS_CODE(name, number, java_class, text) \
  case Code::name:                                  \
    return #name;
#include "core/ns/codes.inc"
#undef JFS_NS_CODE
  }
  return absl::StrCat("code ", static_cast<int>(code));
}

bool IsKnownCode(uint64_t number) {
  switch (number) {
    case 0:
      return true;
#define JFS_NS_CODE(name, number, java_class, text) case number:
#include "core/ns/codes.inc"
#undef JFS_NS_CODE
      return true;
    default:
      return false;
  }
}

}  // namespace jfs::ns
