#include "tools/jindo/commands/java_text.h"

#include <locale.h>
#include <wctype.h>

#include <algorithm>
#include <numeric>

namespace jfs::tools {
namespace {

constexpr char32_t kReplacement = 0xfffd;

// Properties of characters, whatever locale the program runs in.
locale_t Unicode() {
  static const locale_t locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
  return locale;
}

// How many bytes the character at the head of `text` has; 0: it is not one.
size_t SequenceLength(std::string_view text, char32_t* character) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) {
    *character = lead;
    return 1;
  }
  const size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() < length) return 0;
  char32_t value = lead & (0x7f >> length);
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
    value = value << 6 | (byte(i) & 0x3f);
  }
  constexpr char32_t kSmallest[] = {0, 0, 0x80, 0x800, 0x10000};
  if (value < kSmallest[length] || value > 0x10ffff || (value >= 0xd800 && value < 0xe000)) {
    return 0;
  }
  *character = value;
  return length;
}

// Characters that are there for layout only (category Cf), which iswprint takes for printable.
bool IsFormatCharacter(char32_t c) {
  struct Range {
    char32_t first, last;
  };
  constexpr Range kRanges[] = {{0xad, 0xad},       {0x600, 0x605},     {0x61c, 0x61c},
                               {0x6dd, 0x6dd},     {0x70f, 0x70f},     {0x890, 0x891},
                               {0x8e2, 0x8e2},     {0x180e, 0x180e},   {0x200b, 0x200f},
                               {0x202a, 0x202e},   {0x2060, 0x2064},   {0x2066, 0x206f},
                               {0xfeff, 0xfeff},   {0xfff9, 0xfffb},   {0x110bd, 0x110bd},
                               {0x110cd, 0x110cd}, {0x13430, 0x1343f}, {0x1bca0, 0x1bca3},
                               {0x1d173, 0x1d17a}, {0xe0001, 0xe0001}, {0xe0020, 0xe007f}};
  return std::any_of(std::begin(kRanges), std::end(kRanges),
                     [c](const Range& range) { return range.first <= c && c <= range.last; });
}

bool IsPrivate(char32_t c) { return (c >= 0xe000 && c <= 0xf8ff) || c >= 0xf0000; }

}  // namespace

std::u32string DecodeUtf8(std::string_view text) {
  std::u32string out;
  while (!text.empty()) {
    char32_t character = kReplacement;
    const size_t length = SequenceLength(text, &character);
    out += character;
    text.remove_prefix(std::max<size_t>(length, 1));
  }
  return out;
}

void AppendUtf8(char32_t c, std::string* out) {
  if (c < 0x80) {
    *out += static_cast<char>(c);
  } else if (c < 0x800) {
    *out += static_cast<char>(0xc0 | c >> 6);
    *out += static_cast<char>(0x80 | (c & 0x3f));
  } else if (c < 0x10000) {
    *out += static_cast<char>(0xe0 | c >> 12);
    *out += static_cast<char>(0x80 | (c >> 6 & 0x3f));
    *out += static_cast<char>(0x80 | (c & 0x3f));
  } else {
    *out += static_cast<char>(0xf0 | c >> 18);
    *out += static_cast<char>(0x80 | (c >> 12 & 0x3f));
    *out += static_cast<char>(0x80 | (c >> 6 & 0x3f));
    *out += static_cast<char>(0x80 | (c & 0x3f));
  }
}

std::u16string ToUtf16(std::string_view text) {
  std::u16string out;
  out.reserve(text.size());
  for (const char32_t c : DecodeUtf8(text)) {
    if (c < 0x10000) {
      out += static_cast<char16_t>(c);
    } else {
      out += static_cast<char16_t>(0xd800 + ((c - 0x10000) >> 10));
      out += static_cast<char16_t>(0xdc00 + ((c - 0x10000) & 0x3ff));
    }
  }
  return out;
}

size_t JavaLength(std::string_view text) { return ToUtf16(text).size(); }

std::string PadRight(std::string_view text, size_t width) {
  std::string out(text);
  if (const size_t length = JavaLength(text); length < width) out.append(width - length, ' ');
  return out;
}

std::string PadLeft(std::string_view text, size_t width) {
  std::string out;
  if (const size_t length = JavaLength(text); length < width) out.append(width - length, ' ');
  return out.append(text);
}

std::string ToLower(std::string_view text) {
  std::string out;
  for (const char32_t c : DecodeUtf8(text)) {
    AppendUtf8(static_cast<char32_t>(towlower_l(static_cast<wint_t>(c), Unicode())), &out);
  }
  return out;
}

std::string ToUpperAscii(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return out;
}

std::string WithoutUnprintable(std::string_view text) {
  std::string out;
  for (const char32_t c : DecodeUtf8(text)) {
    const bool separator = c == 0x2028 || c == 0x2029;  // of lines: neither control nor format
    const bool printable = separator || (iswprint_l(static_cast<wint_t>(c), Unicode()) != 0 &&
                                         !IsFormatCharacter(c) && !IsPrivate(c));
    AppendUtf8(printable ? c : U'?', &out);
  }
  return out;
}

std::string ValidUtf8(std::string_view bytes) {
  std::string out;
  for (const char32_t c : DecodeUtf8(bytes)) AppendUtf8(c, &out);
  return out;
}

std::vector<size_t> HashMapOrder(const std::vector<std::string>& keys) {
  // java.util.HashMap: a power of two of buckets, at least 16, at most three quarters as many
  // entries; within a bucket in the order of insertion, which growing keeps.
  size_t buckets = 16;
  while (keys.size() * 4 > buckets * 3) buckets *= 2;
  std::vector<size_t> bucket(keys.size());
  for (size_t i = 0; i < keys.size(); ++i) {
    uint32_t hash = 0;
    for (const char16_t c : ToUtf16(keys[i])) hash = hash * 31 + c;
    bucket[i] = (hash ^ hash >> 16) & (buckets - 1);
  }
  std::vector<size_t> order(keys.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return bucket[a] < bucket[b]; });
  return order;
}

}  // namespace jfs::tools
