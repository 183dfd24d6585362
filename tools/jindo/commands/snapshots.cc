#include "tools/jindo/commands/snapshots.h"

#include <utility>

#include "core/base/concat.h"

namespace jfs::tools {
namespace {

// All three take a directory and names behind it, and do something if the directory is one.
class SnapshotCommand : public Command {
 public:
  using Command::Command;

 protected:
  Outcome ProcessItem(Item* item) override {
    if (!item->is_directory()) return IsNotDirectory(item->shown);
    return std::nullopt;
  }
  Outcome ProcessItems(std::vector<Item> items) override {
    std::vector<Item> kept = items;
    if (Outcome misuse = Command::ProcessItems(std::move(items))) return misuse;
    if (errors_ > 0 || kept.empty()) return std::nullopt;
    return Change(kept.front());
  }
  virtual Outcome Change(const Item& root) = 0;
  static std::string TakeLast(Arguments* arguments) {
    std::string out = std::move(arguments->back());
    arguments->pop_back();
    return out;
  }
};

class CreateSnapshotCommand : public SnapshotCommand {
 public:
  using SnapshotCommand::SnapshotCommand;

 protected:
  Outcome ParseOptions(Arguments* arguments) override {
    if (arguments->empty()) return Misuse("<snapshotDir> is missing.");
    if (arguments->size() > 2) return Misuse("Too many arguments.");
    if (arguments->size() == 2) name_ = TakeLast(arguments);
    return std::nullopt;
  }
  Outcome Change(const Item& root) override {
    const Answer<std::string> path = root.fs->CreateSnapshot(root.where(), name_);
    if (!path.ok()) return path.failure();
    out() << "Created snapshot " << *path << '\n';
    return std::nullopt;
  }

 private:
  std::string name_;
};

class DeleteSnapshotCommand : public SnapshotCommand {
 public:
  using SnapshotCommand::SnapshotCommand;

 protected:
  Outcome ParseOptions(Arguments* arguments) override {
    if (arguments->size() != 2) return Misuse("Incorrect number of arguments.");
    name_ = TakeLast(arguments);
    return std::nullopt;
  }
  Outcome Change(const Item& root) override {
    if (Outcome failed = root.fs->DeleteSnapshot(root.where(), name_)) return failed;
    out() << "Deleted snapshot " << name_ << " under " << root.path.ToString() << '\n';
    return std::nullopt;
  }

 private:
  std::string name_;
};

class RenameSnapshotCommand : public SnapshotCommand {
 public:
  using SnapshotCommand::SnapshotCommand;

 protected:
  Outcome ParseOptions(Arguments* arguments) override {
    if (arguments->size() != 3) return Misuse("Incorrect number of arguments.");
    new_name_ = TakeLast(arguments);
    old_name_ = TakeLast(arguments);
    return std::nullopt;
  }
  Outcome Change(const Item& root) override {
    if (Outcome failed = root.fs->RenameSnapshot(root.where(), old_name_, new_name_)) {
      return failed;
    }
    out() << "Renamed snapshot " << old_name_ << " to " << new_name_ << " under "
          << root.path.ToString() << '\n';
    return std::nullopt;
  }

 private:
  std::string old_name_, new_name_;
};

}  // namespace

std::unique_ptr<Command> MakeCreateSnapshot(std::string name, Session* session) {
  return std::make_unique<CreateSnapshotCommand>(std::move(name), session);
}
std::unique_ptr<Command> MakeDeleteSnapshot(std::string name, Session* session) {
  return std::make_unique<DeleteSnapshotCommand>(std::move(name), session);
}
std::unique_ptr<Command> MakeRenameSnapshot(std::string name, Session* session) {
  return std::make_unique<RenameSnapshotCommand>(std::move(name), session);
}

}  // namespace jfs::tools
