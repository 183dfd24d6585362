#include "tools/jindo/commands/command.h"

#include <algorithm>
#include <utility>

#include "core/base/concat.h"

namespace jfs::tools {

Answer<int> Command::Run(Arguments arguments) {
  Outcome outcome = ParseOptions(&arguments);
  if (!outcome.has_value()) outcome = ProcessRawArguments(arguments);
  if (Outcome misuse = Report(std::move(outcome))) return *misuse;
  return errors_ == 0 ? exit_code_ : 1;
}

Outcome Command::Report(Outcome outcome) {
  if (!outcome.has_value() || outcome->misuse) return outcome;
  ++errors_;
  // A refusal with a number of its own is shown as the manual page has it, with its class.
  const bool numbered = outcome->message.starts_with("ErrorCode : ");
  Warn(numbered ? Concat(outcome->exception_class, ": ", outcome->message) : outcome->message);
  return std::nullopt;
}

void Command::Warn(std::string_view message) {
  session_->out->flush();
  *session_->err << name_ << ": " << message << '\n';
  session_->err->flush();
}

Outcome Command::ProcessRawArguments(const Arguments& arguments) {
  std::vector<Item> items;
  for (const std::string& argument : arguments) {
    Answer<std::vector<Item>> expanded = Expand(argument);
    if (!expanded.ok()) {
      if (Outcome misuse = Report(expanded.failure())) return misuse;
      continue;
    }
    std::move(expanded->begin(), expanded->end(), std::back_inserter(items));
  }
  return ProcessItems(std::move(items));
}

Answer<std::vector<Item>> Command::Expand(const std::string& argument) {
  Answer<std::vector<Item>> items = ExpandArgument(*session_, argument);
  if (items.ok() && items->empty()) return NotFound(argument);
  return items;
}

Outcome Command::ProcessItems(std::vector<Item> items) {
  for (Item& item : items) {
    if (Outcome misuse = Report(item.exists() ? ProcessNamed(&item) : ProcessMissing(&item))) {
      return misuse;
    }
  }
  return std::nullopt;
}

Outcome Command::ProcessNamed(Item* item) {
  depth_ = 0;
  std::vector<Item> alone = {*item};
  return ProcessGroup(nullptr, &alone);
}

Outcome Command::ProcessMissing(Item* item) { return NotFound(item->shown); }

Outcome Command::ProcessItem(Item*) { return std::nullopt; }

Outcome Command::ProcessGroup(const Item*, std::vector<Item>* items) {
  for (Item& item : *items) {
    Outcome outcome = ProcessItem(&item);
    if (!outcome.has_value() && recursive_ && item.is_directory()) outcome = Descend(item);
    if (Outcome misuse = Report(std::move(outcome))) return misuse;
  }
  return std::nullopt;
}

Outcome Command::Descend(const Item& directory) {
  ReadAhead* ahead = nullptr;
  if (recursive_ && only_reads() && session_->read_ahead) {
    ahead = session_->read_ahead(directory.path.authority.value_or(""));
    if (ahead != nullptr && depth_ == 0) ahead->Reset();
  }
  struct Depth {
    explicit Depth(size_t* depth) : depth(depth) { ++*depth; }
    ~Depth() { --*depth; }
    size_t* depth;
  } deeper(&depth_);

  ReadAhead::Directory reading = ReadAhead::Open(ahead, directory.fs, directory.where());
  std::vector<Item> items;
  while (!reading.done()) {
    Answer<std::optional<Page>> page = reading.Next();
    if (!page.ok()) return page.failure();
    if (!page->has_value()) {
      return Failure{.exception_class = "java.io.FileNotFoundException",
                     .message = Concat("File ", directory.path.ToString(), " does not exist.")};
    }
    for (FileStatus& status : **page) {
      items.push_back(EntryOf(directory, std::move(status)));
      if (sorted() || items.size() < group_size()) continue;
      if (Outcome misuse = ProcessGroup(&directory, &items)) return misuse;
      items.clear();
    }
  }
  if (sorted()) {
    std::vector<std::pair<std::u16string, size_t>> keys;
    for (size_t i = 0; i < items.size(); ++i) keys.emplace_back(items[i].path.SortKey(), i);
    std::sort(keys.begin(), keys.end());
    std::vector<Item> in_order;
    in_order.reserve(items.size());
    for (const auto& [key, i] : keys) in_order.push_back(std::move(items[i]));
    items = std::move(in_order);
  } else if (items.empty()) {
    return std::nullopt;
  }
  return ProcessGroup(&directory, &items);
}

}  // namespace jfs::tools
