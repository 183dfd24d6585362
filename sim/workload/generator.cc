#include "sim/workload/generator.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace jfs::sim {

Generator::Generator(const World* world, int client, uint32_t read_percent)
    : world_(world), client_(client), read_percent_(read_percent) {}

uint64_t Generator::Draw(uint64_t low, uint64_t high) {
  ++draws_;
  return world_->Between(Stream::kWorkload, Identity::Of(client_, calls_, draws_), low, high);
}

std::string Generator::Path() {
  // Few names on three levels: clients meet often.
  const uint64_t depth = Draw(1, 3);
  std::string path;
  for (uint64_t i = 0; i < depth; ++i) {
    const uint64_t name = Draw(0, 3);
    absl::StrAppend(&path, "/", std::string(1, static_cast<char>('a' + name)));
  }
  return path;
}

std::string Generator::FilePath() {
  const std::string directory = Percent(80) ? Path() : std::string();
  const uint64_t name = Draw(0, 3);
  return absl::StrCat(directory, "/f", name);
}

ns::Caller Generator::CallerFor(bool needs_superuser) {
  ns::Caller caller;
  if (needs_superuser || Percent(75)) {
    caller.user = "hdfs";
    caller.groups = {"supergroup"};
    caller.superuser = true;
  } else if (Percent(50)) {
    caller.user = "alice";
    caller.groups = {"staff", "writers"};
  } else {
    caller.user = "bob";
    caller.groups = {"staff"};
  }
  return caller;
}

Call Generator::Next() {
  ++calls_;
  draws_ = 0;
  last_was_file_ = false;
  last_was_listing_ = false;
  if (listing_.has_value() || Percent(read_percent_)) {
    ns::ReadRequest read;
    read.query = NextQuery();
    read.caller = CallerFor(last_was_listing_);
    return read;
  }
  ns::Command command;
  bool superuser = false;
  command.operation = NextOperation(&superuser);
  command.caller = CallerFor(superuser || last_was_file_);
  return command;
}

ns::Operation Generator::ContinueFile() {
  last_was_file_ = true;
  const std::string holder = absl::StrCat("client-", client_);
  OpenFile& file = *file_;
  if (file.blocks_left > 0) {
    --file.blocks_left;
    ns::AddBlock add;
    add.path = file.path;
    add.client_name = holder;
    add.previous = file.last;
    if (add.previous.has_value()) add.previous->bytes = 128 << 20;
    // Without a data server the call is refused, as in HDFS.
    add.live_data_servers = Percent(90) ? 3 : 0;
    return add;
  }
  file.completing = true;
  ns::Complete complete;
  complete.path = file.path;
  complete.client_name = holder;
  complete.last = file.last;
  if (complete.last.has_value()) complete.last->bytes = Draw(1, 1 << 20);
  return complete;
}

