#ifndef CORE_LOG_REQUEST_QUEUE_H_
#define CORE_LOG_REQUEST_QUEUE_H_

#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"

#include "core/log/disk.h"

namespace jfs::log {

// Numbers disk requests, collects them until the caller hands them out, and remembers what each one
// was, so that an error can be told with its file and offset.
class RequestQueue {
 public:
  DiskToken Add(DiskAction action);
  std::vector<DiskRequest> Take() { return std::move(requests_); }

  // Strikes the request off the list. False: nothing of that number is under way.
  bool Finished(DiskToken token);
  // The status for people of a failed request. REQUIRES: completion.error is set, and Finished was
  // not called for it.
  absl::Status Explain(const DiskCompletion& completion) const;

 private:
  DiskToken last_;
  std::vector<DiskRequest> requests_;
  std::map<DiskToken, std::string> under_way_;
};

}  // namespace jfs::log

#endif  // CORE_LOG_REQUEST_QUEUE_H_
