#ifndef CORE_NS_RANDOM_COMMANDS_H_
#define CORE_NS_RANDOM_COMMANDS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/base/random.h"
#include "core/ns/reply.h"
#include "core/ns/request.h"

// Histories for tests: commands that meet each other's files often, so that most rules are come
// upon.
namespace jfs::ns {

// Names from a small set, so that commands meet each other; some paths are odd on purpose.
// Directories are mostly called a and b, files c, d and e, so that paths lead somewhere.
enum class Meant { kAny, kDirectory, kFile };
std::string RandomPath(Random* random, Meant meant = Meant::kAny);

// What earlier commands left, so that later ones find something.
struct Known {
  struct Writer {
    InodeId file = 0;
    std::string path, client;
    std::optional<Block> last;
  };
  std::vector<Writer> writers;
  std::vector<std::string> paths;  // made lately

  std::string Path(Random* random) const;
};

CommandBatch RandomBatch(Random* random, Known* known, uint64_t wall, uint64_t commands);
// What came of a command of RandomBatch.
void Note(const Operation& operation, const Reply& reply, Known* known);

}  // namespace jfs::ns

#endif  // CORE_NS_RANDOM_COMMANDS_H_
