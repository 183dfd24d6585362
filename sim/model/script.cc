#include "sim/model/script.h"

#include <map>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

#include "core/base/check.h"

namespace jfs::sim::model {
namespace {

// "%41" stands for "A", "%-" for nothing.
std::string Unescape(const std::string& text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    if (i + 1 < text.size() && text[i + 1] == '-') {
      ++i;
      continue;
    }
    out += absl::HexStringToBytes(text.substr(i + 1, 2));
    i += 2;
  }
  return out;
}

// The words of a line: those in front by position, key=value and flags by name.
class Words {
 public:
  explicit Words(const std::string& line) : line_(line) {
    for (const std::string& word :
         std::vector<std::string>(absl::StrSplit(line, ' ', absl::SkipEmpty()))) {
      const size_t equals = word.find('=');
      if (word[0] != '/' && equals != std::string::npos) {
        named_[word.substr(0, equals)] = word.substr(equals + 1);
      } else {
        plain_.push_back(word);
      }
    }
  }
  std::string Next() {
    CHECK_LT(at_, plain_.size()) << line_;
    return plain_[at_++];
  }
  bool Flag(const std::string& name) {
    if (at_ >= plain_.size() || plain_[at_] != name) return false;
    ++at_;
    return true;
  }
  bool Has(const std::string& key) const { return named_.count(key) != 0; }
  std::string Get(const std::string& key, std::string otherwise) {
    const auto found = named_.find(key);
    if (found == named_.end()) return otherwise;
    std::string value = found->second;
    named_.erase(found);
    return value;
  }
  uint64_t Number(const std::string& key, uint64_t otherwise) {
    return Parse(Get(key, absl::StrCat(otherwise)), 10);
  }
  uint16_t Mode(const std::string& text) { return static_cast<uint16_t>(Parse(text, 8)); }
  uint64_t Parse(const std::string& text, int base) {
    uint64_t value = 0;
    CHECK(!text.empty()) << line_;
    for (const char digit : text) {
      CHECK(digit >= '0' && digit < '0' + base) << line_;
      value = value * static_cast<uint64_t>(base) + static_cast<uint64_t>(digit - '0');
    }
    return value;
  }
  // "ID_STAMP:BYTES"
  std::optional<ns::Block> BlockIn(const std::string& key) {
    const std::string text = Get(key, "");
    if (text.empty()) return std::nullopt;
    const std::vector<std::string> parts = absl::StrSplit(text, absl::ByAnyChar("_:"));
    CHECK_EQ(parts.size(), 3u) << line_;
    return ns::Block{Parse(parts[0], 10), Parse(parts[1], 10), Parse(parts[2], 10)};
  }
  // A number of either sign; "unchanged" if the key is not there.
  int64_t Quota(const std::string& key) {
    if (!Has(key)) return ns::SetQuota::kUnchanged;
    const std::string text = Get(key, "");
    if (text[0] != '-') return static_cast<int64_t>(Parse(text, 10));
    return -static_cast<int64_t>(Parse(text.substr(1), 10));
  }
  bool more() const { return at_ < plain_.size(); }
  void CheckAllUsed() const {
    CHECK_EQ(at_, plain_.size()) << line_;
    CHECK(named_.empty()) << line_;
  }

