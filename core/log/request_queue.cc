#include "core/log/request_queue.h"

#include <utility>

#include "absl/strings/str_cat.h"

#include "core/base/overload.h"

namespace jfs::log {
namespace {

std::string Describe(const DiskAction& action) {
  return std::visit(
      Overload{[](const CreateFile& a) {
                 return absl::StrCat("creating ", a.file, " with ", a.bytes, " bytes");
               },
               [](const WriteFile& a) {
                 return absl::StrCat("writing ", a.data.size(), " bytes to ", a.file, " at offset ",
                                     a.offset);
               },
               [](const ReadFile& a) {
                 return absl::StrCat("reading ", a.bytes, " bytes from ", a.file, " at offset ",
                                     a.offset);
               },
               [](const RenameFile& a) { return absl::StrCat("renaming ", a.from, " to ", a.to); },
               [](const RemoveFile& a) { return absl::StrCat("removing ", a.file); },
               [](const ListFiles&) { return std::string("listing the log directory"); }},
      action);
}

}  // namespace

DiskToken RequestQueue::Add(DiskAction action) {
  ++last_;
  under_way_[last_] = Describe(action);
  requests_.push_back({last_, std::move(action)});
  return last_;
}

bool RequestQueue::Finished(DiskToken token) { return under_way_.erase(token) > 0; }

absl::Status RequestQueue::Explain(const DiskCompletion& completion) const {
  const auto request = under_way_.find(completion.token);
  const std::string what = absl::StrCat(
      "log: ", request == under_way_.end() ? "an unknown request" : request->second,
      " failed: ", completion.error_text.empty() ? "no text given" : completion.error_text);
  switch (completion.error) {
    case DiskError::kNoSpace:
      return absl::ResourceExhaustedError(
          absl::StrCat(what, " (free space on the log's disk, then restart)"));
    case DiskError::kNotFound:
      return absl::DataLossError(
          absl::StrCat(what, " (a file of the log is gone: see what removed it, then restart)"));
    default:
      return absl::UnavailableError(absl::StrCat(what, " (check the log's disk, then restart)"));
  }
}

}  // namespace jfs::log
