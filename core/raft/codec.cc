#include "core/raft/codec.h"

#include <utility>
#include <vector>

#include "core/base/codec.h"
#include "core/base/overload.h"

namespace jfs::raft {
namespace {

// The version byte of each form. A reader refuses what it does not know; a new form gets a new
// number.
constexpr uint8_t kHardStateVersion = 1;
constexpr uint8_t kMembershipVersion = 1;
constexpr uint8_t kAdmissionVersion = 1;
constexpr uint8_t kEntryVersion = 1;
constexpr uint8_t kMessageVersion = 1;

constexpr uint64_t kMaxMembers = 64;
// Terms and indices that nobody can have counted to: from here, adding to one of them never wraps.
// The log draws the same line (docs/formats/log.md).
constexpr uint64_t kLargestNumber = uint64_t{1} << 62;

LogIndex GetIndex(Decoder& in) { return LogIndex(in.VarintUpTo(kLargestNumber)); }
Term GetTerm(Decoder& in) { return Term(in.VarintUpTo(kLargestNumber)); }

enum class Tag : uint8_t {
  kHello = 1,
  kVoteRequest = 2,
  kVoteReply = 3,
  kAppendRequest = 4,
  kAppendReply = 5,
  kHeartbeat = 6,
  kHeartbeatReply = 7,
  kTimeoutNow = 8,
};

void Put(Encoder& out, const Member& member) {
  out.Varint(member.node.value);
  out.U64(member.incarnation.value);
}

Member GetMember(Decoder& in) {
  Member member;
  member.node = NodeId(in.Varint());
  member.incarnation = Incarnation(in.U64());
  return member;
}

void Put(Encoder& out, const Membership& membership) {
  out.U64(membership.cluster.value);
  out.Varint(membership.as_of.value);
  out.Varint(membership.as_of_term.value);
  out.Varint(membership.members.size());
  for (const Member& member : membership.members) Put(out, member);
}

Membership GetMembership(Decoder& in) {
  Membership membership;
  membership.cluster = ClusterId(in.U64());
  membership.as_of = GetIndex(in);
  membership.as_of_term = GetTerm(in);
  const uint64_t count = in.VarintUpTo(kMaxMembers);
  for (uint64_t i = 0; i < count && in.ok(); ++i) {
    const Member member = GetMember(in);
    // Sorted by node, each once; zero is nobody.
    const NodeId before = membership.members.empty() ? NodeId{} : membership.members.back().node;
    if (member.node <= before) in.Fail();
    membership.members.push_back(member);
  }
  // Formed and non-empty are the same thing.
  if (membership.formed() != (count > 0)) in.Fail();
  if (!membership.formed() && membership.as_of != LogIndex{}) in.Fail();
  if ((membership.as_of == LogIndex{}) != (membership.as_of_term == Term{})) in.Fail();
  return membership;
}

void Put(Encoder& out, const Admission& admission) {
  Put(out, admission.member);
  out.U64(admission.session);
}

EntryKind GetKind(Decoder& in) {
  const uint8_t kind = in.U8();
  if (kind < static_cast<uint8_t>(EntryKind::kNoop)) in.Fail();
  if (kind > static_cast<uint8_t>(EntryKind::kAdmit)) in.Fail();
  return static_cast<EntryKind>(kind);
}

// `whole` is what `in` reads from, so that a payload can share it.
SharedBytes GetPayload(Decoder& in, const SharedBytes& whole) {
  const std::string_view payload = in.Bytes();
  if (!in.ok() || payload.empty()) return SharedBytes{};
  const size_t offset = static_cast<size_t>(payload.data() - whole.view().data());
  return SharedBytes::Slice(whole, offset, payload.size());
}

void CheckPayload(Decoder& in, const Entry& entry) {
  if (entry.kind == EntryKind::kNoop && !entry.payload.empty()) in.Fail();
  if (entry.kind == EntryKind::kAdmit && !DecodeAdmission(entry.payload.view())) in.Fail();
}

void PutBody(Encoder& out, const Hello& body) {
  out.Bool(body.answer);
  Put(out, body.locked);
  Put(out, body.formed);
}

void PutBody(Encoder& out, const VoteRequest& body) {
  out.Bool(body.pre_vote);
  out.Bool(body.transfer);
  out.Varint(body.last_index.value);
  out.Varint(body.last_term.value);
}

void PutBody(Encoder& out, const VoteReply& body) {
  out.Bool(body.pre_vote);
  out.Bool(body.granted);
  out.Varint(body.commit.index.value);
  out.Varint(body.commit.term.value);
}

void PutBody(Encoder& out, const AppendRequest& body) {
  out.Varint(body.previous_index.value);
  out.Varint(body.previous_term.value);
  out.Varint(body.commit.value);
  out.Varint(body.round);
  out.Varint(body.entries.size());
  for (const Entry& entry : body.entries) {
    // Indices follow from previous_index.
    out.Varint(entry.term.value);
    out.U8(static_cast<uint8_t>(entry.kind));
    out.Bytes(entry.payload.view());
  }
}

void PutBody(Encoder& out, const AppendReply& body) {
  out.Bool(body.accepted);
  out.Varint(body.match.value);
  out.Varint(body.match_term.value);
  out.Varint(body.round);
  out.Bool(body.busy);
  out.Bool(body.disk_low);
  out.U64(body.admission_session);
}

void PutBody(Encoder& out, const Heartbeat& body) {
  out.Varint(body.commit.value);
  out.Varint(body.round);
}

void PutBody(Encoder& out, const HeartbeatReply& body) {
  out.Varint(body.round);
  out.Bool(body.disk_low);
  out.U64(body.admission_session);
}

void PutBody(Encoder&, const TimeoutNow&) {}

Hello GetHello(Decoder& in) {
  Hello body;
  body.answer = in.Bool();
  body.locked = GetMembership(in);
  body.formed = GetMembership(in);
  return body;
}

VoteRequest GetVoteRequest(Decoder& in) {
  VoteRequest body;
  body.pre_vote = in.Bool();
  body.transfer = in.Bool();
  body.last_index = GetIndex(in);
  body.last_term = GetTerm(in);
  return body;
}

VoteReply GetVoteReply(Decoder& in) {
  VoteReply body;
  body.pre_vote = in.Bool();
  body.granted = in.Bool();
  body.commit.index = GetIndex(in);
  body.commit.term = GetTerm(in);
  return body;
}

AppendRequest GetAppendRequest(Decoder& in, const SharedBytes& whole, Term message_term) {
  AppendRequest body;
  body.previous_index = GetIndex(in);
  body.previous_term = GetTerm(in);
  body.commit = GetIndex(in);
  body.round = in.Varint();
  // Each entry takes at least three bytes, which bounds what is reserved for it.
  const uint64_t count = in.VarintUpTo(whole.size() / 3);
  if (body.previous_index.value > kLargestNumber - count) in.Fail();
  Term term = body.previous_term;
  for (uint64_t i = 0; i < count && in.ok(); ++i) {
    Entry entry;
    entry.term = GetTerm(in);
    entry.index = body.previous_index + 1 + i;
    entry.kind = GetKind(in);
    entry.payload = GetPayload(in, whole);
    CheckPayload(in, entry);
    if (entry.term < term || entry.term == Term{}) in.Fail();
    term = entry.term;
    body.entries.push_back(std::move(entry));
  }
  if (term > message_term) in.Fail();
  return body;
}

AppendReply GetAppendReply(Decoder& in) {
  AppendReply body;
  body.accepted = in.Bool();
  body.match = GetIndex(in);
  body.match_term = GetTerm(in);
  body.round = in.Varint();
  body.busy = in.Bool();
  body.disk_low = in.Bool();
  body.admission_session = in.U64();
  return body;
}

Heartbeat GetHeartbeat(Decoder& in) {
  Heartbeat body;
  body.commit = GetIndex(in);
  body.round = in.Varint();
  return body;
}

HeartbeatReply GetHeartbeatReply(Decoder& in) {
  HeartbeatReply body;
  body.round = in.Varint();
  body.disk_low = in.Bool();
  body.admission_session = in.U64();
  return body;
}

Tag TagOf(const Body& body) {
  return std::visit(Overload{[](const Hello&) { return Tag::kHello; },
                             [](const VoteRequest&) { return Tag::kVoteRequest; },
                             [](const VoteReply&) { return Tag::kVoteReply; },
                             [](const AppendRequest&) { return Tag::kAppendRequest; },
                             [](const AppendReply&) { return Tag::kAppendReply; },
                             [](const Heartbeat&) { return Tag::kHeartbeat; },
                             [](const HeartbeatReply&) { return Tag::kHeartbeatReply; },
                             [](const TimeoutNow&) { return Tag::kTimeoutNow; }},
                    body);
}

Body GetBody(Decoder& in, Tag tag, const SharedBytes& whole, Term term) {
  switch (tag) {
    case Tag::kHello:
      return GetHello(in);
    case Tag::kVoteRequest:
      return GetVoteRequest(in);
    case Tag::kVoteReply:
      return GetVoteReply(in);
    case Tag::kAppendRequest:
      return GetAppendRequest(in, whole, term);
    case Tag::kAppendReply:
      return GetAppendReply(in);
    case Tag::kHeartbeat:
      return GetHeartbeat(in);
    case Tag::kHeartbeatReply:
      return GetHeartbeatReply(in);
    case Tag::kTimeoutNow:
      return TimeoutNow{};
  }
  in.Fail();
  return TimeoutNow{};
}

void ExpectVersion(Decoder& in, uint8_t version) {
  if (in.U8() != version) in.Fail();
}

}  // namespace

std::string EncodeHardState(const HardState& state) {
  std::string bytes;
  Encoder out(&bytes);
  out.U8(kHardStateVersion);
  out.Varint(state.term.value);
  out.Varint(state.voted_for.value);
  Put(out, state.membership);
  Put(out, state.locked);
  out.Bool(state.recovering);
  return bytes;
}

std::optional<HardState> DecodeHardState(std::string_view bytes) {
  Decoder in(bytes);
  ExpectVersion(in, kHardStateVersion);
  HardState state;
  state.term = GetTerm(in);
  state.voted_for = NodeId(in.Varint());
  state.membership = GetMembership(in);
  state.locked = GetMembership(in);
  state.recovering = in.Bool();
  if (!in.Done()) return std::nullopt;
  return state;
}

std::string EncodeMembership(const Membership& membership) {
  std::string bytes;
  Encoder out(&bytes);
  out.U8(kMembershipVersion);
  Put(out, membership);
  return bytes;
}

std::optional<Membership> DecodeMembership(std::string_view bytes) {
  Decoder in(bytes);
  ExpectVersion(in, kMembershipVersion);
  Membership membership = GetMembership(in);
  if (!in.Done()) return std::nullopt;
  return membership;
}

std::string EncodeAdmission(const Admission& admission) {
  std::string bytes;
  Encoder out(&bytes);
  out.U8(kAdmissionVersion);
  Put(out, admission);
  return bytes;
}

std::optional<Admission> DecodeAdmission(std::string_view bytes) {
  Decoder in(bytes);
  ExpectVersion(in, kAdmissionVersion);
  Admission admission;
  admission.member = GetMember(in);
  admission.session = in.U64();
  if (!in.Done() || admission.session == 0 || admission.member.node == NodeId{}) {
    return std::nullopt;
  }
  return admission;
}

std::string EncodeEntry(const Entry& entry) {
  std::string bytes;
  Encoder out(&bytes);
  out.U8(kEntryVersion);
  out.Varint(entry.term.value);
  out.Varint(entry.index.value);
  out.U8(static_cast<uint8_t>(entry.kind));
  out.Bytes(entry.payload.view());
  return bytes;
}

std::optional<Entry> DecodeEntry(const SharedBytes& bytes) {
  Decoder in(bytes.view());
  ExpectVersion(in, kEntryVersion);
  Entry entry;
  entry.term = GetTerm(in);
  entry.index = GetIndex(in);
  entry.kind = GetKind(in);
  entry.payload = GetPayload(in, bytes);
  CheckPayload(in, entry);
  if (!in.Done() || entry.term == Term{} || entry.index == LogIndex{}) return std::nullopt;
  return entry;
}

std::string EncodeMessage(const Message& message) {
  std::string bytes;
  Encoder out(&bytes);
  out.U8(kMessageVersion);
  Put(out, message.from);
  out.Varint(message.to.value);
  out.U64(message.cluster.value);
  out.Varint(message.term.value);
  out.U8(static_cast<uint8_t>(TagOf(message.body)));
  std::visit([&](const auto& body) { PutBody(out, body); }, message.body);
  return bytes;
}

std::optional<Message> DecodeMessage(const SharedBytes& bytes) {
  Decoder in(bytes.view());
  ExpectVersion(in, kMessageVersion);
  Message message;
  message.from = GetMember(in);
  message.to = NodeId(in.Varint());
  message.cluster = ClusterId(in.U64());
  message.term = GetTerm(in);
  const Tag tag = static_cast<Tag>(in.U8());
  message.body = GetBody(in, tag, bytes, message.term);
  if (!in.Done() || message.from.node == NodeId{}) return std::nullopt;
  return message;
}

}  // namespace jfs::raft
