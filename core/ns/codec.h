#ifndef CORE_NS_CODEC_H_
#define CORE_NS_CODEC_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

#include "core/base/codec.h"
#include "core/base/time.h"
#include "core/ns/reply.h"
#include "core/ns/request.h"

// Bytes of what is replicated and remembered (docs/formats/state.md). Every value has one encoding;
// the decoders accept no other and nothing after it.
namespace jfs::ns {

// What stands for an operation in log entries and remembered calls (docs/formats/state.md).
uint8_t OperationNumber(const Operation& operation);

// The payload of a log entry.
std::string EncodeCommandBatch(const CommandBatch& batch);
// The same from commands that EncodeCommand has encoded already: who collects a batch knows its
// exact size.
std::string EncodeCommand(const Command& command);
std::string EncodeCommandBatch(WallMillis wall, uint64_t elapsed_millis,
                               const std::vector<std::string>& commands);

// DataLoss: the bytes are not an encoded batch. Unimplemented: a batch, operation or operation
// version that only a newer version of this software knows; a node must halt on it rather than skip
// it.
absl::StatusOr<CommandBatch> DecodeCommandBatch(std::string_view bytes);

// A reply as retry rows keep it and as nodes hand it on.
void EncodeReply(const Reply& reply, Encoder* out);
// Leaves `in` failed if the bytes are not a reply that this version knows.
Reply DecodeReply(Decoder* in);

}  // namespace jfs::ns

#endif  // CORE_NS_CODEC_H_
