#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

#include "core/base/overload.h"
#include "sim/model/generator.h"
#include "sim/model/tree.h"

namespace jfs::sim::model {
namespace {

std::string Quote(const std::string& text) { return absl::StrCat("\"", Printable(text), "\""); }

std::string Text(const std::optional<ns::Block>& block) {
  if (!block.has_value()) return "none";
  return absl::StrCat(block->id, "_", block->generation_stamp, ":", block->bytes);
}
std::string Text(const std::optional<WallMillis>& time) {
  return time.has_value() ? absl::StrCat(time->value) : "unchanged";
}
std::string Text(const std::optional<std::string>& name) {
  return name.has_value() ? Quote(*name) : "unchanged";
}
std::string Text(const ns::Caller& caller) {
  return absl::StrCat(caller.user, caller.superuser ? "*" : "");
}

}  // namespace

std::string Describe(const ns::Command& command) {
  const std::string what = std::visit(
      Overload{
          [](const ns::Mkdirs& c) {
            return absl::StrCat("mkdirs ", Quote(c.path), absl::StrFormat(" mode=%o", c.mode),
                                " create_parent=", c.create_parent);
          },
          [](const ns::Create& c) {
            return absl::StrCat("create ", Quote(c.path), absl::StrFormat(" mode=%o", c.mode),
                                " flags=", c.flags, " create_parent=", c.create_parent,
                                " replication=", c.replication, " block_size=", c.block_size,
                                " writer=", c.client_name);
          },
          [](const ns::AddBlock& c) {
            return absl::StrCat("addBlock ", Quote(c.path), " id=", c.file_id,
                                " previous=", Text(c.previous), " servers=", c.live_data_servers,
                                " writer=", c.client_name);
          },
          [](const ns::Complete& c) {
            return absl::StrCat("complete ", Quote(c.path), " id=", c.file_id,
                                " last=", Text(c.last), " writer=", c.client_name);
          },
          [](const ns::Delete& c) {
            return absl::StrCat("delete ", Quote(c.path), " recursive=", c.recursive);
          },
          [](const ns::Rename& c) {
            return absl::StrCat("rename ", Quote(c.source), " ", Quote(c.target));
          },
          [](const ns::Rename2& c) {
            return absl::StrCat("rename2 ", Quote(c.source), " ", Quote(c.target),
                                " overwrite=", c.overwrite, " to_trash=", c.to_trash);
          },
          [](const ns::SetTimes& c) {
            return absl::StrCat("setTimes ", Quote(c.path), " mtime=", Text(c.mtime),
                                " atime=", Text(c.atime));
          },
          [](const ns::SetPermission& c) {
            return absl::StrCat("setPermission ", Quote(c.path),
                                absl::StrFormat(" mode=%o", c.mode));
          },
          [](const ns::SetOwner& c) {
            return absl::StrCat("setOwner ", Quote(c.path), " user=", Text(c.user),
                                " group=", Text(c.group));
          },
          [](const ns::ImportFile& c) {
            return absl::StrCat("import ", Quote(c.path), absl::StrFormat(" mode=%o", c.mode),
                                " user=", Quote(c.user), " group=", Quote(c.group),
                                " length=", c.length, " block_size=", c.block_size);
          },
          [](const ns::CreateNamespace& c) {
            return absl::StrCat("create namespace ", Quote(c.name));
          },
          [](const ns::Advance&) { return std::string("advance"); },
          [](const ns::FinishDeletes& c) {
            return absl::StrCat("finish deletes max_rows=", c.max_rows);
          },
          [](const ns::SetLimits&) { return std::string("set limits"); },
          [](const auto&) { return std::string("another call"); },
      },
      command.operation);
  return absl::StrCat("ns", command.ns, " ", Text(command.caller), " call=", command.call.call, " ",
                      what);
}

std::string Describe(const ns::ReadRequest& request) {
  const std::string what = std::visit(
      Overload{
          [](const ns::GetFileInfo& q) { return absl::StrCat("getFileInfo ", Quote(q.path)); },
          [](const ns::GetListing& q) {
            return absl::StrCat("getListing ", Quote(q.path), " after ", Quote(q.start_after),
                                " limit=", q.limit);
          },
          [](const ns::GetContentSummary& q) {
            return absl::StrCat("getContentSummary ", Quote(q.path));
          },
          [](const ns::GetBlockLocations& q) {
            return absl::StrCat("getBlockLocations ", Quote(q.path), " offset=", q.offset,
                                " length=", q.length);
          },
          [](const auto&) { return std::string("another read"); },
      },
      request.query);
  return absl::StrCat("ns", request.ns, " ", Text(request.caller), " ", what);
}

}  // namespace jfs::sim::model
