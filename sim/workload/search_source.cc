#include "sim/workload/search_source.h"

#include "absl/strings/str_cat.h"

namespace jfs::sim {
namespace {

// Deep enough that no other client of the workload goes there by chance.
std::string PathOf(uint8_t name) { return absl::StrCat("/search/n", name); }

ns::Caller Superuser() {
  ns::Caller caller;
  caller.user = "hdfs";
  caller.groups = {"supergroup"};
  caller.superuser = true;
  return caller;
}

}  // namespace

Call SearchSource::Next() {
  ++calls_;
  const auto draw = [this](uint64_t what, uint64_t high) {
    return world_->Between(Stream::kWorkload, Identity::Of(client_, calls_, 1000 + what), 0, high);
  };
  SearchOperation operation;
  operation.kind = static_cast<SearchOperation::Kind>(draw(1, 3));
  operation.name = static_cast<uint8_t>(draw(2, kNames - 1));
  operation.target = static_cast<uint8_t>((operation.name + 1 + draw(3, kNames - 2)) % kNames);
  operation.invoked = world_->now();
  current_ = history_->size();
  history_->push_back(operation);

  const std::string path = PathOf(operation.name);
  if (operation.kind == SearchOperation::Kind::kExists) {
    ns::ReadRequest read;
    read.caller = Superuser();
    read.query = ns::GetFileInfo{path};
    return read;
  }
  ns::Command command;
  command.caller = Superuser();
  switch (operation.kind) {
    case SearchOperation::Kind::kMake: {
      ns::Mkdirs mkdirs;
      mkdirs.path = path;
      command.operation = mkdirs;
      break;
    }
    case SearchOperation::Kind::kDelete:
      command.operation = ns::Delete{path, true};
      break;
    default:
      command.operation = ns::Rename2{path, PathOf(operation.target), false, false};
      break;
  }
  return command;
}

void SearchSource::Answered(const ns::Reply* reply) {
  if (reply == nullptr) return;
  // The object of the search knows no safe mode: it may as well not have been answered.
  if (reply->code == ns::Code::kSafeMode) return;
  SearchOperation& operation = (*history_)[current_];
  operation.returned = world_->now();
  const auto* truth = std::get_if<ns::Truth>(&reply->value);
  switch (operation.kind) {
    case SearchOperation::Kind::kRename:
      operation.result = reply->code == ns::Code::kOk;
      break;
    case SearchOperation::Kind::kExists:
      operation.result =
          reply->code == ns::Code::kOk && std::holds_alternative<ns::FileStatus>(reply->value);
      break;
    default:
      operation.result = reply->code == ns::Code::kOk && truth != nullptr && truth->value;
      break;
  }
}

}  // namespace jfs::sim
