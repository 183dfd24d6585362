#include "sim/oracle/reply_match.h"

#include <algorithm>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

#include "core/base/overload.h"
#include "core/ns/error_text.h"

namespace jfs::sim {
namespace {

std::string Describe(const ns::FileStatus& status) {
  return absl::StrCat(status.type == ns::FileType::kDirectory ? "dir " : "file ",
                      absl::CEscape(status.name), " id=", status.id, " length=", status.length,
                      " mode=", absl::Hex(status.mode), " owner=", status.owner, ":", status.group,
                      " mtime=", status.mtime.value, " atime=", status.atime.value,
                      " replication=", status.replication, " block_size=", status.block_size,
                      " children=", status.children);
}

std::string Describe(const ns::Block& block) {
  return absl::StrCat("block ", block.id, "_", block.generation_stamp, "+", block.bytes);
}

// The first line, which is what the model knows.
std::string FirstLine(const std::string& text) { return text.substr(0, text.find('\n')); }

}  // namespace

std::string Describe(const ns::Value& value) {
  return std::visit(
      Overload{
          [](std::monostate) { return std::string("nothing"); },
          [](const ns::Truth& truth) { return std::string(truth.value ? "true" : "false"); },
          [](const ns::Absent&) { return std::string("absent"); },
          [](const ns::FileStatus& status) { return Describe(status); },
          [](const ns::Listing& listing) {
            std::string text = absl::StrCat("listing remaining=", listing.remaining);
            for (const ns::FileStatus& entry : listing.entries) {
              absl::StrAppend(&text, "; ", Describe(entry));
            }
            return text;
          },
          [](const ns::ContentSummary& s) {
            return absl::StrCat("summary length=", s.length, " files=", s.files,
                                " directories=", s.directories, " space=", s.space_consumed);
          },
          [](const ns::BlockLocations& b) {
            std::string text =
                absl::StrCat("blocks length=", b.file_length, " size=", b.block_size,
                             " open=", b.under_construction, " first=", b.first_offset);
            for (const ns::Block& block : b.blocks) absl::StrAppend(&text, "; ", Describe(block));
            if (b.last_block.has_value())
              absl::StrAppend(&text, "; last ", Describe(*b.last_block));
            return text;
          },
          [](const ns::Block& block) { return Describe(block); },
          [](const ns::NewNamespace& made) { return absl::StrCat("namespace ", made.id); },
          [](const auto&) { return std::string("another value"); },
      },
      value);
}

std::string Describe(const ns::Reply& reply) {
  std::string text = absl::StrCat("@", reply.position.sequence(), " ");
  if (reply.code == ns::Code::kOk) return text + Describe(reply.value);
  const ns::ErrorText error = ns::TextOf(reply.code, reply.arguments);
  return absl::StrCat(text, error.java_class, ": ", FirstLine(error.message));
}

std::string Describe(const ns::Operation& operation) {
  return std::visit(
      Overload{
          [](const ns::Mkdirs& o) { return absl::StrCat("mkdirs ", o.path); },
          [](const ns::Create& o) {
            return absl::StrCat("create ", o.path, " flags=", o.flags, " by ", o.client_name);
          },
          [](const ns::AddBlock& o) {
            return absl::StrCat("addBlock ", o.path, " id=", o.file_id, " by ", o.client_name,
                                " servers=", o.live_data_servers);
          },
          [](const ns::Complete& o) {
            return absl::StrCat("complete ", o.path, " id=", o.file_id, " by ", o.client_name);
          },
          [](const ns::Delete& o) {
            return absl::StrCat("delete ", o.path, o.recursive ? " recursive" : "");
          },
          [](const ns::Rename& o) { return absl::StrCat("rename ", o.source, " ", o.target); },
          [](const ns::Rename2& o) {
            return absl::StrCat("rename2 ", o.source, " ", o.target,
                                o.overwrite ? " overwrite" : "");
          },
          [](const ns::SetTimes& o) { return absl::StrCat("setTimes ", o.path); },
          [](const ns::SetPermission& o) {
            return absl::StrCat("setPermission ", o.path, " ", absl::Hex(o.mode));
          },
          [](const ns::SetOwner& o) {
            return absl::StrCat("setOwner ", o.path, " ", o.user.value_or("-"), ":",
                                o.group.value_or("-"));
          },
          [](const ns::ImportFile& o) {
            return absl::StrCat("importFile ", o.path, " ", o.length);
          },
          [](const ns::CreateNamespace& o) { return absl::StrCat("createNamespace ", o.name); },
          [](const ns::Advance&) { return std::string("advance"); },
          [](const ns::FinishDeletes& o) { return absl::StrCat("finishDeletes ", o.max_rows); },
          [](const ns::SetLimits&) { return std::string("setLimits"); },
          [](const auto&) { return std::string("another call"); },
      },
      operation);
}

std::string Describe(const ns::Query& query) {
  return std::visit(
      Overload{
          [](const ns::GetFileInfo& q) { return absl::StrCat("getFileInfo ", q.path); },
          [](const ns::GetListing& q) {
            return absl::StrCat("getListing ", q.path, " after '", absl::CEscape(q.start_after),
                                "' limit ", q.limit);
          },
          [](const ns::GetContentSummary& q) { return absl::StrCat("getContentSummary ", q.path); },
          [](const ns::GetBlockLocations& q) { return absl::StrCat("getBlockLocations ", q.path); },
          [](const auto&) { return std::string("another read"); },
      },
      query);
}

std::string DifferenceOf(const ns::Reply& reply, const model::Outcome& expected) {
  if (reply.code == ns::Code::kOk) {
    if (expected.refusal.has_value()) {
      return absl::StrCat("answered ", Describe(reply), ", expected ", expected.refusal->exception,
                          ": ", expected.refusal->message);
    }
    if (!(reply.value == expected.value)) {
      return absl::StrCat("answered ", Describe(reply), ", expected ", Describe(expected.value));
    }
  } else {
    if (!expected.refusal.has_value()) {
      return absl::StrCat("answered ", Describe(reply), ", expected ", Describe(expected.value));
    }
    const model::Refusal& refusal = *expected.refusal;
    const ns::ErrorText error = ns::TextOf(reply.code, reply.arguments);
    const std::string message = FirstLine(error.message);
    const bool same_message =
        refusal.any_message || message == FirstLine(refusal.message) ||
        std::any_of(refusal.also.begin(), refusal.also.end(),
                    [&](const std::string& also) { return message == FirstLine(also); });
    if (error.java_class != refusal.exception || !same_message) {
      return absl::StrCat("answered ", Describe(reply), ", expected ", refusal.exception, ": ",
                          refusal.message);
    }
  }
  if (reply.position.sequence() != expected.sequence) {
    return absl::StrCat("answered ", Describe(reply), ", expected it at mutation ",
                        expected.sequence);
  }
  return "";
}

}  // namespace jfs::sim
