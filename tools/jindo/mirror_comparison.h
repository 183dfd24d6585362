#ifndef TOOLS_JINDO_MIRROR_COMPARISON_H_
#define TOOLS_JINDO_MIRROR_COMPARISON_H_

#include <cstdint>
#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "core/base/time.h"
#include "core/ots/exchange.h"
#include "net/jindo/proto/jindo.pb.h"

// Holds the mirror in Tablestore against the state of the masters, row by row, while both go on.
//
// The masters show their rows in pages, each as of one position. The mirror is put together so that
// it is known as of every position since its checkpoint (core/mirror/image.h). So each page is
// compared with the mirror as of the page's own position, exactly, once the mirror has got that
// far.
namespace jfs::tools {

class MirrorSources {
 public:
  using Page = ::jfs::jindo::MirroredRowsResponseProto;
  virtual ~MirrorSources() = default;
  // The body of Tablestore's answer to a read. NotFound: there is no such table.
  virtual absl::StatusOr<std::string> Ask(const ots::Request& request) = 0;
  // The masters' page of rows behind this key.
  virtual absl::StatusOr<Page> Rows(const std::string& start_after) = 0;
  // Lets time pass; the answer is how much has passed since the beginning.
  virtual Duration Pause(Duration pause) = 0;
};

struct MirrorDifference {
  enum class Kind : uint8_t {
    kMissing,    // in the state, and not in the mirror
    kExtra,      // in the mirror, and not in the state
    kDifferent,  // in both, with different values
  };
  Kind kind = Kind::kMissing;
  std::string key;
  uint64_t position = 0;  // as of which they were compared
};

struct MirrorComparison {
  uint64_t rows = 0;  // of the state
  uint64_t missing = 0, extra = 0, different = 0;
  uint64_t first_position = 0, last_position = 0;  // of the pages
  bool equal() const { return missing + extra + different == 0; }
};

struct ComparisonLimits {
  // How long the mirror may stay behind the masters.
  Duration patience = 60 * kSecond;
  size_t pages_ahead = 64;
  // How often it begins anew, because the journal was cleared faster than it was read.
  int attempts = 3;
};

// Calls `report` for each difference. DataLoss: the mirror contradicts itself. NotFound: there is
// none. FailedPrecondition: it is not the mirror of these masters. Anything else: it could not be
// read, or did not catch up.
absl::StatusOr<MirrorComparison> CompareMirror(
    const ComparisonLimits& limits, MirrorSources* sources,
    const std::function<void(const MirrorDifference&)>& report);

}  // namespace jfs::tools

#endif  // TOOLS_JINDO_MIRROR_COMPARISON_H_
