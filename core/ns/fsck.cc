#include "core/ns/fsck.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

#include "absl/status/status.h"

#include "core/base/codec.h"
#include "core/ns/keys.h"
#include "core/ns/mirror_record.h"
#include "core/ns/records.h"
#include "core/ns/recovery_record.h"
#include "core/outbox/outbox_row.h"

namespace jfs::ns {
namespace {

constexpr size_t kMaxFindings = 1000;

template <typename... Parts>
std::string Say(const Parts&... parts) {
  std::string text;
  const auto add = [&text](const auto& part) {
    if constexpr (std::is_arithmetic_v<std::decay_t<decltype(part)>>) {
      text.append(std::to_string(part));
    } else {
      text.append(part);
    }
  };
  (add(parts), ...);
  return text;
}

// One directory as its row says, and what its entries say about it.
struct DirectoryFacts {
  DirectoryRecord record;
  DirectCounts counted;
  uint64_t referrers = 0;          // entries that lead to it
  InodeId referrer_directory = 0;  // of the last of them
  std::string referrer_name;
  bool live = false;
};

struct FileFacts {
  InodeId directory = 0;
  std::string name;
  bool open = false;
  std::string holder;
  uint64_t block_rows_due = 0, block_rows = 0;
  uint64_t length = 0, bytes_in_blocks = 0;
  uint64_t xattrs_due = 0;
};

class Checker {
 public:
  explicit Checker(const kv::View& view) : view_(view) {}

  absl::StatusOr<std::vector<std::string>> Run() {
    const absl::Status status = ReadRecovery();
    if (!status.ok()) return status;
    // One pass over all rows in key order ('b' blocks, 'd' directories, 'e' entries, 'g' pending
    // deletes, ...), keeping of a file only what a later row is compared with.
    const auto at = view_.Scan("", "");
    for (; at->Valid(); at->Next()) Row(at->key(), at->value());
    if (!at->status().ok()) return at->status();
    CheckSchema();
    CheckRoots();
    CheckDirectories();
    CheckFiles();
    CheckPlaces();
    CheckOpenFiles();
    CheckPendingDeletes();
    CheckXAttrs();
    CheckBlocks();
    CheckRetryRows();
    CheckOutbox();
    CheckRecovery();
    CheckHash();
    return std::move(findings_);
  }

 private:
  // How rows contradict each other. In a tree that is not complete yet they may.
  void Find(std::string finding) {
    if (!incomplete_) FindAnyway(std::move(finding));
  }

  void FindAnyway(std::string finding) {
    if (findings_.size() < kMaxFindings) findings_.push_back(std::move(finding));
  }

  absl::Status ReadRecovery() {
    std::string value;
    bool found = false;
    const absl::Status status = view_.Get(MetaKey(MetaRow::kRecovery), &value, &found);
    if (!status.ok() || !found) return status;
    // A row that cannot be decoded is found by the pass over all of them.
    if (!DecodeRecord(value, &recovery_)) recovery_ = RecoveryRecord{};
    incomplete_ =
        recovery_.state == RecoveryState::kLoading || recovery_.state == RecoveryState::kFailed;
    return status;
  }

  void Row(std::string_view key, std::string_view value) {
    if (key.empty() || key[0] < 'a' || key[0] > 'z') return;  // not the namespace's
    const bool is_hash = key == MetaKey(MetaRow::kStateHash);
    if (!is_hash) hash_ += RowHash(key, value);
    bool good = false;
    switch (static_cast<Prefix>(key[0])) {
      case Prefix::kBlock:
        good = BlockRow(key, value);
        break;
      case Prefix::kDirectory:
        good = DirectoryRow(key, value);
        break;
      case Prefix::kEntry:
        good = EntryRow(key, value);
        break;
      case Prefix::kPendingDelete:
        good = PendingDeleteRow(key, value);
        break;
      case Prefix::kMeta:
        good = MetaRowOf(key, value);
        break;
      case Prefix::kNamespace:
        good = NamespaceRow(key, value);
        break;
      case Prefix::kFilePlace:
        good = FilePlaceRow(key, value);
        break;
      case Prefix::kOpenFile:
        good = OpenFileRow(key, value);
        break;
      case Prefix::kOutbox:
        good = OutboxRowOf(key, value);
        break;
      case Prefix::kRetry:
        good = RetryRow(key, value);
        break;
      case Prefix::kXAttr:
        good = XAttrRow(key, value);
        break;
    }
    if (!good) FindAnyway(Say("row ", KeyText(key), " cannot be decoded"));
  }

