#include "sim/workload/generator.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace jfs::sim {
namespace {

constexpr uint64_t kMiB = uint64_t{1} << 20;
// HDFS's default, and the smallest that the limits allow: with it a file soon has many blocks.
constexpr uint64_t kBlockSize = 128 * kMiB;
constexpr uint64_t kSmallBlockSize = kMiB;

}  // namespace

Generator::Generator(const World* world, int client, uint32_t read_percent)
    : world_(world), client_(client), read_percent_(read_percent) {}

uint64_t Generator::Draw(uint64_t low, uint64_t high) {
  ++draws_;
  return world_->Between(Stream::kWorkload, Identity::Of(client_, calls_, draws_), low, high);
}

std::string Generator::Path() {
  if (!recent_path_.empty() && Percent(25)) return recent_path_;
  const std::string path = AnyPath();
  if (Percent(40)) recent_path_ = path;
  return path;
}

std::string Generator::FilePath() {
  if (!recent_file_.empty() && Percent(35)) return recent_file_;
  const std::string path = AnyFilePath();
  if (Percent(50)) recent_file_ = path;
  return path;
}

std::string Generator::AnyPath() {
  // Few names on three levels: clients meet often.
  const uint64_t depth = Draw(1, 3);
  std::string path;
  for (uint64_t i = 0; i < depth; ++i) {
    const uint64_t name = Draw(0, 3);
    absl::StrAppend(&path, "/", std::string(1, static_cast<char>('a' + name)));
  }
  return path;
}

std::string Generator::AnyFilePath() {
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
  last_was_attribute_ = false;
  if (const std::optional<ns::Operation> mode = SafeMode(); mode.has_value()) {
    ns::Command command;
    command.operation = *mode;
    command.caller = CallerFor(true);
    return command;
  }
  // Half of the clients are lazy: they come close to the limits.
  if (!kept_.empty() && Percent(client_ % 2 == 0 ? 15 : 3)) {
    Renewal renewal{kept_};
    if (file_.has_value()) renewal.holders.push_back(file_->holder);
    // Even who is slow may fall silent.
    if (Percent(5)) kept_.erase(kept_.begin());
    return renewal;
  }
  if (listing_.has_value() || Percent(read_percent_)) {
    ns::ReadRequest read;
    read.query = NextQuery();
    read.caller = CallerFor(last_was_listing_);
    return read;
  }
  ns::Command command;
  bool superuser = false;
  command.operation = NextOperation(&superuser);
  command.caller = CallerFor(superuser);
  return command;
}

std::optional<ns::Operation> Generator::SafeMode() {
  if (!safe_mode_.has_value()) {
    if (Draw(0, 599) != 0) return std::nullopt;
    const uint64_t calls = Percent(75) ? Draw(1, 6) : Draw(10, 30);
    safe_mode_ = OwnSafeMode{.calls_left = calls};
    return ns::SetSafeMode{true};
  }
  safe_mode_->ending = safe_mode_->calls_left == 0;
  if (safe_mode_->ending) return ns::SetSafeMode{false};
  --safe_mode_->calls_left;
  return std::nullopt;
}

std::string Generator::NewHolder() {
  // Some share one lease with what they have open already, some with another client.
  if (Percent(30)) return absl::StrCat("client-", client_);
  if (Percent(5)) return absl::StrCat("client-", (client_ + 1) % 3);
  return absl::StrCat("client-", client_, "-file-", ++holders_);
}

ns::Operation Generator::Write() {
  OpenFile& file = *file_;
  const ns::InodeId id = Percent(50) ? file.id : 0;
  if (file.next_stamp.has_value()) {
    const ns::Block next = *file.next_stamp;
    file.next_stamp.reset();
    return ns::UpdatePipeline{file.holder, *file.last, next};
  }
  if (file.incomplete && Percent(20)) {
    ns::Fsync fsync;
    fsync.path = file.path;
    fsync.client_name = file.holder;
    fsync.file_id = id;
    fsync.last_block_length = Draw(1, kMiB);
    return fsync;
  }
  if (file.incomplete && Percent(10)) return ns::UpdateBlockForPipeline{*file.last, file.holder};
  if (file.incomplete && Percent(8)) {
    file.incomplete = false;
    return ns::AbandonBlock{*file.last, file.path, file.holder, id};
  }
  if (file.blocks_left > 0) {
    --file.blocks_left;
    ns::AddBlock add;
    add.path = file.path;
    add.client_name = file.holder;
    add.file_id = id;
    add.previous = file.last;
    if (add.previous.has_value()) add.previous->bytes = file.block_size;
    // Without a data server the call is refused, as in HDFS.
    add.live_data_servers = Percent(90) ? 3 : 0;
    return add;
  }
  file.completing = true;
  ns::Complete complete;
  complete.path = file.path;
  complete.client_name = file.holder;
  complete.file_id = id;
  complete.last = file.last;
  if (complete.last.has_value()) complete.last->bytes = Draw(1, kMiB);
  return complete;
}

