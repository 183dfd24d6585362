#ifndef CORE_MIRROR_LOAD_CURSOR_H_
#define CORE_MIRROR_LOAD_CURSOR_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "core/mirror/fence.h"
#include "core/ots/row.h"

// How far a recovery has come, as the bytes of a replicated cursor (docs/formats/mirror.md). A
// cursor has all that another leader needs to go on: it reads nothing twice but the run it is in.
namespace jfs::mirror {

// In the data table: rows below this key are loaded. Unset: none is.
struct DataPlace {
  std::optional<ots::PrimaryKey> next;
  friend bool operator==(const DataPlace&, const DataPlace&) = default;
};

// In the journal, after the whole data table.
struct JournalPlace {
  // The first sequence of the run that goes on here: the journal's key.
  uint64_t run = 0;
  // Every mutation up to this sequence is loaded, and the chain of outbox rows up to there. It was
  // verified from the checkpoint by those who led before, so it is carried and not computed again.
  uint64_t done = 0;
  uint64_t chain = 0;
  // Of the outbox row after `done`: so many of its changes are loaded already.
  uint64_t changes = 0;
  friend bool operator==(const JournalPlace&, const JournalPlace&) = default;
};

// Everything is loaded, and the mirror was still sealed then.
struct EndPlace {
  friend bool operator==(const EndPlace&, const EndPlace&) = default;
};

using LoadPlace = std::variant<DataPlace, JournalPlace, EndPlace>;

// The beginning is the empty string, the end Loader::kEnd.
std::string EncodeCursor(const LoadPlace& place);
// Nothing for bytes that EncodeCursor does not write.
std::optional<LoadPlace> DecodeCursor(std::string_view cursor);

// How much of the mirror lies before the cursor, in thousandths: 0 at the beginning, 1000 at the
// end only. An estimate, for people: keys of the data table are spread evenly, and what the journal
// has beyond it counts as a twentieth. 0 for bytes that are no cursor.
uint32_t LoadedPermille(std::string_view cursor, const Fence& sealed);

}  // namespace jfs::mirror

#endif  // CORE_MIRROR_LOAD_CURSOR_H_