  bool BlockRow(std::string_view key, std::string_view value) {
    InodeId file = 0;
    uint32_t index = 0;
    Block block;
    if (!ParseBlockKey(key, &file, &index) || !DecodeRecord(value, &block)) return false;
    BlockRows& rows = block_rows_[file];
    // While a file is being deleted its first block rows are gone already, so gaps are judged with
    // the entry.
    if (index != kInlineBlocks + rows.count && !rows.gap.has_value()) rows.gap = index;
    ++rows.count;
    rows.bytes += block.bytes;
    CountBlock(file, block);
    return true;
  }

  bool DirectoryRow(std::string_view key, std::string_view value) {
    InodeId id = 0;
    DirectoryFacts facts;
    if (!ParseInodeKey(key, Prefix::kDirectory, &id) || !DecodeRecord(value, &facts.record)) {
      return false;
    }
    directories_.emplace(id, std::move(facts));
    return true;
  }

  bool EntryRow(std::string_view key, std::string_view value) {
    InodeId parent = 0;
    std::string_view name;
    EntryRecord entry;
    if (!ParseEntryKey(key, &parent, &name) || !DecodeRecord(value, &entry)) return false;
    const auto above = directories_.find(parent);
    if (above == directories_.end()) {
      Find(Say("entry ", KeyText(key), " is in a directory that has no row"));
    }
    if (entry.type == FileType::kDirectory) {
      if (above != directories_.end()) ++above->second.counted.directories;
      const auto below = directories_.find(entry.directory);
      if (below == directories_.end()) {
        Find(Say("entry ", KeyText(key), " leads to directory ", entry.directory,
                 ", which has no row"));
        return true;
      }
      ++below->second.referrers;
      below->second.referrer_directory = parent;
      below->second.referrer_name = std::string(name);
      return true;
    }
    const FileRecord& file = entry.file;
    if (above != directories_.end()) {
      DirectCounts& counted = above->second.counted;
      ++counted.files;
      counted.bytes += file.length;
      counted.space += file.charged_bytes() * file.replication;
    }
    FileFacts facts;
    facts.directory = parent;
    facts.name = std::string(name);
    facts.open = file.open;
    facts.holder = file.holder;
    facts.block_rows_due = file.block_count - file.inline_blocks.size();
    facts.length = file.length;
    facts.xattrs_due = file.xattr_count;
    if (file.open_block_bytes && (!file.open || file.block_count == 0)) {
      Find(Say("file ", file.id, " has an open block but is closed or has no block"));
    }
    if (file.recovering && !file.open) Find(Say("file ", file.id, " is closed but recovering"));
    CheckAcl("file", file.id, file.acl);
    for (const Block& block : file.inline_blocks) {
      facts.bytes_in_blocks += block.bytes;
      CountBlock(file.id, block);
    }
    if (const auto rows = block_rows_.find(file.id); rows != block_rows_.end()) {
      facts.block_rows = rows->second.count;
      facts.bytes_in_blocks += rows->second.bytes;
      rows->second.referred = true;
      if (rows->second.gap.has_value()) {
        Find(Say("file ", file.id, " has a row for block ", *rows->second.gap,
                 " but not for all before it"));
      }
    }
    if (!files_.emplace(file.id, std::move(facts)).second) {
      Find(Say("file ", file.id, " has two entries, one of them ", KeyText(key)));
    }
    return true;
  }

