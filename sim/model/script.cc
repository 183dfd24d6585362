#include "sim/model/script.h"

#include <map>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"

#include "core/base/check.h"
#include "core/base/overload.h"
#include "sim/model/tree.h"

namespace jfs::sim::model {
namespace {

// "%41" stands for "A".
std::string Unescape(const std::string& text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
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

std::optional<ns::Query> ReadQuery(const std::string& verb, Words* words) {
  if (verb == "info") return ns::GetFileInfo{Unescape(words->Next())};
  if (verb == "count") return ns::GetContentSummary{Unescape(words->Next())};
  if (verb == "list") {
    ns::GetListing query{Unescape(words->Next())};
    query.start_after = Unescape(words->Get("after", ""));
    query.limit = static_cast<uint32_t>(words->Number("limit", 1000));
    return query;
  }
  if (verb == "locate") {
    ns::GetBlockLocations query{Unescape(words->Next())};
    query.offset = words->Number("offset", 0);
    query.length = words->Number("length", UINT64_MAX);
    return query;
  }
  return std::nullopt;
}

ns::Create ReadCreate(Words* words) {
  ns::Create call{Unescape(words->Next())};
  call.mode = words->Mode(words->Get("mode", "644"));
  if (words->Flag("overwrite")) call.flags |= ns::Create::kOverwrite;
  call.flags = static_cast<uint32_t>(words->Number("flags", call.flags));
  call.create_parent = words->Get("parents", "yes") == "yes";
  call.replication = static_cast<uint32_t>(words->Number("replication", 3));
  call.block_size = words->Number("block_size", 1 << 20);
  call.client_name = words->Get("writer", "w");
  return call;
}

ns::ImportFile ReadImport(Words* words) {
  ns::ImportFile call{Unescape(words->Next())};
  call.mode = words->Mode(words->Get("mode", "644"));
  call.user = words->Get("user", "");
  call.group = words->Get("group", "");
  call.mtime = WallMillis(words->Number("mtime", 1));
  call.atime = WallMillis(words->Number("atime", 2));
  call.length = words->Number("length", 0);
  call.block_size = words->Number("block_size", 1 << 20);
  return call;
}

ns::Operation ReadOperation(const std::string& verb, Words* words) {
  if (verb == "create") return ReadCreate(words);
  if (verb == "import") return ReadImport(words);
  if (verb == "mkdirs") {
    ns::Mkdirs call{Unescape(words->Next())};
    call.mode = words->Mode(words->Get("mode", "755"));
    call.create_parent = words->Get("parents", "yes") == "yes";
    return call;
  }
  if (verb == "addblock") {
    ns::AddBlock call{Unescape(words->Next())};
    call.client_name = words->Get("writer", "w");
    call.file_id = words->Number("id", 0);
    call.previous = words->BlockIn("previous");
    call.live_data_servers = static_cast<uint32_t>(words->Number("servers", 1));
    return call;
  }
  if (verb == "complete") {
    ns::Complete call{Unescape(words->Next())};
    call.client_name = words->Get("writer", "w");
    call.file_id = words->Number("id", 0);
    call.last = words->BlockIn("last");
    return call;
  }
  if (verb == "delete") {
    ns::Delete call{Unescape(words->Next())};
    call.recursive = words->Flag("recursive");
    return call;
  }
  if (verb == "rename") {
    ns::Rename call{Unescape(words->Next())};
    call.target = Unescape(words->Next());
    return call;
  }
  if (verb == "rename2") {
    ns::Rename2 call{Unescape(words->Next())};
    call.target = Unescape(words->Next());
    call.overwrite = words->Flag("overwrite");
    call.to_trash = words->Flag("trash");
    return call;
  }
  if (verb == "times") {
    ns::SetTimes call{Unescape(words->Next())};
    if (words->Has("mtime")) call.mtime = WallMillis(words->Number("mtime", 0));
    if (words->Has("atime")) call.atime = WallMillis(words->Number("atime", 0));
    return call;
  }
  if (verb == "chmod") {
    ns::SetPermission call{Unescape(words->Next())};
    call.mode = words->Mode(words->Next());
    return call;
  }
  CHECK(verb == "chown") << "no such verb: " << verb;
  ns::SetOwner call{Unescape(words->Next())};
  if (words->Has("user")) call.user = words->Get("user", "");
  if (words->Has("group")) call.group = words->Get("group", "");
  return call;
}

std::string Text(const ns::FileStatus& status) {
  std::string text = absl::StrFormat(
      "%s %o %s:%s mtime=%d atime=%d id=%d", status.type == ns::FileType::kFile ? "file" : "dir",
      status.mode, status.owner, status.group, status.mtime.value, status.atime.value, status.id);
  if (status.type == ns::FileType::kFile) {
    absl::StrAppend(&text, " length=", status.length, " replication=", status.replication,
                    " block_size=", status.block_size);
  } else {
    absl::StrAppend(&text, " children=", status.children);
  }
  return text;
}

std::string Text(const ns::Block& block) {
  return absl::StrCat(block.id, "_", block.generation_stamp, ":", block.bytes);
}

}  // namespace

ScriptLine::ScriptLine(const std::string& line) {
  Words words(line);
  const ns::Caller caller = CallerNamed(&words);
  ns::CallId id;
  if (words.Has("retry")) {
    id = {"0123456789abcdef", static_cast<int32_t>(words.Number("retry", 0))};
  }
  const std::string verb = words.Next();
  if (std::optional<ns::Query> query = ReadQuery(verb, &words); query.has_value()) {
    call_ = ns::ReadRequest{1, caller, std::move(*query)};
  } else {
    call_ = ns::Command{1, caller, id, ReadOperation(verb, &words)};
  }
  words.CheckAllUsed();
}

std::string TextOf(const ns::Value& value) {
  return std::visit(
      Overload{
          [](std::monostate) { return std::string("done"); },
          [](const ns::Truth& v) { return std::string(v.value ? "true" : "false"); },
          [](const ns::Absent&) { return std::string("absent"); },
          [](const ns::FileStatus& v) { return Text(v); },
          [](const ns::Listing& v) {
            std::string text;
            for (const auto& entry : v.entries) {
              absl::StrAppend(&text, Printable(entry.name), " ", Text(entry), "\n");
            }
            return absl::StrCat(text, v.remaining, " more");
          },
          [](const ns::ContentSummary& v) {
            return absl::StrCat(v.directories, " directories, ", v.files, " files, ", v.length,
                                " bytes, ", v.space_consumed, " with copies");
          },
          [](const ns::BlockLocations& v) {
            std::string text = absl::StrCat(v.file_length, " bytes in blocks of ", v.block_size,
                                            v.under_construction ? ", open" : ", closed");
            uint64_t offset = v.first_offset;
            for (const auto& block : v.blocks) {
              absl::StrAppend(&text, "\n", Text(block), " at ", offset);
              offset += block.bytes;
            }
            if (v.last_block.has_value()) absl::StrAppend(&text, "\nlast ", Text(*v.last_block));
            return text;
          },
          [](const ns::Block& v) { return Text(v); },
          [](const ns::NewNamespace& v) { return absl::StrCat("namespace ", v.id); },
          [](const auto&) { return std::string("another value"); },
      },
      value);
}

}  // namespace jfs::sim::model
