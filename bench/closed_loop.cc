#include "bench/closed_loop.h"

#include <errno.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <algorithm>
#include <utility>

#include "core/base/check.h"
#include "core/base/concat.h"
#include "net/event_loop.h"
#include "net/hadoop/ipc_client.h"
#include "net/hadoop/ipc_message.h"
#include "net/hadoop/proto/client_namenode.pb.h"

namespace jfs::bench {
namespace {

constexpr std::string_view kParentMark = "@@@";
constexpr std::string_view kNameMark = "##########";
constexpr int32_t kCallIdMark = 0x5a5a5a5;
constexpr Duration kLongestSilence = 10 * kSecond;

void WriteCallId(int32_t call_id, char* at) {
  uint32_t zigzag = static_cast<uint32_t>(call_id) << 1;
  for (int i = 0; i < 4; ++i) {
    at[i] = static_cast<char>((zigzag & 0x7f) | (i < 3 ? 0x80 : 0));
    zigzag >>= 7;
  }
}

void WriteDigits(uint64_t value, size_t width, char* at) {
  for (size_t i = width; i-- > 0; value /= 10) at[i] = static_cast<char>('0' + value % 10);
}

size_t OnlyPlaceOf(std::string_view mark, std::string_view text) {
  const size_t at = text.find(mark);
  CHECK(at != std::string_view::npos);
  CHECK(text.find(mark, at + 1) == std::string_view::npos);
  return at;
}

bool TakeVarint(std::string_view* in, uint64_t* value) {
  *value = 0;
  for (int shift = 0; shift < 64; shift += 7) {
    if (in->empty()) return false;
    const uint8_t byte = static_cast<uint8_t>(in->front());
    in->remove_prefix(1);
    *value |= uint64_t{byte & 0x7fu} << shift;
    if ((byte & 0x80) == 0) return true;
  }
  return false;
}

// Whether a response frame (without its length) says SUCCESS for this call. The header's first two
// fields, callId and status, are required and come first.
bool IsSuccess(std::string_view frame, uint32_t call_id) {
  uint64_t size = 0, tag = 0, id = 0, status = 0;
  return TakeVarint(&frame, &size) && TakeVarint(&frame, &tag) && tag == (1 << 3) &&
         TakeVarint(&frame, &id) && id == call_id && TakeVarint(&frame, &tag) && tag == (2 << 3) &&
         TakeVarint(&frame, &status) && status == 0;
}

double CpuSeconds() {
  rusage usage = {};
  CHECK_EQ(getrusage(RUSAGE_SELF, &usage), 0);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

struct Client {
  net::UniqueFd fd;
  CallTemplate call;
  int32_t call_id = CallTemplate::kFirstCallId;
  Micros sent;
  std::string received;  // less than one answer
};

class Load {
 public:
  explicit Load(const LoadOptions& options) : options_(options) {}

  absl::Status Connect() {
    epoll_ = net::UniqueFd(epoll_create1(EPOLL_CLOEXEC));
    if (!epoll_.valid()) return absl::ErrnoToStatus(errno, "epoll_create1");
    const absl::StatusOr<std::vector<net::Endpoint>> endpoints = net::Resolve(options_.server);
    if (!endpoints.ok()) return endpoints.status();
    clients_.reserve(options_.clients);
    for (uint32_t i = 0; i < options_.clients; ++i) {
      absl::StatusOr<net::UniqueFd> fd = net::StartConnect(endpoints->front());
      if (!fd.ok()) return fd.status();
      pollfd writable = {.fd = fd->get(), .events = POLLOUT, .revents = 0};
      int error = 0;
      socklen_t size = sizeof error;
      if (poll(&writable, 1, 3000) != 1 ||
          getsockopt(fd->get(), SOL_SOCKET, SO_ERROR, &error, &size) != 0 || error != 0) {
        return absl::UnavailableError(
            Concat("cannot connect to ", options_.server.ToString(), ", client ", i));
      }
      net::ConfigureStream(fd->get(), 30, 30'000);
      const std::string id = net::hadoop::RandomClientId();
      std::string hello = net::hadoop::EncodeHello(net::hadoop::kAuthNone);
      net::hadoop::AppendContext(id, options_.user, net::hadoop::kClientProtocol, &hello);
      clients_.push_back(Client{.fd = std::move(*fd),
                                .call = CallTemplate(options_.operation, options_.root, id)});
      if (absl::Status status = Send(clients_.back(), hello); !status.ok()) return status;
      epoll_event event = {.events = EPOLLIN, .data = {.u64 = i}};
      if (epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, clients_.back().fd.get(), &event) != 0) {
        return absl::ErrnoToStatus(errno, "epoll_ctl");
      }
    }
    return absl::OkStatus();
  }

  absl::StatusOr<LoadResult> Run() {
    const double cpu_at_start = CpuSeconds();
    const Micros start = net::EventLoop::Now();
    measured_from_ = start + options_.warm_up;
    end_ = measured_from_ + options_.measured;
    for (Client& client : clients_) {
      if (absl::Status status = SendNext(client, start); !status.ok()) return status;
    }
    std::vector<epoll_event> events(clients_.size());
    while (under_way_ > 0) {
      const int ready = epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()),
                                   static_cast<int>(kLongestSilence / kMillisecond));
      if (ready < 0 && errno == EINTR) continue;
      if (ready < 0) return absl::ErrnoToStatus(errno, "epoll_wait");
      if (ready == 0) {
        return absl::DeadlineExceededError(Concat(options_.server.ToString(), " owes ", under_way_,
                                                  " answers and has sent nothing for 10 s"));
      }
      for (int i = 0; i < ready; ++i) {
        Client& client = clients_[events[static_cast<size_t>(i)].data.u64];
        if (absl::Status status = OnReadable(client); !status.ok()) return status;
      }
    }
    result_.seconds = static_cast<double>(options_.measured) * 1e-6;
    result_.operations = result_.micros.size();
    result_.generator_cpu_seconds = CpuSeconds() - cpu_at_start;
    std::sort(result_.micros.begin(), result_.micros.end());
    return std::move(result_);
  }