  bool PendingDeleteRow(std::string_view key, std::string_view value) {
    InodeId id = 0;
    PendingDeleteRecord record;
    if (!ParseInodeKey(key, Prefix::kPendingDelete, &id) || !DecodeRecord(value, &record)) {
      return false;
    }
    pending_.emplace(id, std::move(record));
    return true;
  }

  bool MetaRowOf(std::string_view key, std::string_view value) {
    if (key == MetaKey(MetaRow::kSchema)) return DecodeRecord(value, &schema_.emplace());
    if (key == MetaKey(MetaRow::kCounters)) return DecodeRecord(value, &counters_.emplace());
    if (key == MetaKey(MetaRow::kLimits)) return DecodeRecord(value, &limits_);
    if (key == MetaKey(MetaRow::kMirror)) return DecodeRecord(value, &mirror_);
    if (key == MetaKey(MetaRow::kRecovery)) {
      RecoveryRecord record;
      return DecodeRecord(value, &record);
    }
    if (key != MetaKey(MetaRow::kStateHash)) return false;
    Decoder in(value);
    stored_hash_ = in.U64();
    return in.Done();
  }

  bool NamespaceRow(std::string_view key, std::string_view value) {
    NamespaceId id = 0;
    NamespaceRecord record;
    if (!ParseNamespaceKey(key, &id) || !DecodeRecord(value, &record)) return false;
    namespaces_.emplace(id, std::move(record));
    return true;
  }

  bool FilePlaceRow(std::string_view key, std::string_view value) {
    InodeId id = 0;
    FilePlaceRecord record;
    if (!ParseInodeKey(key, Prefix::kFilePlace, &id) || !DecodeRecord(value, &record)) return false;
    places_.emplace(id, std::move(record));
    return true;
  }

  bool OpenFileRow(std::string_view key, std::string_view value) {
    InodeId id = 0;
    OpenFileRecord record;
    if (!ParseInodeKey(key, Prefix::kOpenFile, &id) || !DecodeRecord(value, &record)) return false;
    open_files_.emplace(id, std::move(record));
    return true;
  }

  bool RetryRow(std::string_view key, std::string_view value) {
    uint64_t index = 0;
    uint32_t ordinal = 0;
    RetryRecord record;
    if (!ParseRetryKey(key, &index, &ordinal) || !DecodeRecord(value, &record)) return false;
    retry_bytes_ += RetryRowBytes(key, value);
    if (record.log_time_millis < last_retry_time_) {
      Find(Say("retry row ", KeyText(key), " is older than the one before it"));
    }
    last_retry_time_ = record.log_time_millis;
    if (record.reply.position > newest_remembered_) newest_remembered_ = record.reply.position;
    if (!remembered_.insert(record.call).second) {
      Find(Say("retry row ", KeyText(key),
               " is for a call that another row remembers: applied twice"));
    }
    return true;
  }

  bool OutboxRowOf(std::string_view key, std::string_view value) {
    uint64_t last = 0;
    outbox::OutboxRow row;
    if (!ParseOutboxKey(key, &last) || !outbox::DecodeOutboxRow(value, &row) || row.last != last) {
      return false;
    }
    for (const outbox::RowChange& change : row.changes) {
      if (!IsMirrored(change.key)) {
        Find(Say("outbox row ", KeyText(key), " has a change of ", KeyText(change.key),
                 ", which is not mirrored"));
      }
    }
    if (outbox_end_ && (row.previous_chain != outbox_chain_ || row.first != *outbox_end_ + 1)) {
      Find(Say("outbox row ", KeyText(key), " does not follow the one before it"));
    }
    if (!outbox_begin_) outbox_begin_ = row.first;
    outbox_end_ = last;
    outbox_chain_ = outbox::NextChain(row.previous_chain, value);
    outbox_bytes_ += key.size() + value.size();
    return true;
  }

  bool XAttrRow(std::string_view key, std::string_view value) {
    InodeId inode = 0;
    XAttrName name;
    std::string text;
    if (!ParseXAttrKey(key, &inode, &name) || !DecodeXAttrValue(value, &text)) return false;
    ++xattr_rows_[inode];
    return true;
  }

