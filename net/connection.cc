#include "net/connection.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <utility>

#include "core/base/check.h"

namespace jfs::net {
namespace {

constexpr size_t kGatherBytes = 64
                                << 10;  // small writes are collected into chunks of about this size
constexpr size_t kCopyBytes = 4 << 10;  // up to this size copying is cheaper than another iovec
constexpr int kVectors = 64;
// One connection may not keep the loop to itself: after this much the others have their turn
// (level-triggered epoll calls again).
constexpr size_t kReadPerTurn = 1 << 20;

}  // namespace

Connection::Connection(EventLoop* loop, UniqueFd fd, bool connecting, std::string peer,
                       Owner* owner)
    : loop_(loop),
      fd_(std::move(fd)),
      connecting_(connecting),
      peer_(std::move(peer)),
      owner_(owner),
      last_received_(EventLoop::Now()),
      last_sent_(last_received_) {}

Connection::~Connection() { Close(); }

absl::Status Connection::Start() {
  CHECK(!started_);
  interest_ = connecting_ ? EPOLLOUT : EPOLLIN;
  const absl::Status added = loop_->Add(fd_.get(), interest_, this);
  started_ = added.ok();
  return added;
}

void Connection::Send(std::string_view bytes) {
  if (!open() || close_after_flush_ || bytes.empty()) return;
  if (output_.empty() || !output_.back().shared.empty() ||
      output_.back().own.size() + bytes.size() > kGatherBytes) {
    output_.emplace_back();
  }
  output_.back().own.append(bytes);
  Queued(bytes.size());
}

void Connection::Send(SharedBytes bytes) {
  if (bytes.size() <= kCopyBytes) return Send(bytes.view());
  if (!open() || close_after_flush_) return;
  const size_t size = bytes.size();
  output_.emplace_back().shared = std::move(bytes);
  Queued(size);
}

void Connection::Queued(size_t bytes) {
  if (output_bytes_ == 0) last_sent_ = EventLoop::Now();
  output_bytes_ += bytes;
  ScheduleFlush();
}

void Connection::ScheduleFlush() {
  if (flush_scheduled_ || blocked_ || connecting_) return;
  flush_scheduled_ = true;
  loop_->FlushThisTurn(this);
}

void Connection::PauseReading() {
  paused_ = true;
  UpdateInterest();
}

void Connection::ResumeReading() {
  paused_ = false;
  UpdateInterest();
}

void Connection::UpdateInterest() {
  if (!open() || !started_) return;
  uint32_t wanted = 0;
  if (connecting_ || blocked_) wanted |= EPOLLOUT;
  if (!connecting_ && !paused_ && !close_after_flush_) wanted |= EPOLLIN;
  if (wanted == interest_) return;
  interest_ = wanted;
  loop_->Modify(fd_.get(), wanted);
}

void Connection::Close() {
  if (flush_scheduled_) {
    loop_->CancelFlush(this);
    flush_scheduled_ = false;
  }
  if (!open()) return;
  if (started_) loop_->Remove(fd_.get());
  fd_.Reset();
  output_.clear();
  output_bytes_ = 0;
}

void Connection::CloseAfterFlush() {
  if (!open() || close_after_flush_) return;
  ScheduleFlush();  // also with nothing queued: the owner hears about the end from OnFlush, not
                    // from in here
  close_after_flush_ = true;
  UpdateInterest();
}

void Connection::Fail(const absl::Status& why) {
  if (!open()) return;
  Close();
  owner_->OnClosed(*this, why);
}

void Connection::OnReady(uint32_t events) {
  if (connecting_) {
    if (const absl::Status outcome = ConnectOutcome(fd_.get()); !outcome.ok()) return Fail(outcome);
    connecting_ = false;
    last_received_ = last_sent_ = EventLoop::Now();
    UpdateInterest();
    if (!output_.empty()) ScheduleFlush();
    owner_->OnConnected(*this);
    return;
  }
  if ((events & EPOLLOUT) != 0) {
    blocked_ = false;
    Write();
    if (!open()) return;
    UpdateInterest();
  }
  if ((events & EPOLLIN) != 0 && !paused_ && !close_after_flush_) {
    Read();
    return;
  }
  // Reported whatever we ask for. With reading paused there is nothing to learn from read(): the
  // stream is dead in both directions, and waiting would spin.
  if ((events & EPOLLERR) != 0) {
    const absl::Status why = ConnectOutcome(fd_.get());
    return Fail(why.ok() ? absl::UnavailableError("connection failed") : why);
  }
  if ((events & EPOLLHUP) != 0) Fail(absl::UnavailableError("connection closed by the other side"));
}

void Connection::Read() {
  size_t total = 0;
  while (open() && !paused_ && !close_after_flush_ && total < kReadPerTurn) {
    const ssize_t got = read(fd_.get(), loop_->read_buffer(), EventLoop::kReadBufferBytes);
    if (got > 0) {
      total += static_cast<size_t>(got);
      last_received_ = EventLoop::Now();
      owner_->OnBytes(*this, std::string_view(loop_->read_buffer(), static_cast<size_t>(got)));
      // A short read has emptied the socket: asking once more would only answer EAGAIN.
      if (static_cast<size_t>(got) < EventLoop::kReadBufferBytes) return;
      continue;
    }
    if (got == 0) return Fail(absl::OkStatus());
    if (errno == EINTR) continue;
    if (errno == EAGAIN || errno == EWOULDBLOCK) return;
    return Fail(absl::ErrnoToStatus(errno, "read"));
  }
}

void Connection::OnFlush() {
  flush_scheduled_ = false;
  if (!open()) return;
  Write();
  UpdateInterest();
}

void Connection::Write() {
  const bool had_output = output_bytes_ > 0;
  while (open() && !output_.empty()) {
    std::array<iovec, kVectors> vectors;
    int count = 0;
    size_t offered = 0;
    for (const Chunk& chunk : output_) {
      if (count == kVectors) break;
      std::string_view view = chunk.view();
      if (count == 0) view.remove_prefix(output_at_);
      vectors[count].iov_base = const_cast<char*>(view.data());
      vectors[count].iov_len = view.size();
      offered += view.size();
      ++count;
    }
    msghdr message = {};
    message.msg_iov = vectors.data();
    message.msg_iovlen = count;
    // A peer that is gone is an error of this connection, not a signal to the process.
    const ssize_t written = sendmsg(fd_.get(), &message, MSG_NOSIGNAL);
    if (written < 0) {
      if (errno == EINTR) continue;
      if (errno == EAGAIN || errno == EWOULDBLOCK) {
        blocked_ = true;
        return;
      }
      return Fail(absl::ErrnoToStatus(errno, "write"));
    }
    last_sent_ = EventLoop::Now();
    output_bytes_ -= static_cast<size_t>(written);
    size_t left = static_cast<size_t>(written);
    while (left > 0) {
      const size_t rest = output_.front().view().size() - output_at_;
      if (left < rest) {
        output_at_ += left;
        break;
      }
      left -= rest;
      output_at_ = 0;
      output_.pop_front();
    }
    if (static_cast<size_t>(written) < offered) {
      blocked_ = true;
      return;
    }
  }
  if (!open()) return;
  if (close_after_flush_) return Fail(absl::OkStatus());
  if (had_output) owner_->OnDrained(*this);
}

}  // namespace jfs::net
