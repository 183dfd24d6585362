#ifndef CORE_MIRROR_IO_H_
#define CORE_MIRROR_IO_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"

#include "core/base/strong_int.h"
#include "core/base/time.h"
#include "core/ots/exchange.h"
#include "core/ots/retrying_call.h"
#include "core/outbox/outbox_row.h"

// What the machines of the mirror ask the world for. Their owner carries calls out, in any order,
// and answers each exactly once, unless the process dies first.
namespace jfs::mirror {

// Numbers the calls of one machine, from 1.
using CallToken = StrongInt<struct CallTokenTag>;

struct Call {
  CallToken token;
  ots::Request request;
  ots::CallOptions options;
};

struct CallEnded {
  CallToken token;
  ots::Outcome outcome;
};

// For the log of the process: what an operator would want to know.
struct Note {
  enum class Severity : uint8_t { kInfo, kWarning, kError };
  Severity severity = Severity::kInfo;
  std::string text;
};

// What a recovered namespace cannot find out from the rows; part of every outbox row and of the
// fence, as of one position.
struct Carried {
  WallMillis wall;
  uint64_t next_lease = 1;
  uint32_t next_namespace = 1;
  // Over all namespaces; a root counts as a directory.
  uint64_t directories = 0, files = 0, bytes = 0;
  friend bool operator==(const Carried&, const Carried&) = default;
};
// As of the end of that row.
inline Carried CarriedOf(const outbox::OutboxRow& row) {
  return {.wall = row.wall,
          .next_lease = row.next_lease,
          .next_namespace = row.next_namespace,
          .directories = row.directories,
          .files = row.files,
          .bytes = row.bytes};
}

// Where uploading reads from. Implemented by who owns the state; used only inside a step.
class OutboxReader {
 public:
  virtual ~OutboxReader() = default;
  // Appends outbox rows (encoded, core/outbox) in order, the first of which begins at sequence
  // `first`, until their sizes exceed `max_bytes`, at least one if there is one. An error is one of
  // the store, terminal for the process.
  virtual absl::Status Read(uint64_t first, uint64_t max_bytes, std::vector<std::string>* rows) = 0;
};

}  // namespace jfs::mirror

#endif  // CORE_MIRROR_IO_H_