  void CountBlock(InodeId file, const Block& block) {
    const auto [at, added] = block_owners_.emplace(block.id, file);
    if (!added) Find(Say("block ", block.id, " is in file ", at->second, " and in file ", file));
    highest_block_ = std::max(highest_block_, block.id);
    highest_stamp_ = std::max(highest_stamp_, block.generation_stamp);
  }

  void CheckSchema() {
    const bool any = !directories_.empty() || !files_.empty() || !remembered_.empty();
    if (any && !schema_) Find("there is no schema row");
    if (any && !counters_) Find("there is no counters row");
    if (schema_ && schema_->version != SchemaRecord::kVersion) {
      Find(Say("schema version ", static_cast<int>(schema_->version), " is not known"));
    }
  }

  void CheckRoots() {
    std::set<std::string> names;
    for (const auto& [id, record] : namespaces_) {
      if (!names.insert(record.name).second) Find(Say("two namespaces are called ", record.name));
      if (counters_ && id >= counters_->next_namespace) {
        Find(Say("namespace ", id, " is not below the next id ", counters_->next_namespace));
      }
      const auto root = directories_.find(record.root);
      if (root == directories_.end()) {
        Find(Say("namespace ", record.name, " has root ", record.root, ", which has no row"));
        continue;
      }
      if (root->second.record.parent != 0 || root->second.referrers != 0) {
        Find(Say("root ", record.root, " of namespace ", record.name, " is in a directory"));
      }
      if (!roots_.insert(record.root).second) {
        Find(Say("directory ", record.root, " is the root of two namespaces"));
      }
    }
  }

  // A directory is accounted for if its chain of parents ends at a root, or at an inode that waits
  // to be deleted.
  void CheckDirectories() {
    enum class End { kNowhere, kRoot, kUnlinked };
    // Each directory's chain ends where that of its parent does: every step is taken once.
    std::map<InodeId, End> ends;
    for (auto& [id, facts] : directories_) {
      std::vector<InodeId> chain;
      std::set<InodeId> on_chain;
      End end = End::kNowhere;
      InodeId at = id;
      for (;;) {
        if (const auto known = ends.find(at); known != ends.end()) {
          end = known->second;
          break;
        }
        if (pending_.count(at) != 0) {
          end = End::kUnlinked;
          break;
        }
        if (roots_.count(at) != 0) {
          end = End::kRoot;
          break;
        }
        const auto here = directories_.find(at);
        if (here == directories_.end() || !on_chain.insert(at).second) break;
        chain.push_back(at);
        at = here->second.record.parent;
      }
      for (const InodeId step : chain) ends[step] = end;
      facts.live = end == End::kRoot;
      if (end == End::kNowhere) {
        Find(Say("directory ", id, " (", facts.record.name,
                 ") is not reachable from any root: its parents ",
                 on_chain.count(at) != 0 ? "are a cycle" : "end nowhere"));
      }
      CheckDirectory(id, facts);
    }
  }

  void CheckDirectory(InodeId id, const DirectoryFacts& facts) {
    const bool root = roots_.count(id) != 0;
    const auto unlinked = pending_.find(id);
    if (unlinked != pending_.end()) {
      if (facts.referrers != 0)
        Find(Say("directory ", id, " waits to be deleted but has an entry"));
      if (!unlinked->second.directory)
        Find(Say("directory ", id, " waits to be deleted as a file"));
      return;  // its entries are on their way out, its counts are not kept
    }
    if (!root && facts.referrers != 1) {
      Find(Say("directory ", id, " has ", facts.referrers, " entries instead of one"));
    }
    if (!root && facts.referrers == 1 &&
        (facts.referrer_directory != facts.record.parent ||
         facts.referrer_name != facts.record.name)) {
      Find(Say("directory ", id, " says it is ", facts.record.parent, "/", facts.record.name,
               ", but its entry is ", facts.referrer_directory, "/", facts.referrer_name));
    }
    const DirectCounts& stored = facts.record.counts;
    const DirectCounts& counted = facts.counted;
    if (stored != counted) {
      Find(Say("directory ", id, " says it has ", stored.directories, " directories, ",
               stored.files, " files, ", stored.bytes, " bytes, ", stored.space,
               " replicated; recounted are ", counted.directories, ", ", counted.files, ", ",
               counted.bytes, ", ", counted.space));
    }
    CheckInodeId("directory", id);
  }

