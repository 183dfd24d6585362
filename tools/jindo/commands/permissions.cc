#include "tools/jindo/commands/permissions.h"

#include <optional>
#include <string_view>

#include "core/base/concat.h"
#include "tools/jindo/commands/acl_spec.h"
#include "tools/jindo/commands/permission_mode.h"

namespace jfs::tools {
namespace {

// In front of the server's words, as Hadoop's shell has it.
Outcome Explained(Outcome outcome, std::string_view doing, const Item& item) {
  if (outcome.has_value()) {
    outcome->message = Concat(doing, " of '", item.shown, "': ", outcome->message);
    outcome->exception_class = "java.io.IOException";
  }
  return outcome;
}

class ChangeModeCommand : public Command {
 public:
  using Command::Command;

 protected:
  Outcome ParseOptions(Arguments* arguments) override {
    ArgumentFormat format(2, ArgumentFormat::kAny, {"R"});
    // A mode like -t looks like a switch.
    if (Outcome misuse = format.LetUnknownPass().Parse(arguments)) return misuse;
    recursive_ = format.Has("R");
    const std::string mode = arguments->front();
    arguments->erase(arguments->begin());
    const std::optional<PermissionChange> change = PermissionChange::Parse(mode);
    if (!change.has_value()) {
      return Misuse(Concat("chmod : mode '", mode, "' does not match the expected pattern."));
    }
    change_ = *change;
    return std::nullopt;
  }
  Outcome ProcessItem(Item* item) override {
    const uint32_t before = item->status->permission().perm() & 01777;
    const uint32_t after = change_.ApplyTo(before, item->is_directory());
    if (before == after) return std::nullopt;
    return Explained(item->fs->SetPermission(item->where(), after), "changing permissions", *item);
  }

 private:
  PermissionChange change_;
};

bool IsNameCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("-+_./@").find(c) != std::string_view::npos;
}

std::string_view WithoutBlanks(std::string_view text) {
  constexpr std::string_view kBlank = " \t\n\v\f\r";
  while (!text.empty() && kBlank.find(text.front()) != std::string_view::npos) {
    text.remove_prefix(1);
  }
  while (!text.empty() && kBlank.find(text.back()) != std::string_view::npos) text.remove_suffix(1);
  return text;
}

bool IsName(std::string_view text) {
  for (const char c : text) {
    if (!IsNameCharacter(c)) return false;
  }
  return true;
}

class ChangeOwnerCommand : public Command {
 public:
  using Command::Command;

 protected:
  Outcome ParseOptions(Arguments* arguments) override {
    ArgumentFormat format(2, ArgumentFormat::kAny, {"R"});
    if (Outcome misuse = format.Parse(arguments)) return misuse;
    recursive_ = format.Has("R");
    const std::string names = arguments->front();
    arguments->erase(arguments->begin());
    return ParseNames(names);
  }
  virtual Outcome ParseNames(const std::string& text) {
    const std::string_view names = WithoutBlanks(text);
    const size_t colon = names.find(':');
    owner_ = std::string(names.substr(0, colon));
    if (colon != std::string_view::npos) group_ = std::string(names.substr(colon + 1));
    if (!IsName(owner_) || !IsName(group_)) {
      return Misuse(Concat("'", text, "' does not match expected pattern for [owner][:group]."));
    }
    if (owner_.empty() && group_.empty()) {
      return Misuse(Concat("'", text, "' does not specify owner or group."));
    }
    return std::nullopt;
  }
  Outcome ProcessItem(Item* item) override {
    const std::string owner = owner_ == item->status->owner() ? "" : owner_;
    const std::string group = group_ == item->status->group() ? "" : group_;
    if (owner.empty() && group.empty()) return std::nullopt;
    return Explained(item->fs->SetOwner(item->where(), owner, group), "changing ownership", *item);
  }

  std::string owner_, group_;  // empty: stays
};

class ChangeGroupCommand : public ChangeOwnerCommand {
 public:
  using ChangeOwnerCommand::ChangeOwnerCommand;

 protected:
  Outcome ParseNames(const std::string& text) override {
    group_ = std::string(WithoutBlanks(text));
    if (group_.empty() || !IsName(group_)) {
      return Misuse(Concat("'", text, "' does not match expected pattern for group"));
    }
    return std::nullopt;
  }
};

// Both take one path.
Outcome CheckOnePath(const Arguments& arguments) {
  if (arguments.empty()) return Misuse("<path> is missing");
  if (arguments.size() > 1) return Misuse("Too many arguments");
  return std::nullopt;
}

class GetAclCommand : public Command {
 public:
  using Command::Command;