ns::Operation Generator::NextOperation(bool* superuser) {
  if (file_.has_value()) return ContinueFile();
  if (subtree_.has_value()) {
    *superuser = true;
    if (subtree_->files_left > 0) {
      --subtree_->files_left;
      const uint64_t directory = Draw(0, 3);
      ns::ImportFile import;
      import.path = absl::StrCat(subtree_->path, "/s", directory, "/i", subtree_->files_left);
      import.user = "alice";
      import.group = "staff";
      import.length = Draw(0, 300) << 20;
      import.mtime = WallMillis(1'600'000'000'000 + subtree_->files_left);
      import.atime = import.mtime;
      return import;
    }
    std::string path = std::move(subtree_->path);
    subtree_.reset();
    if (Percent(50)) {
      const std::string target = Path();
      return ns::Rename{std::move(path), target};
    }
    return ns::Delete{std::move(path), true};
  }
  const uint64_t kind = Draw(0, 99);
  if (kind < 22) {
    ns::Mkdirs mkdirs;
    mkdirs.path = Path();
    mkdirs.mode = Percent(60) ? 0777 : 0750;
    mkdirs.create_parent = Percent(80);
    return mkdirs;
  }
  if (kind < 34) {
    ns::Create create;
    create.path = FilePath();
    create.client_name = absl::StrCat("client-", client_);
    create.flags = Percent(50) ? ns::Create::kCreate | ns::Create::kOverwrite : ns::Create::kCreate;
    create.create_parent = Percent(80);
    file_ = OpenFile{create.path, Draw(0, 2), std::nullopt, false};
    last_was_file_ = true;
    return create;
  }
  if (kind < 48) {
    const bool files = Percent(30);
    const std::string source = files ? FilePath() : Path();
    const std::string target = files ? FilePath() : Path();
    return ns::Rename{source, target};
  }
  if (kind < 62) {
    const bool files = Percent(50);
    ns::Rename2 rename;
    rename.source = files ? FilePath() : Path();
    rename.target = files ? FilePath() : Path();
    rename.overwrite = Percent(60);
    return rename;
  }
  if (kind < 76) {
    ns::Delete remove;
    remove.path = Percent(50) ? Path() : FilePath();
    remove.recursive = Percent(70);
    return remove;
  }
  if (kind < 81) {
    const std::string path = Percent(50) ? Path() : FilePath();
    ns::SetTimes times;
    times.path = path;
    if (Percent(70)) times.mtime = WallMillis(1'500'000'000'000 + Draw(0, 1000));
    if (Percent(50)) times.atime = WallMillis(1'500'000'000'000 + Draw(0, 1000));
    return times;
  }
  if (kind < 86) {
    static constexpr uint16_t kModes[] = {0777, 0755, 0700, 01777, 0000};
    const std::string path = Percent(60) ? Path() : FilePath();
    return ns::SetPermission{path, kModes[Draw(0, 4)]};
  }
  if (kind < 90) {
    ns::SetOwner owner;
    owner.path = Percent(60) ? Path() : FilePath();
    if (Percent(70)) owner.user = Percent(50) ? "alice" : "bob";
    if (Percent(50)) owner.group = "staff";
    return owner;
  }
  *superuser = true;
  if (kind < 96) {
    const std::string directory = Path();
    subtree_ = Subtree{absl::StrCat(directory, "/t", Draw(0, 2)), Draw(5, 25), 0};
    ns::Mkdirs mkdirs;
    mkdirs.path = subtree_->path;
    return mkdirs;
  }
  ns::ImportFile import;
  import.path = FilePath();
  import.length = Draw(0, 1 << 20);
  import.mtime = WallMillis(1'600'000'000'000);
  import.atime = WallMillis(1'600'000'000'000);
  return import;
}

ns::Query Generator::NextQuery() {
  if (listing_.has_value()) {
    last_was_listing_ = true;
    return ns::GetListing{listing_->path, listing_->start_after, 2};
  }
  const uint64_t kind = Draw(0, 99);
  if (kind < 40) return ns::GetFileInfo{Percent(60) ? Path() : FilePath()};
  if (kind < 65) {
    const std::string path = Percent(80) ? Path() : std::string("/");
    if (Percent(40)) {
      listing_ = PagedListing{path, ""};
      last_was_listing_ = true;
      return ns::GetListing{path, "", 2};
    }
    return ns::GetListing{path, "", 1000};
  }
  if (kind < 90) return ns::GetContentSummary{Percent(70) ? Path() : std::string("/")};
  return ns::GetBlockLocations{FilePath(), 0, UINT64_MAX};
}

void Generator::Answered(const ns::Reply* reply) {
  if (last_was_listing_) {
    // Goes on behind the last name of this page.
    const ns::Listing* page = reply != nullptr && reply->code == ns::Code::kOk
                                  ? std::get_if<ns::Listing>(&reply->value)
                                  : nullptr;
    if (page == nullptr || page->entries.empty() || page->remaining == 0) {
      listing_.reset();
    } else {
      listing_->start_after = page->entries.back().name;
    }
  }
  if (last_was_file_ && file_.has_value()) {
    if (reply == nullptr || reply->code != ns::Code::kOk || file_->completing) {
      file_.reset();
    } else if (const auto* block = std::get_if<ns::Block>(&reply->value)) {
      file_->last = *block;
    }
  }
  if (subtree_.has_value() && reply != nullptr && reply->code != ns::Code::kOk) {
    if (subtree_->files_left > 2) subtree_->files_left -= 2;
  }
}

}  // namespace jfs::sim