  // The first id that is still to be given. What a lineage before ours has given is known only to
  // be of that lineage.
  uint64_t NextId(uint64_t counter) const {
    constexpr int kShift = 48;
    if (recovery_.state == RecoveryState::kFinished) return uint64_t{counters_->lineage} << kShift;
    return uint64_t{counters_->lineage - 1u} << kShift | counter;
  }

  void CheckInodeId(const char* what, InodeId id) {
    if (!counters_) return;
    const InodeId next = NextId(counters_->next_inode);
    if (id >= next) Find(Say(what, " ", id, " is not below the next inode id ", next));
  }

  void CheckFiles() {
    for (const auto& [id, file] : files_) {
      CheckInodeId("file", id);
      if (directories_.count(id) != 0) Find(Say("inode ", id, " is a file and a directory"));
      if (file.block_rows != file.block_rows_due) {
        Find(Say("file ", id, " has ", file.block_rows, " block rows instead of ",
                 file.block_rows_due));
      }
      if (file.length != file.bytes_in_blocks) {
        Find(Say("file ", id, " says it has ", file.length, " bytes, its blocks have ",
                 file.bytes_in_blocks));
      }
      const auto place = places_.find(id);
      if (place == places_.end()) {
        Find(Say("file ", id, " has no row that says where its entry is"));
      } else if (place->second.directory != file.directory || place->second.name != file.name) {
        Find(Say("file ", id, " is said to be ", place->second.directory, "/", place->second.name,
                 ", but its entry is ", file.directory, "/", file.name));
      }
      const auto open = open_files_.find(id);
      if (file.open != (open != open_files_.end())) {
        Find(Say("file ", id,
                 file.open ? " is open without a lease row" : " is closed but has a lease row"));
        continue;
      }
      if (file.open && (open->second.directory != file.directory ||
                        open->second.name != file.name || open->second.holder != file.holder)) {
        Find(Say("the lease row of file ", id, " says ", open->second.directory, "/",
                 open->second.name, " of ", open->second.holder, ", its entry ", file.directory,
                 "/", file.name, " of ", file.holder));
      }
    }
  }

  void CheckPlaces() {
    for (const auto& [id, record] : places_) {
      if (files_.count(id) == 0) {
        Find(Say("file ", id, " is said to be ", record.directory, "/", record.name,
                 ", where it has no entry"));
      }
    }
  }

  void CheckOpenFiles() {
    for (const auto& [id, record] : open_files_) {
      if (files_.count(id) == 0)
        Find(Say("lease row of ", record.holder, " is for file ", id, ", which has no entry"));
    }
  }

  void CheckPendingDeletes() {
    for (const auto& [id, record] : pending_) {
      if (record.directory) {
        if (directories_.count(id) == 0)
          Find(Say("directory ", id, " waits to be deleted but has no row"));
        if (roots_.count(id) != 0) Find(Say("root ", id, " waits to be deleted"));
      } else {
        if (files_.count(id) != 0) Find(Say("file ", id, " waits to be deleted but has an entry"));
      }
    }
    for (const auto& [file, rows] : block_rows_) {
      if (!rows.referred && pending_.count(file) == 0) {
        Find(Say("file ", file, " has block rows but neither an entry nor a pending delete"));
      }
    }
  }

