#include "core/ns/test_world.h"

#include <cstdlib>
#include <utility>

#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"

#include "core/base/check.h"
#include "core/ns/codec.h"
#include "core/ns/error_text.h"
#include "core/ns/mirror_record.h"

namespace jfs::ns {
namespace {

constexpr const char* kAclTypes[] = {"user", "group", "mask", "other"};

}  // namespace

std::vector<AclEntry> AclOf(std::string_view text) {
  std::vector<AclEntry> entries;
  for (const auto piece : absl::StrSplit(std::string(text), ',', absl::SkipEmpty())) {
    std::vector<std::string> parts = absl::StrSplit(piece, ':');
    AclEntry& entry = entries.emplace_back();
    if (parts[0] == "default") {
      entry.scope = AclScope::kDefault;
      parts.erase(parts.begin());
    }
    parts.resize(3);
    while (parts[0] != kAclTypes[static_cast<int>(entry.type)]) {
      CHECK(entry.type != AclType::kOther) << piece;
      entry.type = static_cast<AclType>(static_cast<int>(entry.type) + 1);
    }
    entry.name = parts[1];
    for (const char letter : parts[2]) {
      if (letter != '-') entry.permission |= letter == 'r' ? 4 : letter == 'w' ? 2 : 1;
    }
  }
  return entries;
}

std::string AclText(const std::vector<AclEntry>& entries) {
  std::string text;
  for (const AclEntry& entry : entries) {
    if (!text.empty()) text.push_back(',');
    if (entry.scope == AclScope::kDefault) text.append("default:");
    text.append(kAclTypes[static_cast<int>(entry.type)]).append(":").append(entry.name).append(":");
    for (int bit = 2; bit >= 0; --bit) {
      text.push_back((entry.permission >> bit & 1) != 0 ? "xwr"[bit] : '-');
    }
  }
  return text;
}

TestWorld::TestWorld(Mutations mutations) : mutations_(mutations) {
  Reopen();
  Run(CreateNamespace{"test"});
}

TestWorld::TestWorld(SetMirror mirror) {
  Reopen();
  Run(mirror);
  Run(CreateNamespace{"test"});
}

void TestWorld::Reopen() {
  absl::StatusOr<std::unique_ptr<Namespace>> opened = Namespace::Open(store_, mutations_);
  CHECK(opened.ok()) << opened.status().ToString();
  namespace_ = *std::move(opened);
}

Reply TestWorld::Run(Operation operation, Caller caller, CallId call) {
  CommandBatch batch;
  batch.wall = WallMillis(wall);
  batch.elapsed_millis = elapsed_millis;
  Command command;
  command.caller = std::move(caller);
  command.call = std::move(call);
  command.operation = std::move(operation);
  batch.commands.push_back(std::move(command));
  return Run(batch)[0];
}

std::vector<Reply> TestWorld::Run(const CommandBatch& batch) {
  kv::WriteBatch changes;
  std::vector<Reply> replies;
  const absl::Status status =
      namespace_->Apply(store_, ++index, EncodeCommandBatch(batch), &changes, &replies);
  CHECK(status.ok()) << status.ToString();
  CHECK_EQ(replies.size(), batch.commands.size());
  CHECK(store_.Write(changes).ok());
  return replies;
}

Reply TestWorld::Ask(Query query, Caller caller) const {
  Reply reply;
  const absl::Status status =
      namespace_->Read(store_, ReadRequest{1, std::move(caller), std::move(query)}, &reply);
  CHECK(status.ok()) << status.ToString();
  return reply;
}

void TestWorld::Make(std::string_view text) {
  for (const auto piece : absl::StrSplit(std::string(text), ' ', absl::SkipEmpty())) {
    const std::vector<std::string> parts = absl::StrSplit(piece, '=');
    const bool directory = parts[0].back() == '/';
    std::vector<std::string> attributes;
    if (parts.size() > 1) attributes = absl::StrSplit(parts[1], ',');
    attributes.resize(4);
    const auto mode = static_cast<uint16_t>(attributes[0].empty()
                                                ? (directory ? 0755 : 0644)
                                                : std::strtoul(attributes[0].c_str(), nullptr, 8));
    const std::string& path = parts[0];
    Reply reply;
    if (directory) {
      reply = path == "/" ? Reply{} : Run(Mkdirs{path, mode});
    } else {
      const uint64_t length = std::strtoull(attributes[3].c_str(), nullptr, 10);
      reply = Run(ImportFile{.path = path, .mode = mode, .length = length});
    }
    CHECK(reply.code == Code::kOk) << path << ": " << CodeName(reply.code);
    if (!attributes[0].empty()) Run(SetPermission{path, mode});
    if (!attributes[1].empty()) Run(SetOwner{path, attributes[1], attributes[2]});
  }
}

void TestWorld::Append(const std::string& directory, std::string* text) const {
  std::string after;
  for (;;) {
    const Reply reply = Ask(GetListing{directory, after, 7});
    const Listing& page = std::get<Listing>(reply.value);
    for (const FileStatus& entry : page.entries) {
      const std::string path = directory + entry.name;
      if (!text->empty()) text->push_back(' ');
      text->append(path);
      if (entry.type == FileType::kDirectory) {
        text->push_back('/');
        Append(path + "/", text);
      }
    }
    if (page.remaining == 0) return;
    after = page.entries.back().name;
  }
}

std::string TestWorld::Tree() const {
  std::string text;
  Append("/", &text);
  return text;
}

kv::MemoryStore::Map TestWorld::TreeRows() const {
  kv::MemoryStore::Map rows;
  for (const auto& [key, value] : store_.contents()) {
    if (IsMirrored(key)) rows.emplace(key, value);
  }
  return rows;
}

std::string TestWorld::Findings() const {
  const absl::StatusOr<std::vector<std::string>> findings = Fsck(store_);
  CHECK(findings.ok()) << findings.status().ToString();
  return absl::StrJoin(*findings, "\n");
}

int TestWorld::FinishAllDeletes(uint32_t rows) {
  int commands = 0;
  while (namespace_->deletes_pending()) {
    CHECK(Run(FinishDeletes{rows}).code == Code::kOk);
    ++commands;
  }
  return commands;
}

}  // namespace jfs::ns