ns::Operation Generator::ContinueFile() {
  last_was_file_ = true;
  ns::Operation write = Write();
  // Some writers are never heard of again, or only of their being alive.
  if (Percent(8)) {
    if (Percent(50) && kept_.size() < 3) kept_.push_back(file_->holder);
    file_.reset();
  }
  return write;
}

ns::Operation Generator::OpenForAppend() {
  ns::Append append;
  append.path = FilePath();
  append.client_name = NewHolder();
  append.new_block = Percent(30);
  const uint64_t blocks = Draw(0, 2);
  file_ = OpenFile{.path = append.path, .holder = append.client_name, .blocks_left = blocks};
  last_was_file_ = true;
  return append;
}

ns::Operation Generator::CreateFile() {
  ns::Create create;
  create.path = FilePath();
  create.client_name = NewHolder();
  create.flags = Percent(50) ? ns::Create::kCreate | ns::Create::kOverwrite : ns::Create::kCreate;
  create.create_parent = Percent(80);
  create.block_size = Percent(80) ? kBlockSize : kSmallBlockSize;
  if (Percent(50)) create.unmasked = 0666;
  const uint64_t blocks = create.block_size == kBlockSize ? Draw(0, 2) : Draw(7, 10);
  file_ = OpenFile{.path = create.path, .holder = create.client_name, .blocks_left = blocks};
  last_was_file_ = true;
  return create;
}

ns::Operation Generator::ContinueSubtree() {
  if (subtree_->files_left > 0) {
    --subtree_->files_left;
    const uint64_t directory = Draw(0, 3);
    ns::ImportFile import;
    import.path = absl::StrCat(subtree_->path, "/s", directory, "/i", subtree_->files_left);
    subtree_->files[directory].push_back(import.path);
    import.user = "alice";
    import.group = "staff";
    import.length = Draw(0, 300) * kMiB;
    import.mtime = WallMillis(1'600'000'000'000 + subtree_->files_left);
    import.atime = import.mtime;
    return import;
  }
  const auto most = std::max_element(
      subtree_->files.begin(), subtree_->files.end(),
      [](const auto& one, const auto& other) { return one.size() < other.size(); });
  if (!subtree_->joined && most->size() > 1 && Percent(60)) {
    subtree_->joined = true;
    ns::Concat concat;
    concat.target = most->front();
    concat.sources.assign(most->begin() + 1, most->end());
    return concat;
  }
  std::string path = std::move(subtree_->path);
  subtree_.reset();
  if (Percent(50)) {
    const std::string target = AnyPath();
    return ns::Rename{std::move(path), target};
  }
  return ns::Delete{std::move(path), true};
}

ns::Operation Generator::ContinueAttributes() {
  ns::SetXAttr set;
  set.path = attributes_->path;
  set.xattr = {{ns::XAttrNamespace::kUser, absl::StrCat("y", attributes_->left)}, "v"};
  --attributes_->left;
  last_was_attribute_ = true;
  return set;
}

ns::Operation Generator::Truncate() {
  ns::Truncate truncate;
  truncate.path = FilePath();
  // On a boundary of blocks big or small, or inside one.
  const uint64_t blocks = Draw(0, 3) * kBlockSize / 2;
  const uint64_t small_blocks = Draw(0, 12) * kSmallBlockSize;
  const uint64_t inside = Draw(0, kMiB / 2);
  if (Percent(75)) {
    truncate.new_length = Percent(50) ? blocks : small_blocks;
    if (Percent(60)) truncate.new_length += inside;
  }
  truncate.client_name = NewHolder();
  return truncate;
}

ns::Operation Generator::SetQuota() {
  // At the edge: most directories hold about as much.
  ns::SetQuota quota;
  quota.path = Path();
  if (Percent(80)) {
    quota.names = Percent(35) ? ns::SetQuota::kReset : static_cast<int64_t>(Draw(2, 9));
  }
  if (Percent(50)) {
    const auto blocks = static_cast<int64_t>(Draw(0, 9));
    quota.space = Percent(35) ? ns::SetQuota::kReset : blocks * static_cast<int64_t>(kBlockSize);
  }
  return quota;
}