  // What an inode may keep of an ACL: see the format.
  void CheckAcl(std::string_view what, InodeId id, const std::vector<AclEntry>& acl) {
    constexpr uint64_t kMaxEntries = 32;
    constexpr uint64_t kInMode = 3;  // entries of an access ACL that the mode stands for
    struct Scope {
      uint64_t entries = 0;
      std::set<AclType> base;
      bool named = false;
    };
    Scope scopes[2];
    const auto wrong = [&](std::string_view how) {
      Find(Say("the ACL of ", what, " ", id, " ", how));
    };
    for (size_t i = 0; i < acl.size(); ++i) {
      const AclEntry& entry = acl[i];
      Scope& scope = scopes[static_cast<size_t>(entry.scope)];
      ++scope.entries;
      if (entry.name.empty()) {
        scope.base.insert(entry.type);
      } else {
        scope.named = true;
      }
      const auto key = [](const AclEntry& e) { return std::tie(e.scope, e.type, e.name); };
      if (i > 0 && !(key(acl[i - 1]) < key(entry))) wrong("is not in order");
      if (!entry.name.empty() && entry.type >= AclType::kMask) wrong("has a mask with a name");
    }
    const Scope& access = scopes[static_cast<size_t>(AclScope::kAccess)];
    if (access.entries > 0 && access.base != std::set{AclType::kGroup}) {
      wrong("has not just the group's entry beside the named ones");
    }
    if (access.entries > 0 && access.entries + kInMode > kMaxEntries) wrong("is too long");
    const Scope& defaults = scopes[static_cast<size_t>(AclScope::kDefault)];
    if (defaults.entries == 0) return;
    if (what != "directory") wrong("has default entries");
    if (defaults.base.count(AclType::kUser) + defaults.base.count(AclType::kGroup) +
            defaults.base.count(AclType::kOther) !=
        3) {
      wrong("lacks a default entry that must be there");
    }
    if (defaults.named && defaults.base.count(AclType::kMask) == 0) wrong("lacks a default mask");
    if (defaults.entries > kMaxEntries) wrong("has too many default entries");
  }

  // An inode says how many extended attributes it has; one that waits to be deleted loses them with
  // its last step.
  void CheckXAttrs() {
    const auto check = [this](const char* what, InodeId id, uint64_t due) {
      const auto rows = xattr_rows_.find(id);
      const uint64_t found = rows == xattr_rows_.end() ? 0 : rows->second;
      if (found != due) {
        Find(Say(what, " ", id, " has ", found, " rows of extended attributes instead of ", due));
      }
    };
    for (const auto& [id, file] : files_) check("file", id, file.xattrs_due);
    for (const auto& [id, facts] : directories_) {
      if (pending_.count(id) == 0) check("directory", id, facts.record.features.xattr_count);
      CheckAcl("directory", id, facts.record.features.acl);
    }
    for (const auto& [id, rows] : xattr_rows_) {
      if (files_.count(id) == 0 && directories_.count(id) == 0 && pending_.count(id) == 0) {
        Find(Say("inode ", id, " has ", rows, " extended attributes but is nowhere"));
      }
    }
  }

  void CheckBlocks() {
    if (!counters_) return;
    const BlockId next_block = NextId(counters_->next_block);
    if (highest_block_ >= next_block) {
      Find(Say("block ", highest_block_, " is not below the next block id ", next_block));
    }
    const uint64_t next_stamp = NextId(counters_->next_stamp);
    if (highest_stamp_ >= next_stamp) {
      Find(Say("generation stamp ", highest_stamp_, " is not below the next one ", next_stamp));
    }
  }

  void CheckRetryRows() {
    if (!counters_ || remembered_.empty()) return;
    if (retry_bytes_ > limits_.retry_cache_bytes) {
      Find(Say("retry rows take ", retry_bytes_, " bytes, the limit is ",
               limits_.retry_cache_bytes));
    }
    if (last_retry_time_ > counters_->log_time_millis) {
      Find("a retry row is younger than log time");
    }
    const Position position = Position::Of(counters_->lineage, counters_->sequence);
    if (newest_remembered_ > position) {
      Find(Say("a remembered reply has sequence ", newest_remembered_.sequence(),
               ", the state has only ", position.sequence()));
    }
  }

