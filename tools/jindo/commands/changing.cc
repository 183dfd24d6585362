#include "tools/jindo/commands/changing.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "core/base/concat.h"

namespace jfs::tools {
namespace {

class MoveCommand : public Command {
 public:
  using Command::Command;

 protected:
  Outcome ParseOptions(Arguments* arguments) override {
    ArgumentFormat format(2, ArgumentFormat::kAny, {});
    if (Outcome misuse = format.Parse(arguments)) return misuse;
    const std::string destination = arguments->back();
    arguments->pop_back();
    Answer<std::vector<Item>> items = ExpandArgument(*session_, destination);
    if (!items.ok()) return items.failure();
    if (items->empty()) return NotFound(destination);
    if (items->size() > 1) return PathFailure(destination, "Too many matches");
    destination_ = std::move(items->front());
    return std::nullopt;
  }

  Outcome ProcessItems(std::vector<Item> items) override {
    if (items.size() > 1) {
      if (!destination_.exists()) return NotFound(destination_.shown);
      if (!destination_.is_directory()) return IsNotDirectory(destination_.shown);
    } else if (destination_.exists()) {
      if (!destination_.is_directory()) return FileExists(destination_.shown);
    } else {
      const Answer<bool> parent = ParentExists(destination_);
      if (!parent.ok()) return parent.failure();
      if (!*parent) return NotFound(destination_.shown, destination_.path.ToString());
    }
    return Command::ProcessItems(std::move(items));
  }

  Outcome ProcessNamed(Item* source) override {
    if (source->is_directory() && source->fs == destination_.fs) {
      const Answer<Item> target = TargetOf(*source);
      if (!target.ok()) return target.failure();
      const std::string from = source->path.ToString();
      const std::string to = target->path.ToString();
      if (to == from) {
        return Refuse(source->shown, to, "are identical");
      }
      if (to.starts_with(from.ends_with('/') ? from : from + "/")) {
        return Refuse(source->shown, target->shown, "is a subdirectory of itself");
      }
    }
    return Command::ProcessNamed(source);
  }

  Outcome ProcessItem(Item* source) override {
    const Answer<Item> target = TargetOf(*source);
    if (!target.ok()) return target.failure();
    if (source->path.authority != target->path.authority) {
      return PathFailure(source->shown, "Does not match target filesystem");
    }
    if (target->exists()) return FileExists(target->shown);
    const Answer<bool> renamed = target->fs->Rename(source->where(), target->where());
    if (!renamed.ok()) return renamed.failure();
    // The call says no more than that.
    if (!*renamed) return InputOutputError(source->shown);
    return std::nullopt;
  }

 private:
  static Failure Refuse(std::string_view source, std::string_view target, std::string_view why) {
    Failure out = PathFailure(source, why);
    out.message = Concat("`", source, "' to `", target, "': ", why);
    return out;
  }
  // Into a directory under its own name, or the destination itself.
  Answer<Item> TargetOf(const Item& source) const {
    if (destination_.is_directory() || RepresentsDirectory(destination_)) {
      return LookUpIn(destination_, source.path.Name());
    }
    return destination_;
  }
  Item destination_;
};

class ConcatCommand : public Command {
 public:
  using Command::Command;

 protected:
  Outcome ParseOptions(Arguments*) override { return std::nullopt; }
  Outcome ProcessItems(std::vector<Item> items) override {
    constexpr std::string_view kUsage = "<target path> <src path> <src path> ...";
    const auto failure = [](std::string message) {
      return Failure{.exception_class = "java.io.IOException", .message = std::move(message)};
    };
    if (items.empty()) return failure(Concat("Target path not specified. ", kUsage));
    if (items.size() < 3) {
      return failure(Concat("The number of source paths is less than 2. ", kUsage));
    }
    const Item& target = items.front();
    if (!target.is_file()) {
      return failure(
          Concat("Target path ", target.path.ToString(), " does not exist or is not file."));
    }
    std::vector<std::string> sources;
    for (size_t i = 1; i < items.size(); ++i) {
      if (!items[i].is_file()) {
        return failure(Concat(items[i].path.ToString(), " does not exist or is not file."));
      }
      if (items[i].fs != target.fs) {
        return PathFailure(items[i].shown, "Does not match target filesystem");
      }
      sources.push_back(items[i].where());
    }
    return target.fs->Concat(target.where(), sources);
  }
};

class TruncateCommand : public Command {
 public:
  using Command::Command;