// What files and directories hold, and may hold.
ns::Operation Generator::Reshape(bool* superuser) {
  const uint64_t kind = Draw(0, 99);
  if (kind < 30) return OpenForAppend();
  if (kind < 48) return Truncate();
  if (kind < 64) {
    const std::string directory = Percent(80) ? Path() : std::string();
    ns::Concat concat;
    concat.target = absl::StrCat(directory, "/f", Draw(0, 3));
    const uint64_t sources = Draw(1, 2);
    for (uint64_t i = 0; i < sources; ++i) {
      concat.sources.push_back(absl::StrCat(directory, "/f", Draw(0, 3)));
    }
    return concat;
  }
  if (kind < 72) return ns::SetReplication{FilePath(), static_cast<uint32_t>(Draw(1, 4))};
  if (kind < 82) {
    return ns::RecoverLease{FilePath(), absl::StrCat("client-", client_, "-recovers")};
  }
  *superuser = Percent(95);
  return SetQuota();
}

std::vector<ns::AclEntry> Generator::AclEntries() {
  static constexpr const char* kNames[] = {"alice", "bob", "staff", ""};
  std::vector<ns::AclEntry> entries;
  const uint64_t count = Draw(1, 3);
  for (uint64_t i = 0; i < count; ++i) {
    ns::AclEntry entry;
    entry.scope = Percent(40) ? ns::AclScope::kDefault : ns::AclScope::kAccess;
    entry.type = Percent(60) ? ns::AclType::kUser : ns::AclType::kGroup;
    entry.name = kNames[Draw(0, 3)];
    if (Percent(12)) {
      entry.type = Percent(60) ? ns::AclType::kMask : ns::AclType::kOther;
      entry.name.clear();
    }
    entry.permission = static_cast<uint8_t>(Draw(0, 7));
    entries.push_back(entry);
  }
  return entries;
}

ns::Operation Generator::ChangeAttributes() {
  const uint64_t kind = Draw(0, 99);
  const std::string path = Percent(50) ? Path() : FilePath();
  if (kind < 2) {
    attributes_ = ManyAttributes{path, Draw(28, 36)};
    return ContinueAttributes();
  }
  if (kind < 22) {
    ns::SetTimes times;
    times.path = path;
    if (Percent(70)) times.mtime = WallMillis(1'500'000'000'000 + Draw(0, 1000));
    if (Percent(50)) times.atime = WallMillis(1'500'000'000'000 + Draw(0, 1000));
    return times;
  }
  if (kind < 44) {
    static constexpr uint16_t kModes[] = {0777, 0755, 0700, 01777, 0000};
    return ns::SetPermission{path, kModes[Draw(0, 4)]};
  }
  if (kind < 60) {
    ns::SetOwner owner;
    owner.path = path;
    if (Percent(70)) owner.user = Percent(50) ? "alice" : "bob";
    if (Percent(50)) owner.group = "staff";
    return owner;
  }
  if (kind < 72) return ns::ModifyAclEntries{path, AclEntries()};
  if (kind < 76) return ns::RemoveAclEntries{path, AclEntries()};
  if (kind < 79) return ns::RemoveDefaultAcl{path};
  if (kind < 83) return ns::RemoveAcl{path};
  const ns::XAttrName name{ns::XAttrNamespace::kUser, absl::StrCat("x", Draw(0, 3))};
  if (kind < 88) return ns::RemoveXAttr{path, name};
  ns::SetXAttr set;
  set.path = path;
  set.xattr = {name, std::string(Draw(0, 200), 'v')};
  if (Percent(30)) set.flags = static_cast<uint32_t>(Draw(1, 2));
  return set;
}