  // What the mirror still lacks is there, and all of it.
  void CheckOutbox() {
    if (mirror_.state != MirrorState::kOn || !counters_) return;
    if (mirror_.last != counters_->sequence) {
      Find(Say("the outbox ends at sequence ", mirror_.last, ", the state has ",
               counters_->sequence));
    }
    if (outbox_bytes_ > mirror_.cap_bytes) {
      Find(Say("the outbox takes ", outbox_bytes_, " bytes, its cap is ", mirror_.cap_bytes));
    }
    if (!outbox_end_) {
      if (mirror_.mirrored != mirror_.last) Find("the outbox lacks what the mirror lacks");
    } else if (*outbox_end_ != mirror_.last || outbox_chain_ != mirror_.chain) {
      Find(Say("the newest outbox row ends at sequence ", *outbox_end_, " instead of ",
               mirror_.last, ", or its chain is another"));
    } else if (*outbox_begin_ > mirror_.mirrored + 1) {
      Find(Say("the outbox begins at sequence ", *outbox_begin_, ", the mirror ends at ",
               mirror_.mirrored));
    }
  }

  // A store under recovery has done nothing of its own yet.
  void CheckRecovery() {
    if (recovery_.state == RecoveryState::kNone || !counters_) return;
    if (mirror_.state != MirrorState::kUndecided) {
      FindAnyway("there is a mirror of its own before the recovered one is claimed");
    }
    if (incomplete_) {
      if (counters_->sequence != 0) FindAnyway("something has changed before all rows are loaded");
      return;
    }
    const BeginRecovery& source = recovery_.source;
    if (counters_->lineage != source.lineage || counters_->sequence != source.last) {
      Find(Say("the recovered state is at sequence ", counters_->sequence, " of lineage ",
               counters_->lineage, ", the mirror was at ", source.last, " of ", source.lineage));
    }
    TreeTotals totals;
    for (const auto& [id, facts] : directories_) {
      if (!facts.live) continue;
      ++totals.directories;
      totals.files += facts.counted.files;
      totals.bytes += facts.counted.bytes;
    }
    const std::string difference = DifferenceOf(totals, TotalsOf(source));
    if (!difference.empty()) Find(Say("the recovered tree has ", difference));
  }

  void CheckHash() {
    if (hash_ != stored_hash_) {
      FindAnyway(Say("the stored state hash is ", stored_hash_, ", the rows give ", hash_));
    }
  }

  struct BlockRows {
    uint64_t count = 0, bytes = 0;
    bool referred = false;
    std::optional<uint32_t> gap;  // the first index that does not follow the one before
  };

  const kv::View& view_;
  std::vector<std::string> findings_;
  std::map<InodeId, BlockRows> block_rows_;
  std::map<BlockId, InodeId> block_owners_;
  std::map<InodeId, uint64_t> xattr_rows_;
  std::map<InodeId, DirectoryFacts> directories_;
  std::map<InodeId, FileFacts> files_;
  std::map<InodeId, PendingDeleteRecord> pending_;
  std::map<InodeId, FilePlaceRecord> places_;
  std::map<InodeId, OpenFileRecord> open_files_;
  std::map<NamespaceId, NamespaceRecord> namespaces_;
  std::set<InodeId> roots_;
  std::set<CallId> remembered_;
  std::optional<SchemaRecord> schema_;
  std::optional<CountersRecord> counters_;
  SetLimits limits_;
  MirrorRecord mirror_;
  RecoveryRecord recovery_;
  bool incomplete_ = false;  // rows of the tree are still being loaded
  std::optional<uint64_t> outbox_begin_, outbox_end_;
  uint64_t outbox_chain_ = 0, outbox_bytes_ = 0;
  uint64_t hash_ = 0, stored_hash_ = 0;
  uint64_t highest_block_ = 0, highest_stamp_ = 0;
  uint64_t retry_bytes_ = 0, last_retry_time_ = 0;
  Position newest_remembered_;
};

}  // namespace

absl::StatusOr<std::vector<std::string>> Fsck(const kv::View& view) { return Checker(view).Run(); }

}  // namespace jfs::ns
