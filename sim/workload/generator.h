#ifndef SIM_WORKLOAD_GENERATOR_H_
#define SIM_WORKLOAD_GENERATOR_H_

#include <cstdint>
#include <optional>
#include <string>

#include "core/ns/reply.h"
#include "core/ns/request.h"
#include "sim/workload/call_source.h"
#include "sim/world/world.h"

namespace jfs::sim {

// Makes up what one client does next: calls of every kind on a small set of names, so that clients
// meet each other: directories moved across and into each other, big subtrees imported and deleted,
// files written block by block, attributes, listings, counts.
class Generator : public CallSource {
 public:
  Generator(const World* world, int client, uint32_t read_percent);

  Call Next() override;
  void Answered(const ns::Reply* reply) override;

 private:
  uint64_t Draw(uint64_t low, uint64_t high);
  bool Percent(uint64_t percent) { return Draw(0, 99) < percent; }
  std::string Path();
  std::string FilePath();
  ns::Caller CallerFor(bool needs_superuser);
  ns::Operation NextOperation(bool* superuser);
  ns::Operation ContinueFile();
  ns::Query NextQuery();

  // A file this client is writing: created, then blocks are added, then it is completed.
  struct OpenFile {
    std::string path;
    uint64_t blocks_left = 0;
    std::optional<ns::Block> last;
    bool completing = false;
  };
  // A subtree being filled, to be deleted or moved when full.
  struct Subtree {
    std::string path;
    uint64_t files_left = 0;
    uint64_t number = 0;
  };
  struct PagedListing {
    std::string path;
    std::string start_after;
  };

  const World* world_;
  int client_;
  uint32_t read_percent_;
  uint64_t calls_ = 0;
  uint64_t draws_ = 0;
  std::optional<OpenFile> file_;
  std::optional<Subtree> subtree_;
  std::optional<PagedListing> listing_;
  bool last_was_file_ = false;
  bool last_was_listing_ = false;
};

}  // namespace jfs::sim

#endif  // SIM_WORKLOAD_GENERATOR_H_
