#include "core/mirror/load_cursor.h"

#include <algorithm>

#include "core/base/codec.h"
#include "core/base/overload.h"
#include "core/mirror/loader.h"
#include "core/mirror/tables.h"

namespace jfs::mirror {
namespace {

// The first byte, which also is a version. The end is a word that begins with neither.
constexpr uint8_t kData = 1;
constexpr uint8_t kJournal = 2;

constexpr uint32_t kWhole = 1000;
constexpr uint32_t kJournalShare = kWhole / 20;

// Where a key of the data table lies between the first and the last one that may be.
uint32_t DataPermille(const DataPlace& place) {
  if (!place.next.has_value()) return 0;
  // The hash is signed in the table, and any 64 bits.
  const uint64_t hash = static_cast<uint64_t>((*place.next)[0].value.integer()) ^ uint64_t { 1 }
                                                                                      << 63;
  return static_cast<uint32_t>((hash >> 32) * (kWhole - kJournalShare) >> 32);
}

uint32_t JournalPermille(const JournalPlace& place, const Fence& sealed) {
  uint64_t part = kJournalShare;
  if (sealed.last > sealed.checkpoint && place.done >= sealed.checkpoint) {
    const uint64_t all = sealed.last - sealed.checkpoint;
    part = std::min(place.done - sealed.checkpoint, all) * kJournalShare / all;
  }
  // All rows may be there, but the last look at the fence is still to come.
  return std::min(kWhole - 1, kWhole - kJournalShare + static_cast<uint32_t>(part));
}

}  // namespace

std::string EncodeCursor(const LoadPlace& place) {
  std::string bytes;
  Encoder out(&bytes);
  std::visit(Overload{
                 [&](const DataPlace& data) {
                   if (!data.next.has_value()) return;
                   out.U8(kData);
                   out.U64(static_cast<uint64_t>((*data.next)[0].value.integer()));
                   out.Raw((*data.next)[1].value.bytes());
                 },
                 [&](const JournalPlace& journal) {
                   out.U8(kJournal);
                   out.Varint(journal.run);
                   out.Varint(journal.done);
                   out.U64(journal.chain);
                   out.Varint(journal.changes);
                 },
                 [&](const EndPlace&) { out.Raw(Loader::kEnd); },
             },
             place);
  return bytes;
}

std::optional<LoadPlace> DecodeCursor(std::string_view cursor) {
  if (cursor.empty()) return DataPlace{};
  if (cursor == Loader::kEnd) return EndPlace{};
  Decoder in(cursor);
  switch (in.U8()) {
    case kData: {
      const uint64_t hash = in.U64();
      if (!in.ok()) return std::nullopt;
      ots::PrimaryKey key = DataKey("");
      key[0].value = ots::Value::Integer(static_cast<int64_t>(hash));
      key[1].value = ots::Value::Blob(std::string(in.rest()));
      return DataPlace{std::move(key)};
    }
    case kJournal: {
      JournalPlace place;
      place.run = in.Varint();
      place.done = in.Varint();
      place.chain = in.U64();
      place.changes = in.Varint();
      if (!in.Done()) return std::nullopt;
      return place;
    }
    default:
      return std::nullopt;
  }
}

uint32_t LoadedPermille(std::string_view cursor, const Fence& sealed) {
  const std::optional<LoadPlace> place = DecodeCursor(cursor);
  if (!place.has_value()) return 0;
  return std::visit(
      Overload{
          [](const DataPlace& data) { return DataPermille(data); },
          [&](const JournalPlace& journal) { return JournalPermille(journal, sealed); },
          [](const EndPlace&) { return kWhole; },
      },
      *place);
}

}  // namespace jfs::mirror
