#ifndef CORE_RAFT_CODEC_H_
#define CORE_RAFT_CODEC_H_

#include <optional>
#include <string>
#include <string_view>

#include "core/base/bytes.h"
#include "core/raft/message.h"
#include "core/raft/types.h"

// The binary forms of what peers send and what their logs keep. Every form starts with a version
// byte. Decoders take any bytes: what is not exactly one well-formed value of a known version is
// refused, and memory stays proportional to the input.
namespace jfs::raft {

std::string EncodeHardState(const HardState& state);
std::optional<HardState> DecodeHardState(std::string_view bytes);

std::string EncodeMembership(const Membership& membership);
std::optional<Membership> DecodeMembership(std::string_view bytes);

std::string EncodeAdmission(const Admission& admission);
std::optional<Admission> DecodeAdmission(std::string_view bytes);

std::string EncodeEntry(const Entry& entry);
// The payload shares ownership of `bytes`.
std::optional<Entry> DecodeEntry(const SharedBytes& bytes);

std::string EncodeMessage(const Message& message);
// Besides the form it checks what a peer may rely on: entries follow each other from previous_index
// + 1, their terms neither fall nor exceed the message's, and a kAdmit entry holds an Admission.
// Payloads share ownership of `bytes`.
std::optional<Message> DecodeMessage(const SharedBytes& bytes);

}  // namespace jfs::raft

#endif  // CORE_RAFT_CODEC_H_