 protected:
  Outcome ParseOptions(Arguments* arguments) override {
    ArgumentFormat format(2, ArgumentFormat::kAny, {"w"});
    if (Outcome misuse = format.Parse(arguments)) return misuse;
    wait_ = format.Has("w");
    const Answer<int64_t> length = ParseJavaLong(arguments->front());
    arguments->erase(arguments->begin());
    if (!length.ok()) {
      Warn("Illegal length, a non-negative integer expected");
      return length.failure();
    }
    if (*length < 0) return Misuse("length must be >= 0");
    length_ = static_cast<uint64_t>(*length);
    return std::nullopt;
  }
  Outcome ProcessItems(std::vector<Item> items) override {
    if (Outcome misuse = Command::ProcessItems(std::move(items))) return misuse;
    for (Item& item : unfinished_) {
      out() << "Waiting for " << item.shown << " ..." << std::endl;
      while (true) {
        if (Outcome failed = Refresh(&item)) return failed;
        if (item.status->length() == length_) break;
        session_->sleep(1000);
      }
      out() << "Truncated " << item.shown << " to length: " << length_ << std::endl;
    }
    return std::nullopt;
  }
  Outcome ProcessItem(Item* item) override {
    if (item->is_directory()) return IsDirectory(item->shown);
    const uint64_t before = item->status->length();
    if (length_ > before) {
      return Misuse(Concat("Cannot truncate to a larger file size. Current size: ", before,
                           ", truncate size: ", length_, "."));
    }
    const Answer<bool> done = item->fs->Truncate(item->where(), length_);
    if (!done.ok()) return done.failure();
    if (*done) {
      out() << "Truncated " << item->shown << " to length: " << length_ << '\n';
    } else if (wait_) {
      unfinished_.push_back(*item);
    } else {
      out() << "Truncating " << item->shown << " to length: " << length_
            << ". Wait for block recovery to complete before further updating this file.\n";
    }
    return std::nullopt;
  }

 private:
  bool wait_ = false;
  uint64_t length_ = 0;
  std::vector<Item> unfinished_;
};

class SetReplicationCommand : public Command {
 public:
  using Command::Command;

 protected:
  Outcome ParseOptions(Arguments* arguments) override {
    ArgumentFormat format(2, ArgumentFormat::kAny, {"R", "w"});
    if (Outcome misuse = format.Parse(arguments)) return misuse;
    wait_ = format.Has("w");
    recursive_ = true;
    const Answer<int64_t> replication = ParseJavaShort(arguments->front());
    arguments->erase(arguments->begin());
    if (!replication.ok()) {
      Warn("Illegal replication, a positive integer expected");
      return replication.failure();
    }
    if (*replication < 1) return Misuse("replication must be >= 1");
    replication_ = static_cast<uint32_t>(*replication);
    return std::nullopt;
  }
  // Replication is no part of what a listing's order or a directory's permissions depend on, so
  // directories may be read ahead here too.
  bool only_reads() const override { return true; }
  Outcome ProcessItems(std::vector<Item> items) override {
    if (Outcome misuse = Command::ProcessItems(std::move(items))) return misuse;
    for (Item& item : changed_) {
      if (Outcome failed = WaitFor(&item)) return failed;
    }
    return std::nullopt;
  }
  Outcome ProcessItem(Item* item) override {
    if (!item->is_file()) return std::nullopt;
    const Answer<bool> done = item->fs->SetReplication(item->where(), replication_);
    if (!done.ok()) return done.failure();
    if (!*done) {
      return Failure{.exception_class = "java.io.IOException",
                     .message = Concat("Could not set replication for: ", item->shown)};
    }
    out() << "Replication " << replication_ << " set: " << item->shown << '\n';
    if (wait_) changed_.push_back(*item);
    return std::nullopt;
  }

 private:
  // Until each block has as many replicas: for as long as that takes.
  Outcome WaitFor(Item* item) {
    out() << "Waiting for " << item->shown << " ..." << std::flush;
    bool warned = false;
    while (true) {
      if (Outcome failed = Refresh(item)) return failed;
      const auto replicas = item->fs->GetReplicasOfBlocks(item->where(), item->status->length());
      if (!replicas.ok()) return replicas.failure();
      const auto wrong = std::find_if(replicas->begin(), replicas->end(),
                                      [&](uint32_t n) { return n != replication_; });
      if (wrong == replicas->end()) break;
      if (!warned && *wrong > replication_) {
        out() << "\nWARNING: the waiting time may be long for DECREASING the number of "
                 "replications.\n";
        warned = true;
      }
      out() << "." << std::flush;
      session_->sleep(10'000);
    }
    out() << " done\n";
    return std::nullopt;
  }
  bool wait_ = false;
  uint32_t replication_ = 0;
  std::vector<Item> changed_;
};

}  // namespace

std::unique_ptr<Command> MakeMove(std::string name, Session* session) {
  return std::make_unique<MoveCommand>(std::move(name), session);
}
std::unique_ptr<Command> MakeConcat(std::string name, Session* session) {
  return std::make_unique<ConcatCommand>(std::move(name), session);
}
std::unique_ptr<Command> MakeTruncate(std::string name, Session* session) {
  return std::make_unique<TruncateCommand>(std::move(name), session);
}
std::unique_ptr<Command> MakeSetReplication(std::string name, Session* session) {
  return std::make_unique<SetReplicationCommand>(std::move(name), session);
}

}  // namespace jfs::tools
