#include "net/hadoop/ipc_client.h"

#include <errno.h>
#include <poll.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "core/base/check.h"
#include "core/base/codec.h"
#include "core/base/concat.h"
#include "net/event_loop.h"

namespace jfs::net::hadoop {
namespace {

using ::hadoop::common::RpcResponseHeaderProto;

constexpr char kStandbyClass[] = "org.apache.hadoop.ipc.StandbyException";
constexpr char kObserverRetryClass[] = "org.apache.hadoop.ipc.ObserverRetryOnActiveException";
constexpr char kRetriableClass[] = "org.apache.hadoop.ipc.RetriableException";
constexpr uint64_t kVersion = 1;  // of every protocol on the client port

uint64_t RandomSeed() {
  uint64_t seed = 0;
  CHECK_EQ(getrandom(&seed, sizeof seed, 0), static_cast<ssize_t>(sizeof seed));
  return seed;
}

}  // namespace

std::string RandomClientId() {
  std::string out(16, '\0');
  CHECK_EQ(getrandom(out.data(), out.size(), 0), static_cast<ssize_t>(out.size()));
  return out;
}

void ResponseDecoder::Feed(std::string_view bytes) {
  if (at_ > 0) {
    buffer_.erase(0, at_);
    at_ = 0;
  }
  buffer_.append(bytes);
}

absl::StatusOr<bool> ResponseDecoder::Next(Response* response) {
  std::string_view in = std::string_view(buffer_).substr(at_);
  if (in.size() < 4) return false;
  const uint32_t size = Decoder(in).U32();
  if (size == 0 || size > max_frame_bytes_) {
    return absl::DataLossError(Concat("answer of ", static_cast<int32_t>(size),
                                      " bytes: not a Hadoop IPC server, or one of "
                                      "another version"));
  }
  if (in.size() - 4 < size) return false;
  in = in.substr(4, size);
  at_ += 4 + size;
  RpcResponseHeaderProto header;
  if (!TakeMessage(&in, &header)) return absl::DataLossError("answer with a broken header");
  *response = Response{.call_id = static_cast<int32_t>(header.callid())};
  if (header.has_stateid()) response->state_id = header.stateid();
  if (header.status() == RpcResponseHeaderProto::SUCCESS) {
    std::string_view body;
    if (!TakeDelimited(&in, &body) || !in.empty()) {
      return absl::DataLossError("answer whose body does not fit its frame");
    }
    response->body.assign(body);
    return true;
  }
  response->fatal = header.status() == RpcResponseHeaderProto::FATAL;
  response->error = IpcError{.exception_class = header.exceptionclassname(),
                             .message = header.errormsg(),
                             .detail = header.errordetail()};
  return true;
}

IpcClient::IpcClient(Options options)
    : options_(std::move(options)), random_(RandomSeed()), decoder_(options_.max_response_bytes) {
  CHECK(!options_.addresses.empty());
  if (options_.client_id.empty()) options_.client_id = RandomClientId();
  CHECK_EQ(options_.client_id.size(), size_t{16});
}

IpcClient::~IpcClient() = default;

int32_t IpcClient::ReserveCallIds(int32_t count) {
  CHECK(count > 0);
  if (next_call_id_ > INT32_MAX - count) next_call_id_ = 0;
  return std::exchange(next_call_id_, next_call_id_ + count);
}

int32_t IpcClient::Submit(std::string_view protocol, std::string_view method, std::string request,
                          uint64_t tag) {
  const int32_t id = ReserveCallIds(1);
  const bool added = calls_
                         .emplace(id, Pending{.tag = tag,
                                              .protocol = std::string(protocol),
                                              .method = std::string(method),
                                              .request = std::move(request),
                                              .submitted = EventLoop::Now()})
                         .second;
  CHECK(added) << "call id " << id << " is still under way";
  ++unsent_;
  return id;
}

int32_t IpcClient::Submit(std::string_view protocol, std::string_view method,
                          const google::protobuf::MessageLite& request, uint64_t tag) {
  return Submit(protocol, method, request.SerializeAsString(), tag);
}

IpcClient::Result IpcClient::Call(std::string_view protocol, std::string_view method,
                                  const google::protobuf::MessageLite& request) {
  CHECK(calls_.empty());
  Submit(protocol, method, request);
  std::vector<Result> results;
  while (results.empty()) Poll(kSecond, &results);
  return std::move(results.front());
}

Duration IpcClient::Backoff(uint32_t n) {
  if (n == 0) return 0;
  const Duration full =
      std::min(options_.backoff_max, options_.backoff_base << std::min(n - 1, 20u));
  return full / 2 + random_.Below(full + 1);
}

void IpcClient::FailOver(const absl::Status& why) {
  last_error_ = absl::Status(why.code(), Concat(current().ToString(), ": ", ToStd(why.message())));
  fd_.Reset();
  state_ = State::kIdle;
  output_.clear();
  decoder_ = ResponseDecoder(options_.max_response_bytes);
  for (auto& [id, call] : calls_) call.sent = false;
  unsent_ = calls_.size();
  address_ = (address_ + 1) % options_.addresses.size();
  ++failovers_;
  next_connect_ = EventLoop::Now() + Backoff(failures_);
  ++failures_;
}

void IpcClient::BeginConnect(Micros now) {
  const absl::StatusOr<std::vector<Endpoint>> endpoints = Resolve(current());
  if (!endpoints.ok()) return FailOver(endpoints.status());
  absl::StatusOr<UniqueFd> fd = StartConnect((*endpoints)[endpoint_++ % endpoints->size()]);
  if (!fd.ok()) return FailOver(fd.status());
  fd_ = std::move(*fd);
  ConfigureStream(fd_.get(), 30, 30'000);
  state_ = State::kConnecting;
  connect_started_ = now;
  output_ = EncodeHello(kAuthNone);
  AppendContext(options_.client_id, options_.user, kClientProtocol, &output_);
}

void IpcClient::SendDue(Micros now) {
  if (unsent_ == 0) return;
  for (auto& [id, call] : calls_) {
    if (call.sent || call.not_before > now) continue;
    // The server bounds what it reads ahead; so does this side of it.
    if (output_.size() > (4 << 20)) break;
    AppendCall({.call_id = id,
                .retry_count = static_cast<int32_t>(call.attempts),
                .client_id = options_.client_id},
               call.protocol, kVersion, call.method, call.request, &output_);
    ++call.attempts;
    call.sent = true;
    --unsent_;
    last_received_ = std::max(last_received_, now);
  }
}

void IpcClient::Write() {
  while (!output_.empty()) {
    const ssize_t written = send(fd_.get(), output_.data(), output_.size(), MSG_NOSIGNAL);
    if (written < 0) {
      if (errno == EINTR) continue;
      if (errno == EAGAIN || errno == EWOULDBLOCK) return;
      return FailOver(absl::ErrnoToStatus(errno, "send"));
    }
    output_.erase(0, static_cast<size_t>(written));
  }
}

// True if something was received.
bool IpcClient::Read(std::vector<Result>* results) {
  char buffer[64 << 10];
  bool any = false;
  while (state_ == State::kOpen) {
    const ssize_t got = read(fd_.get(), buffer, sizeof buffer);
    if (got < 0) {
      if (errno == EINTR) continue;
      if (errno == EAGAIN || errno == EWOULDBLOCK) return any;
      FailOver(absl::ErrnoToStatus(errno, "read"));
      return any;
    }
    if (got == 0) {
      FailOver(absl::UnavailableError("the server closed the connection"));
      return any;
    }
    any = true;
    last_received_ = EventLoop::Now();
    decoder_.Feed(std::string_view(buffer, static_cast<size_t>(got)));
    while (state_ == State::kOpen) {
      ResponseDecoder::Response response;
      const absl::StatusOr<bool> more = decoder_.Next(&response);
      if (!more.ok()) {
        FailOver(more.status());
        break;
      }
      if (!*more) break;
      OnResponse(std::move(response), results);
    }
  }
  return any;
}

void IpcClient::Finish(std::map<int32_t, Pending>::iterator it, Result result,
                       std::vector<Result>* results) {
  result.tag = it->second.tag;
  result.call_id = it->first;
  result.attempts = it->second.attempts;
  results->push_back(std::move(result));
  if (!it->second.sent) --unsent_;
  calls_.erase(it);
}

void IpcClient::OnResponse(ResponseDecoder::Response response, std::vector<Result>* results) {
  const bool standby =
      response.error.has_value() && (response.error->exception_class == kStandbyClass ||
                                     response.error->exception_class == kObserverRetryClass);
  // A server without room for one more connection says so before it closes this one.
  const bool turned_away = response.fatal && response.error.has_value() &&
                           response.error->exception_class == kRetriableClass;
  if (standby || turned_away) {
    return FailOver(absl::UnavailableError(
        response.error->message.substr(0, response.error->message.find('\n'))));
  }
  if (response.fatal) {
    // The server refuses this client as a whole: every call has this answer.
    while (!calls_.empty()) Finish(calls_.begin(), {.error = response.error}, results);
    fd_.Reset();
    state_ = State::kIdle;
    output_.clear();
    decoder_ = ResponseDecoder(options_.max_response_bytes);
    return;
  }
  const auto it = calls_.find(response.call_id);
  if (it == calls_.end() || !it->second.sent) {
    return FailOver(
        absl::DataLossError(Concat("answer to call ", response.call_id, ", which was not asked")));
  }
  if (response.error.has_value() && response.error->exception_class == kRetriableClass) {
    Pending& call = it->second;
    call.sent = false;
    ++unsent_;
    call.not_before = EventLoop::Now() + Backoff(++call.retries);
    last_error_ =
        absl::UnavailableError(Concat(current().ToString(), ": ", response.error->message));
    return;
  }
  failures_ = 0;
  Finish(it,
         {.error = std::move(response.error),
          .response = std::move(response.body),
          .state_id = response.state_id},
         results);
}

void IpcClient::Advance(Micros now, std::vector<Result>* results) {
  if (options_.give_up_after > 0) {
    for (auto it = calls_.begin(); it != calls_.end();) {
      const auto next = std::next(it);
      if (now - it->second.submitted > options_.give_up_after) {
        const bool was_sent = it->second.sent;
        Finish(it,
               {.status = absl::DeadlineExceededError(Concat(
                    "no answer after ", options_.give_up_after / kMillisecond, " ms and ",
                    it->second.attempts, " attempts; last trouble: ",
                    last_error_.ok() ? std::string("none") : std::string(last_error_.message())))},
               results);
        // Its answer may still come, and would look like one that nobody asked for.
        if (was_sent && state_ == State::kOpen)
          FailOver(absl::DeadlineExceededError("no answer in time"));
      }
      it = next;
    }
  }
  if (calls_.empty()) return;
  if (state_ == State::kIdle && next_connect_ <= now) BeginConnect(now);
  if (state_ == State::kConnecting && now - connect_started_ > options_.connect_timeout) {
    FailOver(absl::DeadlineExceededError("no connection in time"));
  }
  if (state_ == State::kOpen) {
    SendDue(now);
    Write();
  }
  if (state_ == State::kOpen && last_received_ + options_.answer_timeout < now &&
      std::any_of(calls_.begin(), calls_.end(),
                  [](const auto& call) { return call.second.sent; })) {
    FailOver(absl::DeadlineExceededError("no answer in time"));
  }
}

Duration IpcClient::TimeToNextEvent(Micros now) const {
  Duration wait = kSecond;
  const auto until = [&](Micros when) { wait = std::min(wait, when > now ? when - now : 0); };
  if (state_ == State::kIdle) {
    until(next_connect_);
  } else if (unsent_ > 0) {
    for (const auto& [id, call] : calls_) {
      if (!call.sent && call.not_before > now) until(call.not_before);
    }
  }
  return wait;
}

void IpcClient::Poll(Duration max_wait, std::vector<Result>* results) {
  const size_t had = results->size();
  const Micros begun = EventLoop::Now();
  while (true) {
    // What has come counts before the time that has passed: the process may have been stopped.
    const Micros now = EventLoop::Now();
    if (state_ == State::kOpen) Read(results);
    Advance(now, results);
    if (results->size() > had || calls_.empty()) return;
    const Duration passed = EventLoop::Now() - begun;
    // Also without time left the socket is looked at once: calls with no wait must get on too.
    const bool last = passed >= max_wait;
    const Duration wait = last ? 0 : std::min(max_wait - passed, TimeToNextEvent(EventLoop::Now()));
    pollfd poll_fd = {.fd = fd_.get(), .events = 0, .revents = 0};
    if (state_ == State::kConnecting || !output_.empty()) poll_fd.events |= POLLOUT;
    if (state_ == State::kOpen) poll_fd.events |= POLLIN;
    // A negative descriptor is passed over: then this only waits.
    const int ready = poll(&poll_fd, 1, static_cast<int>((wait + kMillisecond - 1) / kMillisecond));
    if (ready > 0 && state_ == State::kConnecting) {
      const absl::Status outcome = ConnectOutcome(fd_.get());
      if (!outcome.ok()) {
        FailOver(outcome);
      } else {
        state_ = State::kOpen;
        last_received_ = EventLoop::Now();
      }
    }
    if (last) return;
  }
}

}  // namespace jfs::net::hadoop