 private:
  absl::Status Send(Client& client, std::string_view bytes) {
    // One small call under way per connection always fits the socket's buffer.
    const ssize_t sent = send(client.fd.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent == static_cast<ssize_t>(bytes.size())) return absl::OkStatus();
    return absl::ErrnoToStatus(sent < 0 ? errno : EAGAIN, "send to the master");
  }

  absl::Status SendNext(Client& client, Micros now) {
    if (client.call_id == CallTemplate::kLastCallId) {
      return absl::ResourceExhaustedError("call ids are used up: run for a shorter time");
    }
    client.sent = now;
    ++under_way_;
    const uint64_t number = next_number_++;
    return Send(client, client.call.Fill(++client.call_id,
                                         static_cast<uint32_t>(number % options_.parents), number));
  }

  absl::Status OnReadable(Client& client) {
    char buffer[4096];
    const ssize_t got = recv(client.fd.get(), buffer, sizeof buffer, 0);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return absl::OkStatus();
    if (got < 0) return absl::ErrnoToStatus(errno, "recv from the master");
    if (got == 0) return absl::UnavailableError("the master closed the connection");
    client.received.append(buffer, static_cast<size_t>(got));
    if (client.received.size() < 4) return absl::OkStatus();
    uint32_t size = 0;
    for (size_t i = 0; i < 4; ++i) size = size << 8 | static_cast<uint8_t>(client.received[i]);
    if (client.received.size() < 4 + size_t{size}) return absl::OkStatus();
    if (client.received.size() != 4 + size_t{size} ||
        !IsSuccess(std::string_view(client.received).substr(4),
                   static_cast<uint32_t>(client.call_id))) {
      return Refusal(client.received);
    }
    client.received.clear();
    --under_way_;
    ++result_.total_operations;
    const Micros now = net::EventLoop::Now();
    if (now >= measured_from_ && now < end_) {
      result_.micros.push_back(static_cast<uint32_t>(now - client.sent));
    }
    return now < end_ ? SendNext(client, now) : absl::OkStatus();
  }

  static absl::Status Refusal(std::string_view bytes) {
    net::hadoop::ResponseDecoder decoder;
    decoder.Feed(bytes);
    net::hadoop::ResponseDecoder::Response response;
    const absl::StatusOr<bool> whole = decoder.Next(&response);
    if (!whole.ok()) return whole.status();
    if (!*whole || !response.error.has_value()) {
      return absl::DataLossError("an answer that belongs to no call");
    }
    return absl::AbortedError(
        Concat("the master answered ", response.error->exception_class, ": ",
               response.error->message.substr(0, response.error->message.find('\n'))));
  }

  const LoadOptions& options_;
  net::UniqueFd epoll_;
  std::vector<Client> clients_;
  uint64_t next_number_ = 0;
  uint64_t under_way_ = 0;
  Micros measured_from_;
  Micros end_;
  LoadResult result_;
};

}  // namespace

CallTemplate::CallTemplate(Operation operation, const std::string& root,
                           const std::string& client_id) {
  const std::string parent = Concat(root, "/", kParentMark);
  std::string request;
  std::string_view method;
  if (operation == Operation::kMkdirs) {
    ::hadoop::hdfs::MkdirsRequestProto mkdirs;
    mkdirs.set_src(Concat(parent, "/", kNameMark));
    mkdirs.mutable_masked()->set_perm(0755);
    mkdirs.set_createparent(true);
    request = mkdirs.SerializeAsString();
    method = "mkdirs";
  } else {
    ::hadoop::hdfs::GetFileInfoRequestProto info;
    info.set_src(parent);
    request = info.SerializeAsString();
    method = "getFileInfo";
  }
  net::hadoop::AppendCall({.call_id = kCallIdMark, .retry_count = 0, .client_id = client_id},
                          net::hadoop::kClientProtocol, 1, method, request, &frame_);
  char mark[4];
  WriteCallId(kCallIdMark, mark);
  call_id_at_ = OnlyPlaceOf(std::string_view(mark, sizeof mark), frame_);
  parent_at_ = OnlyPlaceOf(kParentMark, frame_);
  if (operation == Operation::kMkdirs) name_at_ = OnlyPlaceOf(kNameMark, frame_);
}

std::string_view CallTemplate::Fill(int32_t call_id, uint32_t parent, uint64_t name) {
  WriteCallId(call_id, frame_.data() + call_id_at_);
  WriteDigits(parent, kParentMark.size(), frame_.data() + parent_at_);
  if (name_at_ != std::string::npos) {
    WriteDigits(name, kNameMark.size(), frame_.data() + name_at_);
  }
  return frame_;
}

absl::StatusOr<LoadResult> RunLoad(const LoadOptions& options) {
  CHECK(options.parents > 0 && options.parents <= CallTemplate::kMaxParents);
  Load load(options);
  if (absl::Status status = load.Connect(); !status.ok()) return status;
  return load.Run();
}

}  // namespace jfs::bench
