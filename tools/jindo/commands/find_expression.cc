#include "tools/jindo/commands/find_expression.h"

#include <deque>
#include <optional>

#include "core/base/concat.h"
#include "tools/jindo/commands/java_text.h"

namespace jfs::tools {

struct FindExpression::Node {
  enum class Kind : uint8_t { kName, kNameAnyCase, kPrint, kPrintNul, kAnd };
  Kind kind = Kind::kPrint;
  std::string text;  // of a pattern, as given
  std::optional<GlobPattern> pattern;
  std::shared_ptr<const Node> first, second;  // of kAnd
};

namespace {

using Node = FindExpression::Node;
using Kind = Node::Kind;
using NodePointer = std::shared_ptr<const Node>;

NodePointer Leaf(Kind kind) {
  Node node;
  node.kind = kind;
  return std::make_shared<const Node>(std::move(node));
}

NodePointer And(NodePointer first, NodePointer second) {
  Node node;
  node.kind = Kind::kAnd;
  node.first = std::move(first);
  node.second = std::move(second);
  return std::make_shared<const Node>(std::move(node));
}

bool HasAction(const Node& node) {
  if (node.kind == Kind::kAnd) return HasAction(*node.first) || HasAction(*node.second);
  return node.kind == Kind::kPrint || node.kind == Kind::kPrintNul;
}

// Where Hadoop's shell takes from an empty list and ends with a stack trace.
Failure Incomplete(std::string message) {
  return {.exception_class = "java.util.NoSuchElementException",
          .message = std::move(message),
          .misuse = true};
}

// Takes words from the front of *words up to ")" or the end.
Answer<NodePointer> ParseGroup(std::deque<std::string>* words) {
  // Expressions read so far, the latest in front, and how many "and"s wait for their two.
  std::deque<NodePointer> primaries;
  size_t pending = 0;
  bool after_operator = true;  // so no "and" is implied in front of the next expression
  const auto join = [&]() -> Outcome {
    for (; pending > 0; --pending) {
      if (primaries.size() < 2) return Incomplete("-a stands between two expressions");
      NodePointer second = std::move(primaries[0]);
      NodePointer first = std::move(primaries[1]);
      primaries.erase(primaries.begin(), primaries.begin() + 2);
      primaries.push_front(And(std::move(first), std::move(second)));
    }
    return std::nullopt;
  };
  while (!words->empty()) {
    const std::string word = std::move(words->front());
    words->pop_front();
    if (word == "(") {
      Answer<NodePointer> group = ParseGroup(words);
      if (!group.ok()) return group.failure();
      primaries.push_back(*std::move(group));
      after_operator = false;
      continue;
    }
    if (word == ")") break;
    if (word == "-a" || word == "-and") {
      if (Outcome failed = join()) return *failed;
      ++pending;
      after_operator = true;
      continue;
    }
    NodePointer leaf;
    if (word == "-print") {
      leaf = Leaf(Kind::kPrint);
    } else if (word == "-print0") {
      leaf = Leaf(Kind::kPrintNul);
    } else if (word == "-name" || word == "-iname") {
      if (words->empty()) return Incomplete(Concat(word, " needs a pattern behind it"));
      Node node;
      node.kind = word == "-name" ? Kind::kName : Kind::kNameAnyCase;
      node.text = std::move(words->front());
      words->pop_front();
      leaf = std::make_shared<const Node>(std::move(node));
    } else {
      return Failure{.exception_class = "java.io.IOException",
                     .message = Concat("Unexpected argument: ", word)};
    }
    if (!after_operator) {
      if (Outcome failed = join()) return *failed;
      ++pending;
    }
    primaries.push_front(std::move(leaf));
    after_operator = false;
  }
  if (Outcome failed = join()) return *failed;
  return primaries.empty() ? Leaf(Kind::kPrint) : primaries.front();
}

// Patterns are only looked at once the whole command line has been read.
Answer<NodePointer> WithPatterns(const NodePointer& node) {
  if (node->kind == Kind::kAnd) {
    const Answer<NodePointer> first = WithPatterns(node->first);
    if (!first.ok()) return first.failure();
    const Answer<NodePointer> second = WithPatterns(node->second);
    if (!second.ok()) return second.failure();
    return And(*first, *second);
  }
  if (node->kind != Kind::kName && node->kind != Kind::kNameAnyCase) return node;
  Node out = *node;
  Answer<GlobPattern> pattern =
      GlobPattern::Parse(node->kind == Kind::kName ? node->text : ToLower(node->text));
  if (!pattern.ok()) {
    Failure failure = pattern.failure();
    constexpr std::string_view kPrefix = "Illegal file pattern: ";
    if (failure.message.starts_with(kPrefix)) failure.message.erase(0, kPrefix.size());
    failure.misuse = true;
    return failure;
  }
  out.pattern = *std::move(pattern);
  return std::make_shared<const Node>(std::move(out));
}

bool ApplyNode(const Node& node, std::string_view name, std::string_view shown,
               const std::function<void(std::string_view)>& print) {
  switch (node.kind) {
    case Kind::kAnd:
      return ApplyNode(*node.first, name, shown, print) &&
             ApplyNode(*node.second, name, shown, print);
    case Kind::kName:
      return node.pattern->Matches(name);
    case Kind::kNameAnyCase:
      return node.pattern->Matches(ToLower(name));
    case Kind::kPrint:
      print(Concat(shown, "\n"));
      return true;
    case Kind::kPrintNul:
      print(std::string(shown) + '\0');
      return true;
  }
  return false;
}

std::string Debug(const Node& node) {
  switch (node.kind) {
    case Kind::kAnd:
      return Concat("and(", Debug(*node.first), ",", Debug(*node.second), ")");
    case Kind::kName:
      return Concat("name(", node.text, ")");
    case Kind::kNameAnyCase:
      return Concat("iname(", node.text, ")");
    case Kind::kPrint:
      return "print";
    case Kind::kPrintNul:
      return "print0";
  }
  return "";
}

}  // namespace

Answer<FindExpression> FindExpression::Parse(const Arguments& words) {
  std::deque<std::string> rest(words.begin(), words.end());
  Answer<NodePointer> root = ParseGroup(&rest);
  if (!root.ok()) return root.failure();
  NodePointer node = *std::move(root);
  if (!HasAction(*node)) node = And(std::move(node), Leaf(Kind::kPrint));
  Answer<NodePointer> prepared = WithPatterns(node);
  if (!prepared.ok()) return prepared.failure();
  return FindExpression(*std::move(prepared));
}

void FindExpression::Apply(std::string_view name, std::string_view shown,
                           const std::function<void(std::string_view)>& print) const {
  ApplyNode(*root_, name, shown, print);
}

std::string FindExpression::DebugString() const { return Debug(*root_); }

}  // namespace jfs::tools