 protected:
  Outcome ParseOptions(Arguments* arguments) override {
    ArgumentFormat format(0, ArgumentFormat::kAny, {"R"});
    if (Outcome misuse = format.Parse(arguments)) return misuse;
    recursive_ = format.Has("R");
    return CheckOnePath(*arguments);
  }
  bool only_reads() const override { return true; }
  Outcome ProcessItem(Item* item) override {
    std::optional<AclStatus> acl;
    Outcome failed;
    if ((item->status->flags() & FileStatus::HAS_ACL) != 0) {
      Answer<AclStatus> status = item->fs->GetAclStatus(item->where());
      if (status.ok()) {
        acl = *std::move(status);
      } else {
        failed = status.failure();
      }
    }
    const std::string text =
        FormatAcl(item->shown, *item->status, acl.has_value() ? &*acl : nullptr);
    if (failed.has_value()) {
      // The header is printed before the list is asked for.
      out() << text.substr(0, text.find("user::"));
      return failed;
    }
    out() << text;
    return std::nullopt;
  }
};

class SetAclCommand : public Command {
 public:
  using Command::Command;

 protected:
  Outcome ParseOptions(Arguments* arguments) override {
    ArgumentFormat format(0, ArgumentFormat::kAny, {"b", "k", "R", "m", "x", "-set"});
    if (Outcome misuse = format.Parse(arguments)) return misuse;
    recursive_ = format.Has("R");
    const bool removes = format.Has("b") || format.Has("k");
    const bool modifies = format.Has("m") || format.Has("x");
    const bool sets = format.Has("-set");
    if ((format.Has("b") && format.Has("k")) || (format.Has("m") && format.Has("x")) ||
        (removes && modifies) || (sets && (removes || modifies))) {
      return Misuse("Specified flags contains both remove and modify flags");
    }
    if (modifies || sets) {
      if (arguments->empty()) return Misuse("Missing arguments: <acl_spec> <path>");
      if (arguments->size() < 2) return Misuse("Missing either <acl_spec> or <path>");
      Answer<std::vector<AclEntry>> entries = ParseAclSpec(arguments->front(), !format.Has("x"));
      if (!entries.ok()) return entries.failure();
      if (entries->empty()) return Misuse("Missing <acl_spec> entry");
      arguments->erase(arguments->begin());
      entries_ = *std::move(entries);
    }
    if (Outcome misuse = CheckOnePath(*arguments)) return misuse;
    for (const char what : {'b', 'k', 'm', 'x'}) {
      if (format.Has(std::string(1, what))) what_ = what;
    }
    if (sets) what_ = 's';
    if (what_ == 0) return Misuse("Expected one of -b, -k, -m, -x or --set options");
    return std::nullopt;
  }

  Outcome ProcessItem(Item* item) override {
    if (what_ == 'b') return item->fs->RemoveAcl(item->where());
    if (what_ == 'k') return item->fs->RemoveDefaultAcl(item->where());
    std::vector<AclEntry> entries;
    for (const AclEntry& entry : entries_) {
      // With -R files are spared the entries that only directories can have.
      const bool fits = !recursive_ || item->is_directory() || entry.scope() == AclEntry::ACCESS;
      if (fits) entries.push_back(entry);
    }
    if (entries.empty()) return std::nullopt;
    if (what_ == 'm') return item->fs->ModifyAclEntries(item->where(), entries);
    if (what_ == 'x') return item->fs->RemoveAclEntries(item->where(), entries);
    return item->fs->SetAcl(item->where(), entries);
  }

 private:
  char what_ = 0;  // b, k, m, x as the switches are called, s: --set
  std::vector<AclEntry> entries_;
};

}  // namespace

std::unique_ptr<Command> MakeChangeMode(std::string name, Session* session) {
  return std::make_unique<ChangeModeCommand>(std::move(name), session);
}
std::unique_ptr<Command> MakeChangeOwner(std::string name, Session* session) {
  return std::make_unique<ChangeOwnerCommand>(std::move(name), session);
}
std::unique_ptr<Command> MakeChangeGroup(std::string name, Session* session) {
  return std::make_unique<ChangeGroupCommand>(std::move(name), session);
}
std::unique_ptr<Command> MakeGetAcl(std::string name, Session* session) {
  return std::make_unique<GetAclCommand>(std::move(name), session);
}
std::unique_ptr<Command> MakeSetAcl(std::string name, Session* session) {
  return std::make_unique<SetAclCommand>(std::move(name), session);
}

}  // namespace jfs::tools
