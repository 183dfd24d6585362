#include "sim/oracle/durability.h"

#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "core/base/overload.h"
#include "core/log/disk.h"

namespace jfs::sim {
namespace {

// A disk without time or faults.
log::DiskCompletion CarryOut(const log::DiskRequest& request, VirtualDisk::Files& files) {
  log::DiskCompletion done;
  done.token = request.token;
  std::visit(Overload{
                 [&](const log::CreateFile& a) { files[a.file] = std::string(a.bytes, '\0'); },
                 [&](const log::WriteFile& a) {
                   std::string& bytes = files[a.file];
                   if (bytes.size() < a.offset + a.data.size()) {
                     bytes.resize(a.offset + a.data.size(), '\0');
                   }
                   bytes.replace(a.offset, a.data.size(), a.data.view());
                 },
                 [&](const log::ReadFile& a) {
                   const auto at = files.find(a.file);
                   if (at == files.end()) {
                     done.error = log::DiskError::kNotFound;
                   } else if (a.offset < at->second.size()) {
                     done.data = SharedBytes(at->second.substr(a.offset, a.bytes));
                   }
                 },
                 [&](const log::RenameFile& a) {
                   const auto at = files.find(a.from);
                   if (at == files.end()) {
                     done.error = log::DiskError::kNotFound;
                     return;
                   }
                   std::string bytes = std::move(at->second);
                   files.erase(at);
                   files[a.to] = std::move(bytes);
                 },
                 [&](const log::RemoveFile& a) { files.erase(a.file); },
                 [&](const log::ListFiles&) {
                   for (const auto& [name, bytes] : files) {
                     done.files.push_back(log::FileInfo{name, bytes.size()});
                   }
                 },
             },
             request.action);
  return done;
}

}  // namespace

absl::StatusOr<log::RecoveredLog> RecoverFiles(VirtualDisk::Files files,
                                               const log::Options& options) {
  log::Recovery recovery(options);
  log::RecoveryOutput output = recovery.Start();
  std::deque<log::DiskRequest> requests;
  while (true) {
    for (log::DiskRequest& request : output.requests) requests.push_back(std::move(request));
    if (output.finished) {
      if (!output.status.ok()) return output.status;
      return recovery.recovered();
    }
    if (requests.empty()) return absl::InternalError("log recovery waits for nothing");
    const log::DiskRequest request = std::move(requests.front());
    requests.pop_front();
    output = recovery.Step(CarryOut(request, files));
  }
}

bool Holds(const log::RecoveredLog& log, raft::Position state, raft::Position entry) {
  // The state holds only what is committed, so a position at or above the entry covers it.
  if (entry.index <= state.index || entry.index.value <= log.base.index) return true;
  const uint64_t place = entry.index.value - log.base.index - 1;
  return place < log.entries.size() && log.entries[place].term == entry.term.value;
}

}  // namespace jfs::sim
