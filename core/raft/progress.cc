#include "core/raft/progress.h"

#include <algorithm>

namespace jfs::raft {

void Progress::Replace(Member member, uint64_t session, LogIndex next) {
  const Micros heard = last_heard;
  *this = Progress(member, next);
  last_heard = heard;
  session_ = session;
  asked_session_ = session;
}

void Progress::SetSession(uint64_t session) {
  session_ = session;
  round = 0;
}

bool Progress::MaySend(size_t max_messages, size_t max_bytes) const {
  if (reading || held_) return false;
  if (state_ == State::kProbe) return true;
  if (state_ == State::kSnapshot) return false;
  return in_flight_.size() < max_messages && in_flight_bytes_ < max_bytes;
}

void Progress::Sent(LogIndex last, size_t bytes) {
  if (state_ == State::kProbe) {
    held_ = true;
    return;
  }
  if (last < next_) return;
  in_flight_.push_back({.last = last, .bytes = bytes});
  in_flight_bytes_ += bytes;
  next_ = last + 1;
}

bool Progress::Acknowledged(LogIndex index) {
  const bool news = index > match_;
  match_ = std::max(match_, index);
  next_ = std::max(next_, match_ + 1);
  progressed_ = progressed_ || news;
  while (!in_flight_.empty() && in_flight_.front().last <= index) {
    in_flight_bytes_ -= in_flight_.front().bytes;
    in_flight_.pop_front();
    progressed_ = true;
  }
  if (state_ == State::kProbe) {
    // An old acknowledgement may arrive while probing further back is no longer needed: match is
    // the truth.
    state_ = State::kReplicate;
    next_ = match_ + 1;
    held_ = false;
  } else if (state_ == State::kReplicate) {
    held_ = false;
  }
  return news;
}

bool Progress::Refused(LogIndex agree) {
  if (state_ == State::kSnapshot) return false;
  // A refusal below what was acknowledged is an old one, or its disk has lost what a sync had
  // promised. One cannot tell the two apart. Believing it is safe in both cases, because a smaller
  // match only counts less, and an old one costs no more than a repetition; holding on to match
  // would leave a follower that did lose something behind for ever.
  match_ = std::min(match_, agree);
  if (agree + 1 >= next_) return false;
  BecomeProbe(agree + 1);
  return true;
}

void Progress::Busy(LogIndex index) {
  if (state_ == State::kSnapshot) return;
  BecomeProbe(std::max(match_, std::min(index, next_ - 1)) + 1);
  held_ = true;
}

void Progress::Resume() { held_ = false; }

bool Progress::Stalled() {
  const bool stalled = !progressed_ && !in_flight_.empty();
  progressed_ = false;
  return stalled;
}

void Progress::Rewind() { BecomeProbe(match_ + 1); }

void Progress::StartSnapshot(LogIndex pin) {
  BecomeProbe(next_);
  state_ = State::kSnapshot;
  snapshot_pin_ = pin;
}

void Progress::EndSnapshot(bool ok, LogIndex installed) {
  if (state_ != State::kSnapshot) return;
  BecomeProbe(std::max(match_, ok ? installed : match_) + 1);
  // After a failure the next attempt waits for the next heartbeat interval instead of spinning.
  held_ = !ok;
}

void Progress::BecomeProbe(LogIndex next) {
  state_ = State::kProbe;
  next_ = next;
  held_ = false;
  in_flight_.clear();
  in_flight_bytes_ = 0;
}

}  // namespace jfs::raft