ns::Operation Generator::NextOperation(bool* superuser) {
  if (file_.has_value()) {
    // Whose file it is was decided when it was opened.
    *superuser = true;
    return ContinueFile();
  }
  if (subtree_.has_value()) {
    *superuser = true;
    return ContinueSubtree();
  }
  if (attributes_.has_value() && attributes_->left == 0) attributes_.reset();
  if (attributes_.has_value()) {
    *superuser = true;
    return ContinueAttributes();
  }
  const uint64_t kind = Draw(0, 99);
  if (kind < 16) {
    ns::Mkdirs mkdirs;
    mkdirs.path = Path();
    mkdirs.mode = Percent(60) ? 0777 : 0750;
    mkdirs.create_parent = Percent(80);
    if (Percent(50)) mkdirs.unmasked = 0777;
    return mkdirs;
  }
  if (kind < 28) return CreateFile();
  if (kind < 39) {
    const bool files = Percent(30);
    const std::string source = files ? FilePath() : Path();
    const std::string target = files ? AnyFilePath() : AnyPath();
    return ns::Rename{source, target};
  }
  if (kind < 50) {
    const bool files = Percent(50);
    ns::Rename2 rename;
    rename.source = files ? FilePath() : Path();
    rename.target = files ? AnyFilePath() : AnyPath();
    rename.overwrite = Percent(60);
    return rename;
  }
  if (kind < 60) {
    ns::Delete remove;
    remove.path = Percent(50) ? Path() : FilePath();
    remove.recursive = Percent(70);
    return remove;
  }
  if (kind < 77) return Reshape(superuser);
  if (kind < 91) return ChangeAttributes();
  *superuser = true;
  if (kind < 96) {
    const std::string directory = Path();
    const std::string path = absl::StrCat(directory, "/t", Draw(0, 2));
    const uint64_t files = Draw(5, 25);
    subtree_ = Subtree{.path = path, .files_left = files};
    ns::Mkdirs mkdirs;
    mkdirs.path = subtree_->path;
    return mkdirs;
  }
  return Import();
}

ns::Operation Generator::Import() {
  ns::ImportFile import;
  import.path = FilePath();
  if (Percent(40)) {
    // More blocks than the file's entry keeps.
    import.block_size = kSmallBlockSize;
    import.length = Draw(7, 14) * kSmallBlockSize;
    if (Percent(50)) import.length += Draw(1, kSmallBlockSize - 1);
  } else {
    import.length = Percent(50) ? Draw(0, kMiB) : Draw(0, 300) * kMiB;
  }
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
  if (kind < 80) return ns::GetContentSummary{Percent(70) ? Path() : std::string("/")};
  if (kind < 86) return ns::GetBlockLocations{FilePath(), 0, UINT64_MAX};
  const std::string path = Percent(50) ? Path() : FilePath();
  switch (Draw(0, 9)) {
    case 0:
      return ns::GetLocatedFileInfo{path};
    case 1:
      return ns::GetQuotaUsage{path};
    case 2:
      return ns::IsFileClosed{path};
    case 3:
      return ns::CheckAccess{path, static_cast<uint8_t>(Draw(0, 7))};
    case 4:
      return ns::GetAclStatus{path};
    case 5:
      return ns::GetXAttrs{path, {}};
    case 6:
      return ns::ListXAttrs{path};
    case 7:
      return ns::ListOpenFiles{0, "/", static_cast<uint32_t>(Draw(1, 10))};
    case 8:
      return ns::GetSafeMode{};
    default:
      return ns::GetListing{path, "", static_cast<uint32_t>(Draw(1, 10)), true};
  }
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
  if (safe_mode_.has_value() && safe_mode_->ending && reply != nullptr &&
      reply->code == ns::Code::kOk) {
    safe_mode_.reset();
    return;
  }
  if (last_was_file_ && file_.has_value()) {
    if (reply != nullptr && reply->code == ns::Code::kSafeMode && file_->id != 0) {
      // A writer waits until it is over.
      file_->completing = false;
      return;
    }
    if (reply == nullptr || reply->code != ns::Code::kOk || file_->completing) {
      file_.reset();
      return;
    }
    if (const auto* block = std::get_if<ns::Block>(&reply->value)) {
      const bool same = file_->last.has_value() && file_->last->id == block->id;
      if (same && file_->incomplete) {
        // A new stamp, which takes effect with the next call.
        file_->next_stamp = *block;
      } else {
        file_->last = *block;
        file_->incomplete = true;
      }
    } else if (const auto* status = std::get_if<ns::FileStatus>(&reply->value)) {
      file_->id = status->id;
      file_->block_size = status->block_size;
    } else if (const auto* point = std::get_if<ns::AppendPoint>(&reply->value)) {
      file_->id = point->status.id;
      file_->block_size = point->status.block_size;
      file_->last = point->last_block;
      file_->incomplete =
          point->last_block.has_value() && point->last_block->bytes < file_->block_size;
    }
  }
  const bool refused = reply != nullptr && reply->code != ns::Code::kOk;
  if (refused && subtree_.has_value() && subtree_->files_left > 2) subtree_->files_left -= 2;
  // There may be nothing at that path.
  if (refused && last_was_attribute_ && attributes_.has_value()) attributes_->left /= 2;
}

}  // namespace jfs::sim
