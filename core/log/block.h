#ifndef CORE_LOG_BLOCK_H_
#define CORE_LOG_BLOCK_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/identity.h"

// The block: what the device writes as a whole or not at all, and so the unit in which a batch can
// tear. Every block says where it belongs and carries its own checksum; that is how recovery tells
// "not written yet" from "gone bad". Byte for byte: docs/formats/log.md.
namespace jfs::log {

inline constexpr uint32_t kSmallBlockBytes = 512;
inline constexpr uint32_t kLargeBlockBytes = 4096;
inline constexpr uint32_t kBlockHeaderBytes = 52;
// Version of the block and of the batch record inside it.
inline constexpr uint8_t kBlockVersion = 1;

inline constexpr bool IsBlockSize(uint32_t bytes) {
  return bytes == kSmallBlockBytes || bytes == kLargeBlockBytes;
}
inline constexpr uint32_t BlockPayloadBytes(uint32_t block_bytes) {
  return block_bytes - kBlockHeaderBytes;
}

// Number of blocks that `payload_bytes` bytes of batch record take up: at least one.
uint64_t BlocksFor(uint64_t payload_bytes, uint32_t block_bytes);

// Where a batch lies and what it proves about the ones before it. Equal in all blocks of the batch.
struct BatchPlace {
  uint64_t epoch = 0;        // of the segment
  Incarnation incarnation;   // of the disk
  uint32_t first_block = 0;  // in the segment; block 0 is the segment header
  uint64_t sequence = 0;     // of the batch, from 1
  uint64_t watermark = 0;    // every batch up to this sequence was durable when this one was built
};

// The blocks of one batch, ready to be written, and its checksum: the CRC-32C over the blocks' own
// CRCs, four big-endian bytes each. The next batch repeats it.
struct EncodedBatch {
  std::string blocks;
  uint32_t crc = 0;
};
EncodedBatch EncodeBlocks(std::string_view record, const BatchPlace& place, uint32_t block_bytes);

// Continues a batch checksum by one more block's CRC.
uint32_t ExtendBatchCrc(uint32_t batch_crc, uint32_t block_crc);

// What one block on the disk is, seen from the segment it lies in. The order is that of
// docs/formats/log.md: the first three can be left by a crash, the others cannot.
enum class BlockKind : uint8_t {
  kNew,     // written in this segment's present life, at the place it names
  kOld,     // written at this place in an earlier life of the recycled file
  kZero,    // never written
  kBad,     // checksum or contents wrong
  kStray,   // whole and of this disk, but meant for another place: a misdirected write
  kAbsent,  // the file ends before it
};

struct DecodedBlock {
  BlockKind kind = BlockKind::kBad;
  // The rest only for kNew.
  uint32_t crc = 0;
  uint32_t part = 0;   // which block of its batch, from 0
  uint32_t parts = 0;  // blocks in its batch
  uint64_t sequence = 0;
  uint64_t watermark = 0;
  std::string_view payload;  // points into the input
};
// Judges `bytes` (one whole block, anything may be in it) found at block number `number` of a
// segment of `epoch`.
DecodedBlock DecodeBlock(std::string_view bytes, uint64_t epoch, Incarnation incarnation,
                         uint32_t number);

// Reads the incarnation from a block that is whole, wherever it belongs. False if it is not.
bool IncarnationOfBlock(std::string_view bytes, Incarnation* incarnation);

}  // namespace jfs::log

#endif  // CORE_LOG_BLOCK_H_
