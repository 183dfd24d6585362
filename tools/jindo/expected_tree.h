#ifndef TOOLS_JINDO_EXPECTED_TREE_H_
#define TOOLS_JINDO_EXPECTED_TREE_H_

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "tools/jindo/ack_log.h"
#include "tools/jindo/file_system.h"

// What must be in the tree, and what must not, after the operations of acknowledgement logs.
namespace jfs::tools {

class ExpectedTree {
 public:
  struct Verdict {
    enum class Kind : uint8_t {
      kFine,
      kMissing,         // acknowledged, and not there
      kWrong,           // there, but not as acknowledged
      kRefusedPresent,  // refused, and there all the same
      kBeyondPresent,   // made behind the end, and there all the same
    };
    Kind kind = Kind::kFine;
    std::string text;  // what differs
  };

  // Place of an operation in the log; later operations override earlier ones.
  struct Place {
    uint64_t index = 0;
    uint32_t ordinal = 0;
    friend auto operator<=>(const Place&, const Place&) = default;
  };
  template <typename T>
  struct Known {
    std::optional<T> value;
    Place since;
    void Learn(const T& v, Place place) {
      if (value.has_value() && place < since) return;
      value = v;
      since = place;
    }
  };
  struct Entry {
    bool acknowledged = false;  // some operation that needs it was done
    bool beyond = false;        // acknowledged creations of it all lie behind the end
    bool refused = false;  // its creation was refused, for another reason than that it was there
    bool unknown =
        false;  // something about it has no answer: only what cannot change by that is checked
    Known<bool> directory;
    Known<uint64_t> length, block_size, mtime, atime;
    Known<uint32_t> mode, replication;
    Known<std::string> owner, group;
    Place changed;  // of a directory: the last acknowledged creation in it, which moved its time
    bool perhaps_changed = false;  // and one without an answer
  };

  using Entries = std::map<std::string, Entry>;  // by path

  ExpectedTree() = default;
  // The tree was lost, and has come back as of position `end`: what was acknowledged up to there
  // must be there, and nothing that was made behind it.
  explicit ExpectedTree(uint64_t end) : end_(end) {}

  // Order of records does not matter: each says where in the log its operation stands.
  void Add(const AckRecord& record);
  const Entries& entries() const { return entries_; }
  // Whether the logs say anything about the entry that can be checked.
  static bool IsChecked(const Entry& entry);
  // Compares with what the service says is at the entry's path.
  static Verdict Check(const Entry& entry, const std::optional<FileStatus>& found);
  // Of a directory: something below it was, or may have been, made before the end, and so the
  // directory was made with it, whatever became of its own creation.
  bool MadeForOthers(const std::string& path) const;

 private:
  void TouchParent(const std::string& path, const AckRecord& record);
  const uint64_t end_ = UINT64_MAX;
  Entries entries_;
};

}  // namespace jfs::tools

#endif  // TOOLS_JINDO_EXPECTED_TREE_H_
