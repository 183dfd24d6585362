#include "tools/jindo/commands/attributes.h"

#include <optional>

#include "core/base/concat.h"
#include "tools/jindo/commands/attribute_value.h"
#include "tools/jindo/commands/java_text.h"

namespace jfs::tools {
namespace {

Outcome CheckOnePath(const Arguments& arguments) {
  if (arguments.empty()) return Misuse("<path> is missing.");
  if (arguments.size() > 1) return Misuse("Too many arguments.");
  return std::nullopt;
}

class GetAttributesCommand : public Command {
 public:
  using Command::Command;

 protected:
  Outcome ParseOptions(Arguments* arguments) override {
    Answer<std::optional<std::string>> name = TakeSwitchWithValue("-n", arguments);
    if (!name.ok()) return name.failure();
    name_ = *name;
    const Answer<std::optional<std::string>> encoding = TakeSwitchWithValue("-e", arguments);
    if (!encoding.ok()) return encoding.failure();
    if (encoding->has_value()) {
      const std::optional<ValueEncoding> known = ParseValueEncoding(**encoding);
      if (!known.has_value()) {
        return Misuse(Concat("Invalid/unsupported encoding option specified: ", **encoding));
      }
      encoding_ = *known;
    }
    recursive_ = TakeSwitch("-R", arguments);
    all_ = TakeSwitch("-d", arguments);
    if (!all_ && !name_.has_value()) return Misuse("Must specify '-n name' or '-d' option.");
    return CheckOnePath(*arguments);
  }
  bool only_reads() const override { return true; }

  Outcome ProcessItem(Item* item) override {
    out() << "# file: " << item->shown << '\n';
    std::vector<ExtendedAttribute> wanted;
    if (!all_) {
      Answer<ExtendedAttribute> attribute = ParseAttributeName(*name_);
      if (!attribute.ok()) return attribute.failure();
      wanted.push_back(*std::move(attribute));
    }
    const Answer<std::vector<ExtendedAttribute>> found =
        item->fs->GetAttributes(item->where(), wanted);
    if (!found.ok()) return found.failure();
    if (!all_) {
      if (!found->empty()) Print(*name_, found->front().value());
      return std::nullopt;
    }
    std::vector<std::string> names;
    for (const ExtendedAttribute& attribute : *found) {
      names.push_back(FormatAttributeName(attribute));
    }
    for (const size_t i : HashMapOrder(names)) Print(names[i], (*found)[i].value());
    return std::nullopt;
  }

 private:
  void Print(const std::string& name, const std::string& value) {
    out() << name;
    if (!value.empty()) out() << '=' << EncodeAttributeValue(value, encoding_);
    out() << '\n';
  }
  std::optional<std::string> name_;
  bool all_ = false;
  ValueEncoding encoding_ = ValueEncoding::kText;
};

class SetAttributeCommand : public Command {
 public:
  using Command::Command;

 protected:
  Outcome ParseOptions(Arguments* arguments) override {
    const Answer<std::optional<std::string>> name = TakeSwitchWithValue("-n", arguments);
    if (!name.ok()) return name.failure();
    const Answer<std::optional<std::string>> value = TakeSwitchWithValue("-v", arguments);
    if (!value.ok()) return value.failure();
    if (value->has_value()) {
      Answer<std::string> bytes = DecodeAttributeValue(**value);
      if (!bytes.ok()) return bytes.failure();
      value_ = *std::move(bytes);
    }
    const Answer<std::optional<std::string>> removed = TakeSwitchWithValue("-x", arguments);
    if (!removed.ok()) return removed.failure();
    if (name->has_value() && removed->has_value()) {
      return Misuse("Can not specify both '-n name' and '-x name' option.");
    }
    if (!name->has_value() && !removed->has_value()) {
      return Misuse("Must specify '-n name' or '-x name' option.");
    }
    remove_ = removed->has_value();
    name_ = remove_ ? **removed : **name;
    return CheckOnePath(*arguments);
  }
  Outcome ProcessItem(Item* item) override {
    Answer<ExtendedAttribute> attribute = ParseAttributeName(name_);
    if (!attribute.ok()) return attribute.failure();
    if (remove_) return item->fs->RemoveAttribute(item->where(), *attribute);
    if (value_.has_value()) attribute->set_value(*value_);
    return item->fs->SetAttribute(item->where(), *attribute);
  }

 private:
  bool remove_ = false;
  std::string name_;
  std::optional<std::string> value_;
};

}  // namespace

std::unique_ptr<Command> MakeGetAttributes(std::string name, Session* session) {
  return std::make_unique<GetAttributesCommand>(std::move(name), session);
}
std::unique_ptr<Command> MakeSetAttribute(std::string name, Session* session) {
  return std::make_unique<SetAttributeCommand>(std::move(name), session);
}

}  // namespace jfs::tools
