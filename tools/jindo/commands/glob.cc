#include "tools/jindo/commands/glob.h"

#include <optional>

#include "core/base/concat.h"
#include "tools/jindo/commands/java_text.h"

namespace jfs::tools {

struct GlobPattern::Node {
  enum class Kind : uint8_t { kCharacter, kAnyOne, kAnyMany, kClass, kAlternatives };
  struct Range {
    char32_t first, last;
  };
  Kind kind = Kind::kCharacter;
  char32_t character = 0;
  bool negated = false;       // of a class
  std::vector<Range> ranges;  // of a class
  std::vector<Sequence> alternatives;
};

namespace {

using Node = GlobPattern::Node;
using Sequence = GlobPattern::Sequence;
using Kind = Node::Kind;

// As the regular-expression library under Hadoop words it.
Failure Illegal(std::string_view what, size_t at, std::string_view pattern) {
  return {.exception_class = "java.io.IOException",
          .message = Concat("Illegal file pattern: error parsing regexp: ", what, " at pos ", at,
                            ": `", pattern, "`")};
}

class Parser {
 public:
  explicit Parser(std::string_view pattern) : pattern_(pattern), text_(DecodeUtf8(pattern)) {}

  // Up to the end, or within braces up to the ',' or '}' that ends an alternative.
  Outcome ParseSequence(bool in_braces, Sequence* out) {
    while (at_ < text_.size()) {
      const char32_t c = text_[at_];
      if (in_braces && (c == ',' || c == '}')) return std::nullopt;
      ++at_;
      Node node;
      switch (c) {
        case '\\':
          if (at_ == text_.size()) return Illegal("Missing escaped character", at_, pattern_);
          node.character = text_[at_++];
          break;
        case '*':
          node.kind = Kind::kAnyMany;
          wildcard_ = true;
          break;
        case '?':
          node.kind = Kind::kAnyOne;
          wildcard_ = true;
          break;
        case '[':
          wildcard_ = true;
          if (Outcome failed = ParseClass(&node)) return failed;
          break;
        case '{':
          wildcard_ = true;
          if (Outcome failed = ParseAlternatives(&node)) return failed;
          break;
        default:
          node.character = c;
          break;
      }
      out->push_back(std::move(node));
    }
    return std::nullopt;
  }
  bool wildcard() const { return wildcard_; }

 private:
  Outcome ParseClass(Node* node) {
    node->kind = Kind::kClass;
    if (at_ < text_.size() && (text_[at_] == '^' || text_[at_] == '!')) {
      node->negated = true;
      ++at_;
    }
    bool first = true;
    for (; at_ < text_.size(); first = false) {
      char32_t c = text_[at_++];
      if (c == ']' && !first) return std::nullopt;
      if (c == '[') return Illegal("Unclosed character class", at_ - 1, pattern_);
      if (c == '\\') {
        if (at_ == text_.size()) return Illegal("Missing escaped character", at_, pattern_);
        c = text_[at_++];
      }
      Node::Range range = {c, c};
      if (at_ + 1 < text_.size() && text_[at_] == '-' && text_[at_ + 1] != ']') {
        range.last = text_[at_ + 1];
        at_ += 2;
      }
      node->ranges.push_back(range);
    }
    return Illegal("Unclosed character class", text_.size(), pattern_);
  }

  Outcome ParseAlternatives(Node* node) {
    node->kind = Kind::kAlternatives;
    while (at_ <= text_.size()) {
      Sequence alternative;
      if (Outcome failed = ParseSequence(/*in_braces=*/true, &alternative)) return failed;
      node->alternatives.push_back(std::move(alternative));
      if (at_ == text_.size()) break;
      if (text_[at_++] == '}') return std::nullopt;
    }
    return Illegal("Unclosed group", text_.size(), pattern_);
  }

