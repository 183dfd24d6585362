#ifndef NET_CONNECTION_H_
#define NET_CONNECTION_H_

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"

#include "core/base/bytes.h"
#include "core/base/time.h"
#include "net/event_loop.h"
#include "net/socket.h"

namespace jfs::net {

// One non-blocking stream on an event loop. Bytes to send are queued and leave with one writev at
// the end of the turn; bytes that arrive are handed over as they come. Lives on the loop's thread.
//
// Memory: nothing while idle. The output is bounded by what the owner queues: it looks at
// output_bytes(), pauses reading or closes. Reading goes through the loop's buffer, so what arrives
// is the owner's to keep or to handle.
class Connection : public Pollable, public Flushable {
 public:
  class Owner {
   public:
    virtual ~Owner() = default;
    // An outgoing connection is established.
    virtual void OnConnected(Connection&) {}
    // `bytes` is valid during the call only.
    virtual void OnBytes(Connection& connection, std::string_view bytes) = 0;
    // The output that was queued has left completely after it had not been able to.
    virtual void OnDrained(Connection&) {}
    // The other side closed, or the stream failed; called once, not after Close(). OK: closed in an
    // orderly way. The owner lets go of the connection (EventLoop::Dispose keeps it until the turn
    // ends).
    virtual void OnClosed(Connection& connection, const absl::Status& why) = 0;
  };

  // Takes an accepted socket (`connecting` false) or one from StartConnect (true). `owner` outlives
  // the connection or calls Close() first.
  Connection(EventLoop* loop, UniqueFd fd, bool connecting, std::string peer, Owner* owner);
  ~Connection() override;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Registers with the loop. Call it once.
  absl::Status Start();

  // Queues bytes. Nothing happens after the connection is closed.
  void Send(std::string_view bytes);
  void Send(SharedBytes bytes);

  // Stops or resumes OnBytes: while paused the kernel's buffers fill and TCP holds the sender back.
  void PauseReading();
  void ResumeReading();
  bool reading_paused() const { return paused_; }

  // Closes now; queued bytes are dropped. No call to the owner follows.
  void Close();
  // Sends what is queued, then closes and calls OnClosed(OK). Nothing is read any more.
  void CloseAfterFlush();

  bool open() const { return fd_.valid(); }
  bool connecting() const { return connecting_; }
  size_t output_bytes() const { return output_bytes_; }
  // When bytes last arrived (at first: when it started). When the socket last took bytes, or had
  // none to take: what has been waiting since then is not taken.
  Micros last_received() const { return last_received_; }
  Micros last_sent() const { return last_sent_; }
  // Address of the other side, for messages.
  const std::string& peer() const { return peer_; }

  void OnReady(uint32_t events) override;
  void OnFlush() override;

 private:
  // Small writes are gathered in `own`; large ones keep their shared buffer and are not copied.
  struct Chunk {
    std::string own;
    SharedBytes shared;
    std::string_view view() const { return shared.empty() ? std::string_view(own) : shared.view(); }
  };

  void UpdateInterest();
  // So many bytes more wait in output_.
  void Queued(size_t bytes);
  void ScheduleFlush();
  void Read();
  void Write();
  void Fail(const absl::Status& why);

  EventLoop* const loop_;
  UniqueFd fd_;
  bool connecting_;
  const std::string peer_;
  Owner* const owner_;
  std::deque<Chunk> output_;
  size_t output_at_ = 0;  // bytes of output_.front() already sent
  size_t output_bytes_ = 0;
  bool flush_scheduled_ = false;
  bool blocked_ = false;  // the socket would not take more: wait for EPOLLOUT
  bool paused_ = false;
  bool close_after_flush_ = false;
  bool started_ = false;
  uint32_t interest_ = 0;
  Micros last_received_, last_sent_;
};

}  // namespace jfs::net

#endif  // NET_CONNECTION_H_
