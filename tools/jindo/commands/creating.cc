#include "tools/jindo/commands/creating.h"

#include <cmath>
#include <optional>

#include "core/base/concat.h"
#include "tools/jindo/commands/timestamp.h"

namespace jfs::tools {
namespace {

class MakeDirectoryCommand : public Command {
 public:
  using Command::Command;

 protected:
  Outcome ParseOptions(Arguments* arguments) override {
    ArgumentFormat format(1, ArgumentFormat::kAny, {"p"});
    if (Outcome misuse = format.Parse(arguments)) return misuse;
    parents_ = format.Has("p");
    return std::nullopt;
  }
  Outcome ProcessItem(Item* item) override {
    if (!item->is_directory()) return IsNotDirectory(item->shown);
    if (!parents_) return FileExists(item->shown);
    return std::nullopt;
  }
  Outcome ProcessMissing(Item* item) override {
    if (!parents_) {
      const HadoopPath parent = item->path.Parent().value_or(item->path);
      const Answer<bool> exists = Exists(*item, parent);
      if (!exists.ok()) return exists.failure();
      if (!*exists) return NotFound(parent.ToString());
    }
    const Answer<uint32_t> umask = session_->Umask();
    if (!umask.ok()) return umask.failure();
    constexpr uint32_t kMode = 0777;
    const Answer<bool> made = item->fs->Mkdirs(item->where(), kMode & ~*umask, kMode);
    if (!made.ok()) return made.failure();
    if (!*made) return InputOutputError(item->shown);
    return std::nullopt;
  }

 private:
  bool parents_ = false;
};

Outcome CreateEmpty(const Session& session, const Item& item) {
  const Answer<uint32_t> umask = session.Umask();
  if (!umask.ok()) return umask.failure();
  FileSystem::NewFile file;
  file.mode = file.unmasked & ~*umask;
  file.replication = static_cast<uint32_t>(session.Number("dfs.replication", 0));
  file.block_size = static_cast<uint64_t>(session.Number("dfs.blocksize", 0));
  return item.fs->CreateEmpty(item.where(), file);
}

Outcome CheckParent(const Item& item) {
  const Answer<bool> parent = ParentExists(item);
  if (!parent.ok()) return parent.failure();
  if (!*parent) return NotFound(item.shown, item.path.ToString());
  return std::nullopt;
}

class TouchEmptyCommand : public Command {
 public:
  using Command::Command;

 protected:
  Outcome ParseOptions(Arguments* arguments) override {
    return ArgumentFormat(1, ArgumentFormat::kAny, {}).Parse(arguments);
  }
  Outcome ProcessItem(Item* item) override {
    if (item->is_directory()) return IsDirectory(item->shown);
    if (item->status->length() != 0) return PathFailure(item->shown, "Not a zero-length file");
    return CreateEmpty(*session_, *item);
  }
  Outcome ProcessMissing(Item* item) override {
    if (Outcome failed = CheckParent(*item)) return failed;
    return CreateEmpty(*session_, *item);
  }
};

class TouchCommand : public Command {
 public:
  using Command::Command;

 protected:
  Outcome ParseOptions(Arguments* arguments) override {
    const Answer<std::optional<std::string>> time = TakeSwitchWithValue("-t", arguments);
    if (!time.ok()) return time.failure();
    time_ = *time;
    ArgumentFormat format(1, ArgumentFormat::kAny, {"t", "a", "m", "c"});
    if (Outcome misuse = format.Parse(arguments)) return misuse;
    modification_ = format.Has("m");
    access_ = format.Has("a");
    existing_only_ = format.Has("c");
    return std::nullopt;
  }
  Outcome ProcessItem(Item* item) override { return SetTimes(*item); }
  Outcome ProcessMissing(Item* item) override {
    if (Outcome failed = CheckParent(*item)) return failed;
    if (existing_only_) return std::nullopt;
    if (Outcome failed = CreateEmpty(*session_, *item)) return failed;
    if (!time_.has_value()) return std::nullopt;
    return SetTimes(*item);
  }

 private:
  Outcome SetTimes(const Item& item) {
    uint64_t time = session_->now_millis();
    if (time_.has_value()) {
      const std::optional<int64_t> parsed = ParseTouchTime(*time_);
      if (!parsed.has_value()) {
        return Misuse(Concat("Unable to parse the specified timestamp ", *time_,
                             ". The expected format is yyyyMMdd:HHmmss"));
      }
      time = static_cast<uint64_t>(*parsed);
    }
    const bool both = modification_ == access_;
    return item.fs->SetTimes(item.where(), both || modification_ ? time : FileSystem::kUnchanged,
                             both || access_ ? time : FileSystem::kUnchanged);
  }
  std::optional<std::string> time_;  // as it was given
  bool modification_ = false, access_ = false, existing_only_ = false;
};

}  // namespace

std::unique_ptr<Command> MakeMakeDirectory(std::string name, Session* session) {
  return std::make_unique<MakeDirectoryCommand>(std::move(name), session);
}
std::unique_ptr<Command> MakeTouch(std::string name, Session* session) {
  return std::make_unique<TouchCommand>(std::move(name), session);
}
std::unique_ptr<Command> MakeTouchEmpty(std::string name, Session* session) {
  return std::make_unique<TouchEmptyCommand>(std::move(name), session);
}

}  // namespace jfs::tools
