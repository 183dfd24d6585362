#ifndef SIM_WORKLOAD_GENERATOR_H_
#define SIM_WORKLOAD_GENERATOR_H_

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/ns/reply.h"
#include "core/ns/request.h"
#include "sim/workload/call_source.h"
#include "sim/world/world.h"

namespace jfs::sim {

// Makes up what one client does next: calls of every kind on a small set of names, so that clients
// meet each other: directories moved across and into each other and across quotas, big subtrees
// imported, joined and deleted, files written, reopened, cut and joined, writers that fall silent,
// taken over or not, attributes to the limit, listings, counts, a little safe mode.
class Generator : public CallSource {
 public:
  Generator(const World* world, int client, uint32_t read_percent);

  Call Next() override;
  void Answered(const ns::Reply* reply) override;

 private:
  uint64_t Draw(uint64_t low, uint64_t high);
  bool Percent(uint64_t percent) { return Draw(0, 99) < percent; }
  // A directory or file that this client has worked on lately, or any.
  std::string Path();
  std::string FilePath();
  std::string AnyPath();
  std::string AnyFilePath();
  ns::Caller CallerFor(bool needs_superuser);
  std::optional<ns::Operation> SafeMode();
  ns::Operation NextOperation(bool* superuser);
  ns::Operation ContinueSubtree();
  ns::Operation ContinueAttributes();
  ns::Operation ContinueFile();
  ns::Operation Write();
  ns::Operation CreateFile();
  ns::Operation OpenForAppend();
  ns::Operation Truncate();
  ns::Operation SetQuota();
  ns::Operation Reshape(bool* superuser);
  ns::Operation Import();
  ns::Operation ChangeAttributes();
  std::vector<ns::AclEntry> AclEntries();
  ns::Query NextQuery();
  // A name for who writes the next file. Mostly nobody else's: a lease of its own, which runs out
  // if the file is forgotten.
  std::string NewHolder();

  // A file this client is writing: created or reopened, then blocks are added, then it is
  // completed.
  struct OpenFile {
    std::string path;
    std::string holder;
    ns::InodeId id = 0;  // 0: not known
    uint64_t blocks_left = 0;
    uint64_t block_size = 0;
    std::optional<ns::Block> last;
    bool incomplete = false;              // something may be written into the last block
    std::optional<ns::Block> next_stamp;  // for the last block, handed out but not used yet
    bool completing = false;
  };
  // A subtree being filled, to be deleted or moved when full.
  struct Subtree {
    std::string path;
    uint64_t files_left = 0;
    // By directory, the files in it.
    std::array<std::vector<std::string>, 4> files;
    bool joined = false;
  };
  // An inode that gets more attributes than it may have.
  struct ManyAttributes {
    std::string path;
    uint64_t left = 0;
  };
  // Asked for by this client, who will end it again.
  struct OwnSafeMode {
    uint64_t calls_left = 0;
    bool ending = false;
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
  uint64_t holders_ = 0;
  std::string recent_path_, recent_file_;
  std::optional<OpenFile> file_;
  // Holders of files that this client only keeps open.
  std::vector<std::string> kept_;
  std::optional<Subtree> subtree_;
  std::optional<ManyAttributes> attributes_;
  std::optional<OwnSafeMode> safe_mode_;
  std::optional<PagedListing> listing_;
  bool last_was_file_ = false;
  bool last_was_listing_ = false;
  bool last_was_attribute_ = false;
};

}  // namespace jfs::sim

#endif  // SIM_WORKLOAD_GENERATOR_H_