 private:
  const std::string line_;
  std::vector<std::string> plain_;
  std::map<std::string, std::string> named_;
  size_t at_ = 0;
};

ns::Caller CallerNamed(Words* words) {
  if (words->Flag("alice")) return {"alice", {"staff", "dev"}, false, "10.0.1.1"};
  if (words->Flag("bob")) return {"bob", {"dev"}, false, "10.0.1.2"};
  if (words->Flag("carol")) return {"carol", {"other"}, false, "10.0.1.3"};
  if (words->Flag("mallory")) return {"mallory", {}, false, "10.0.1.4"};
  return {"hdfs", {"supergroup"}, true, "10.0.0.1"};
}

std::string Path(Words* words) { return Unescape(words->Next()); }
std::string Writer(Words* words) { return Unescape(words->Get("writer", "w")); }

uint8_t AccessIn(const std::string& text) {
  uint8_t access = 0;
  for (const char letter : text) {
    if (letter == 'r') access |= 4;
    if (letter == 'w') access |= 2;
    if (letter == 'x') access |= 1;
  }
  return access;
}

ns::AclEntry EntryIn(const std::string& text) {
  std::vector<std::string> parts = absl::StrSplit(text, ':');
  ns::AclEntry entry;
  if (parts.front() == "default") {
    entry.scope = ns::AclScope::kDefault;
    parts.erase(parts.begin());
  }
  CHECK_EQ(parts.size(), 3u) << text;
  static const std::map<std::string, ns::AclType> types = {{"user", ns::AclType::kUser},
                                                           {"group", ns::AclType::kGroup},
                                                           {"mask", ns::AclType::kMask},
                                                           {"other", ns::AclType::kOther}};
  entry.type = types.at(parts[0]);
  entry.name = parts[1];
  entry.permission = AccessIn(parts[2]);
  return entry;
}

std::vector<ns::AclEntry> Entries(Words* words) {
  std::vector<ns::AclEntry> entries;
  const std::string text = words->Get("entries", "");
  for (const auto& entry : absl::StrSplit(text, ',', absl::SkipEmpty())) {
    entries.push_back(EntryIn(std::string(entry)));
  }
  return entries;
}

ns::XAttrName XAttrNameIn(const std::string& text) {
  const std::pair<std::string, std::string> parts = absl::StrSplit(text, absl::MaxSplits('.', 1));
  static const std::map<std::string, ns::XAttrNamespace> spaces = {
      {"user", ns::XAttrNamespace::kUser},
      {"trusted", ns::XAttrNamespace::kTrusted},
      {"security", ns::XAttrNamespace::kSecurity},
      {"system", ns::XAttrNamespace::kSystem},
      {"raw", ns::XAttrNamespace::kRaw}};
  return {spaces.at(parts.first), Unescape(parts.second)};
}

template <typename Call>
Call OfPath(Words* words) {
  return Call{Path(words)};
}

using QueryReader = ns::Query (*)(Words*);

const std::map<std::string, QueryReader>& QueryReaders() {
  static const std::map<std::string, QueryReader> readers = {
      {"info", [](Words* w) -> ns::Query { return OfPath<ns::GetFileInfo>(w); }},
      {"count", [](Words* w) -> ns::Query { return OfPath<ns::GetContentSummary>(w); }},
      {"located", [](Words* w) -> ns::Query { return OfPath<ns::GetLocatedFileInfo>(w); }},
      {"usage", [](Words* w) -> ns::Query { return OfPath<ns::GetQuotaUsage>(w); }},
      {"closed", [](Words* w) -> ns::Query { return OfPath<ns::IsFileClosed>(w); }},
      {"acl", [](Words* w) -> ns::Query { return OfPath<ns::GetAclStatus>(w); }},
      {"xattr-names", [](Words* w) -> ns::Query { return OfPath<ns::ListXAttrs>(w); }},
      {"in-safemode", [](Words*) -> ns::Query { return ns::GetSafeMode{}; }},
      {"list",
       [](Words* w) -> ns::Query {
         ns::GetListing query{Path(w)};
         query.need_locations = w->Flag("locations");
         query.start_after = Unescape(w->Get("after", ""));
         query.limit = static_cast<uint32_t>(w->Number("limit", 1000));
         return query;
       }},
      {"locate",
       [](Words* w) -> ns::Query {
         ns::GetBlockLocations query{Path(w)};
         query.offset = w->Number("offset", 0);
         query.length = w->Number("length", UINT64_MAX);
         return query;
       }},
      {"access",
       [](Words* w) -> ns::Query {
         ns::CheckAccess query{Path(w)};
         query.access = AccessIn(w->Get("rights", ""));
         return query;
       }},
      {"xattrs",
       [](Words* w) -> ns::Query {
         ns::GetXAttrs query{Path(w)};
         const std::string names = w->Get("names", "");
         for (const auto& name : absl::StrSplit(names, ',', absl::SkipEmpty())) {
           query.names.push_back(XAttrNameIn(std::string(name)));
         }
         return query;
       }},
      {"open-files",
       [](Words* w) -> ns::Query {
         ns::ListOpenFiles query;
         query.below = Path(w);
         query.start_after = w->Number("after", 0);
         query.limit = static_cast<uint32_t>(w->Number("limit", 1000));
         return query;
       }},
  };
  return readers;
}

ns::Create ReadCreate(Words* words) {
  ns::Create call{Path(words)};
  call.mode = words->Mode(words->Get("mode", "644"));
  if (words->Flag("overwrite")) call.flags |= ns::Create::kOverwrite;
  call.flags = static_cast<uint32_t>(words->Number("flags", call.flags));
  call.create_parent = words->Get("parents", "yes") == "yes";
  call.replication = static_cast<uint32_t>(words->Number("replication", 3));
  call.block_size = words->Number("block_size", 1 << 20);
  call.client_name = Writer(words);
  if (words->Has("unmasked")) call.unmasked = words->Mode(words->Get("unmasked", ""));
  call.expired_lease = words->Number("expired", 0);
  return call;
}

ns::ImportFile ReadImport(Words* words) {
  ns::ImportFile call{Path(words)};
  call.mode = words->Mode(words->Get("mode", "644"));
  call.user = Unescape(words->Get("user", ""));
  call.group = Unescape(words->Get("group", ""));
  call.mtime = WallMillis(words->Number("mtime", 1));
  call.atime = WallMillis(words->Number("atime", 2));
  call.length = words->Number("length", 0);
  call.replication = static_cast<uint32_t>(words->Number("replication", 1));
  call.block_size = words->Number("block_size", 1 << 20);
  return call;
}

ns::SetLimits ReadLimits(Words* words) {
  ns::SetLimits call;
  const auto number = [&](const char* key, auto* field) {
    *field = static_cast<std::remove_pointer_t<decltype(field)>>(words->Number(key, *field));
  };
  number("retry_bytes", &call.retry_cache_bytes);
  number("retry_millis", &call.retry_cache_millis);
  number("name", &call.max_name_bytes);
  number("path", &call.max_path_characters);
  number("depth", &call.max_path_depth);
  number("items", &call.max_directory_items);
  number("blocks", &call.max_blocks_per_file);
  number("block_size", &call.min_block_size);
  number("least_replication", &call.min_replication);
  number("most_replication", &call.max_replication);
  number("access_precision", &call.access_time_precision_millis);
  return call;
}

using OperationReader = ns::Operation (*)(Words*);

// What writers call.
const std::map<std::string, OperationReader>& WriterReaders() {
  static const std::map<std::string, OperationReader> readers = {
      {"create", [](Words* w) -> ns::Operation { return ReadCreate(w); }},
      {"append",
       [](Words* w) -> ns::Operation {
         ns::Append call{Path(w)};
         call.new_block = w->Flag("newblock");
         call.client_name = Writer(w);
         call.expired_lease = w->Number("expired", 0);
         return call;
       }},
      {"addblock",
       [](Words* w) -> ns::Operation {
         ns::AddBlock call{Path(w)};
         call.client_name = Writer(w);
         call.file_id = w->Number("id", 0);
         call.previous = w->BlockIn("previous");
         call.live_data_servers = static_cast<uint32_t>(w->Number("servers", 1));
         return call;
       }},
      {"complete",
       [](Words* w) -> ns::Operation {
         ns::Complete call{Path(w)};
         call.client_name = Writer(w);
         call.file_id = w->Number("id", 0);
         call.last = w->BlockIn("last");
         return call;
       }},
      {"abandon",
       [](Words* w) -> ns::Operation {
         ns::AbandonBlock call;
         call.path = Path(w);
         call.block = w->BlockIn("block").value_or(ns::Block());
         call.client_name = Writer(w);
         call.file_id = w->Number("id", 0);
         return call;
       }},
      {"fsync",
       [](Words* w) -> ns::Operation {
         ns::Fsync call{Path(w)};
         call.client_name = Writer(w);
         call.file_id = w->Number("id", 0);
         if (w->Has("length")) call.last_block_length = w->Number("length", 0);
         return call;
       }},
      {"newstamp",
       [](Words* w) -> ns::Operation {
         ns::UpdateBlockForPipeline call;
         call.block = w->BlockIn("block").value_or(ns::Block());
         call.client_name = Writer(w);
         return call;
       }},
      {"pipeline",
       [](Words* w) -> ns::Operation {
         ns::UpdatePipeline call;
         call.client_name = Writer(w);
         call.old_block = w->BlockIn("old").value_or(ns::Block());
         call.new_block = w->BlockIn("new").value_or(ns::Block());
         return call;
       }},
      {"recover",
       [](Words* w) -> ns::Operation {
         ns::RecoverLease call{Path(w)};
         call.client_name = Writer(w);
         return call;
       }},
      {"release",
       [](Words* w) -> ns::Operation {
         ns::ReleaseLease call;
         call.holder = Unescape(w->Get("holder", "w"));
         call.lease = w->Number("lease", 0);
         return call;
       }},
      {"truncate",
       [](Words* w) -> ns::Operation {
         ns::Truncate call{Path(w)};
         call.new_length = w->Number("length", 0);
         call.client_name = Writer(w);
         call.expired_lease = w->Number("expired", 0);
         return call;
       }},
      {"concat",
       [](Words* w) -> ns::Operation {
         ns::Concat call{Path(w)};
         while (w->more()) call.sources.push_back(Path(w));
         return call;
       }},
  };
  return readers;
}

// What changes attributes.
const std::map<std::string, OperationReader>& AttributeReaders() {
  static const std::map<std::string, OperationReader> readers = {
      {"times",
       [](Words* w) -> ns::Operation {
         ns::SetTimes call{Path(w)};
         if (w->Has("mtime")) call.mtime = WallMillis(w->Number("mtime", 0));
         if (w->Has("atime")) call.atime = WallMillis(w->Number("atime", 0));
         return call;
       }},
      {"accessed",
       [](Words* w) -> ns::Operation {
         ns::SetAccessTime call{Path(w)};
         call.file_id = w->Number("id", 0);
         return call;
       }},
      {"chmod",
       [](Words* w) -> ns::Operation {
         ns::SetPermission call{Path(w)};
         call.mode = w->Mode(w->Next());
         return call;
       }},
      {"chown",
       [](Words* w) -> ns::Operation {
         ns::SetOwner call{Path(w)};
         if (w->Has("user")) call.user = Unescape(w->Get("user", ""));
         if (w->Has("group")) call.group = Unescape(w->Get("group", ""));
         return call;
       }},
      {"setrep",
       [](Words* w) -> ns::Operation {
         ns::SetReplication call{Path(w)};
         call.replication = static_cast<uint32_t>(w->Number("replication", 1));
         return call;
       }},
      {"quota",
       [](Words* w) -> ns::Operation {
         ns::SetQuota call{Path(w)};
         call.names = w->Quota("names");
         call.space = w->Quota("space");
         return call;
       }},
      {"acl-modify",
       [](Words* w) -> ns::Operation {
         ns::ModifyAclEntries call{Path(w), {}};
         call.entries = Entries(w);
         return call;
       }},
      {"acl-remove",
       [](Words* w) -> ns::Operation {
         ns::RemoveAclEntries call{Path(w), {}};
         call.entries = Entries(w);
         return call;
       }},
      {"acl-set",
       [](Words* w) -> ns::Operation {
         ns::SetAcl call{Path(w), {}};
         call.entries = Entries(w);
         return call;
       }},
      {"acl-clear", [](Words* w) -> ns::Operation { return OfPath<ns::RemoveAcl>(w); }},
      {"acl-remove-default",
       [](Words* w) -> ns::Operation { return OfPath<ns::RemoveDefaultAcl>(w); }},
      {"xattr-set",
       [](Words* w) -> ns::Operation {
         ns::SetXAttr call{Path(w)};
         call.xattr.name = XAttrNameIn(w->Get("name", "user."));
         call.xattr.value = Unescape(w->Get("value", ""));
         call.flags = static_cast<uint32_t>(w->Number("flags", call.flags));
         return call;
       }},
      {"xattr-remove",
       [](Words* w) -> ns::Operation {
         ns::RemoveXAttr call{Path(w)};
         call.name = XAttrNameIn(w->Get("name", "user."));
         return call;
       }},
  };
  return readers;
}

// What makes, moves and removes names, and what is about the whole.
const std::map<std::string, OperationReader>& TreeReaders() {
  static const std::map<std::string, OperationReader> readers = {
      {"mkdirs",
       [](Words* w) -> ns::Operation {
         ns::Mkdirs call{Path(w)};
         call.mode = w->Mode(w->Get("mode", "755"));
         call.create_parent = w->Get("parents", "yes") == "yes";
         if (w->Has("unmasked")) call.unmasked = w->Mode(w->Get("unmasked", ""));
         return call;
       }},
      {"import", [](Words* w) -> ns::Operation { return ReadImport(w); }},
      {"delete",
       [](Words* w) -> ns::Operation {
         ns::Delete call{Path(w)};
         call.recursive = w->Flag("recursive");
         return call;
       }},
      {"rename",
       [](Words* w) -> ns::Operation {
         ns::Rename call{Path(w)};
         call.target = Path(w);
         return call;
       }},
      {"rename2",
       [](Words* w) -> ns::Operation {
         ns::Rename2 call{Path(w)};
         call.target = Path(w);
         call.overwrite = w->Flag("overwrite");
         call.to_trash = w->Flag("trash");
         return call;
       }},
      {"safemode",
       [](Words* w) -> ns::Operation {
         const bool on = w->Flag("enter");
         CHECK(on || w->Flag("leave"));
         return ns::SetSafeMode{on};
       }},
      {"namespace", [](Words* w) -> ns::Operation { return ns::CreateNamespace{Path(w)}; }},
      {"advance", [](Words*) -> ns::Operation { return ns::Advance{}; }},
      {"finish-deletes",
       [](Words* w) -> ns::Operation {
         return ns::FinishDeletes{static_cast<uint32_t>(w->Number("rows", 1000))};
       }},
      {"limits", [](Words* w) -> ns::Operation { return ReadLimits(w); }},
  };
  return readers;
}

ns::Operation ReadOperation(const std::string& verb, Words* words) {
  for (const auto* readers : {&WriterReaders(), &AttributeReaders(), &TreeReaders()}) {
    const auto reader = readers->find(verb);
    if (reader != readers->end()) return reader->second(words);
  }
  CHECK(false) << "no such verb: " << verb;
  return ns::Advance{};
}

}  // namespace

ScriptLine::ScriptLine(const std::string& line) {
  Words words(line);
  const auto ns = static_cast<ns::NamespaceId>(words.Number("in", 1));
  const ns::Caller caller = CallerNamed(&words);
  ns::CallId id;
  if (words.Has("retry")) {
    id = {"0123456789abcdef", static_cast<int32_t>(words.Number("retry", 0))};
  }
  const std::string verb = words.Next();
  const auto query = QueryReaders().find(verb);
  if (query != QueryReaders().end()) {
    call_ = ns::ReadRequest{ns, caller, query->second(&words)};
  } else {
    call_ = ns::Command{ns, caller, id, ReadOperation(verb, &words)};
  }
  words.CheckAllUsed();
}

}  // namespace jfs::sim::model