  const std::string_view pattern_;
  const std::u32string text_;
  size_t at_ = 0;
  bool wildcard_ = false;
};

bool InClass(const Node& node, char32_t c) {
  for (const Node::Range& range : node.ranges) {
    if (range.first <= c && c <= range.last) return !node.negated;
  }
  return node.negated;
}

// The rest of a pattern: the sequence from a place on, and what follows when it ends.
struct Rest {
  const Sequence* nodes = nullptr;
  size_t at = 0;
  const Rest* then = nullptr;
};

// Depth is bounded by the length of the name and the depth of braces: names have 255 bytes.
bool MatchesRest(const Rest& rest, std::u32string_view name) {
  if (rest.at == rest.nodes->size()) {
    return rest.then == nullptr ? name.empty() : MatchesRest(*rest.then, name);
  }
  const Node& node = (*rest.nodes)[rest.at];
  const Rest next = {.nodes = rest.nodes, .at = rest.at + 1, .then = rest.then};
  switch (node.kind) {
    case Kind::kCharacter:
      return !name.empty() && name[0] == node.character && MatchesRest(next, name.substr(1));
    case Kind::kAnyOne:
      return !name.empty() && MatchesRest(next, name.substr(1));
    case Kind::kClass:
      return !name.empty() && InClass(node, name[0]) && MatchesRest(next, name.substr(1));
    case Kind::kAnyMany:
      for (size_t taken = 0; taken <= name.size(); ++taken) {
        if (MatchesRest(next, name.substr(taken))) return true;
      }
      return false;
    case Kind::kAlternatives:
      for (const Sequence& alternative : node.alternatives) {
        if (MatchesRest({.nodes = &alternative, .at = 0, .then = &next}, name)) return true;
      }
      return false;
  }
  return false;
}

struct Outer {
  size_t open = 0;
};

Failure EscapeAtEnd(const std::string& pattern) {
  return {.exception_class = "java.io.IOException",
          .message = Concat("Illegal file pattern: An escaped character does not present for glob ",
                            pattern, " at ", pattern.size())};
}

// The first pair of outermost braces, from `offset` on, with a '/' in it or in a pair before it.
Answer<std::optional<Outer>> OuterBracesWithSlash(const std::string& pattern, size_t offset) {
  size_t depth = 0;
  size_t open = 0;
  bool slash = false;
  for (size_t i = offset; i < pattern.size(); ++i) {
    switch (pattern[i]) {
      case '\\':
        if (++i == pattern.size()) return EscapeAtEnd(pattern);
        break;
      case '{':
        if (depth++ == 0) open = i;
        break;
      case '}':
        if (depth > 0 && --depth == 0 && slash) return std::optional(Outer{open});
        break;
      case '/':
        if (depth > 0) slash = true;
        break;
      default:
        break;
    }
  }
  return std::optional<Outer>();
}

}  // namespace

Answer<GlobPattern> GlobPattern::Parse(std::string_view pattern) {
  Parser parser(pattern);
  Sequence nodes;
  if (Outcome failed = parser.ParseSequence(/*in_braces=*/false, &nodes)) return *failed;
  GlobPattern out;
  out.nodes_ = std::make_shared<const Sequence>(std::move(nodes));
  out.has_wildcard_ = parser.wildcard();
  return out;
}

bool GlobPattern::Matches(std::string_view name) const {
  return MatchesRest({.nodes = nodes_.get()}, DecodeUtf8(name));
}

Answer<std::vector<std::string>> ExpandBraces(const std::string& path_pattern) {
  struct Pending {
    std::string text;
    size_t offset;
  };
  std::vector<Pending> pending = {{path_pattern, 0}};  // the next one last
  std::vector<std::string> out;
  while (!pending.empty()) {
    const Pending one = std::move(pending.back());
    pending.pop_back();
    const Answer<std::optional<Outer>> braces = OuterBracesWithSlash(one.text, one.offset);
    if (!braces.ok()) return braces.failure();
    if (!braces->has_value()) {
      out.push_back(one.text);
      continue;
    }
    const size_t open = (*braces)->open;
    const std::string prefix = one.text.substr(0, open);
    std::vector<std::string> alternatives(1);
    size_t depth = 0;
    size_t i = open;
    for (; i < one.text.size(); ++i) {
      const char c = one.text[i];
      if (c == '{' && depth++ == 0) continue;
      if (c == '}' && --depth == 0) break;
      if (c == ',' && depth == 1) {
        alternatives.emplace_back();
        continue;
      }
      if (c == '\\') ++i;
      alternatives.back() += one.text[i];
    }
    const std::string suffix = one.text.substr(i + 1);
    for (auto it = alternatives.rbegin(); it != alternatives.rend(); ++it) {
      pending.push_back({Concat(prefix, *it, suffix), prefix.size()});
    }
  }
  return out;
}

std::string Unescape(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size()) ++i;
    out += text[i];
  }
  return out;
}

}  // namespace jfs::tools
