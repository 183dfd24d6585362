#include "net/ots/client.h"

#include <curl/curl.h>

#include <algorithm>
#include <chrono>
#include <future>
#include <list>
#include <map>
#include <mutex>
#include <optional>
#include <random>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"

#include "core/base/check.h"
#include "core/base/concat.h"
#include "core/base/random.h"
#include "core/ots/error.h"
#include "net/event_loop.h"

namespace jfs::net::ots {
namespace {

using jfs::ots::AttemptAnswered;
using jfs::ots::AttemptEnd;
using jfs::ots::AttemptFailed;
using jfs::ots::Header;
using jfs::ots::MakeAttempt;
using jfs::ots::NextStep;
using jfs::ots::Outcome;
using jfs::ots::Pause;
using jfs::ots::RetryingCall;

constexpr Duration kLongestWait = kSecond;
// Shorter than what services and load balancers keep an idle connection for.
constexpr long kIdleConnectionSeconds = 20;

int64_t SystemMillis() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

// libcurl wants this once, before any thread uses it.
void InitialiseCurl() {
  static const CURLcode result = curl_global_init(CURL_GLOBAL_DEFAULT);
  CHECK_EQ(static_cast<int>(result), static_cast<int>(CURLE_OK)) << "libcurl cannot start";
}

// One call, from Call() to its outcome.
struct Pending {
  Pending(jfs::ots::Request r, const jfs::ots::CallOptions& options, Client::Done d)
      : request(std::move(r)), state(request.operation, options), done(std::move(d)) {}

  jfs::ots::Request request;
  RetryingCall state;
  Client::Done done;

  // Of the attempt under way.
  CURL* easy = nullptr;
  curl_slist* headers = nullptr;
  size_t sent = 0;  // of the body
  std::string answer;
  uint64_t max_answer_bytes = 0;
  std::vector<Header> answer_headers;
  char problem[CURL_ERROR_SIZE] = {};
};

// libcurl sends a POST again by itself when a pooled connection ends without an answer. It cannot
// if it cannot rewind the body, and that is why the body is read through this function: a
// conditional write that happened must not be sent a second time behind our back.
size_t ReadBody(char* out, size_t size, size_t count, void* user) {
  auto* const call = static_cast<Pending*>(user);
  const size_t bytes = std::min(size * count, call->request.body.size() - call->sent);
  call->request.body.copy(out, bytes, call->sent);
  call->sent += bytes;
  return bytes;
}

std::string_view Trim(std::string_view text) {
  return ToStd(absl::StripAsciiWhitespace(ToAbsl(text)));
}

size_t TakeHeader(char* data, size_t size, size_t count, void* user) {
  auto* const call = static_cast<Pending*>(user);
  const std::string_view line(data, size * count);
  // A status line begins anew: what came before was an interim answer.
  if (line.starts_with("HTTP/")) call->answer_headers.clear();
  const size_t colon = line.find(':');
  if (colon != std::string_view::npos) {
    call->answer_headers.push_back(
        {std::string(Trim(line.substr(0, colon))), std::string(Trim(line.substr(colon + 1)))});
  }
  return size * count;
}

bool NotSent(CURLcode code, long request_bytes) {
  switch (code) {
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_CONNECT:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
      return true;
    default:
      return request_bytes == 0;
  }
}

std::string ValueOf(const std::vector<Header>& headers, std::string_view name) {
  for (const Header& header : headers) {
    if (absl::EqualsIgnoreCase(header.name, ToAbsl(name))) return header.value;
  }
  return "";
}

absl::Status CheckOptions(const ClientOptions& options) {
  const auto invalid = [](const char* what) { return absl::InvalidArgumentError(what); };
  const std::string_view endpoint = options.endpoint;
  const size_t scheme = endpoint.starts_with("https://")  ? 8
                        : endpoint.starts_with("http://") ? 7
                                                          : 0;
  if (scheme == 0 || endpoint.size() == scheme ||
      endpoint.substr(scheme).find_first_of("/?#@ ") != std::string_view::npos) {
    return absl::InvalidArgumentError(
        Concat("the endpoint of Tablestore is '", endpoint,
               "'; it should be like https://INSTANCE.REGION.ots.aliyuncs.com, without a path"));
  }
  if (options.instance.empty()) return invalid("the name of the Tablestore instance is missing");
  if (options.credentials.access_key_id.empty()) {
    return invalid("the id of the access key for Tablestore is missing");
  }
  if (options.credentials.secret.empty()) {
    return invalid("the secret of the access key for Tablestore is missing");
  }
  for (const std::string* const text : {&options.instance, &options.credentials.access_key_id,
                                        &options.credentials.security_token}) {
    if (std::any_of(text->begin(), text->end(), [](char c) { return c < 0x21 || c > 0x7e; })) {
      return invalid(
          "the instance, access key or security token for Tablestore has a blank or other "
          "character "
          "in it that no header may carry");
    }
  }
  if (options.max_connections < 1) return invalid("max_connections must be at least 1");
  return absl::OkStatus();
}

}  // namespace

class Client::Impl {
 public:
  explicit Impl(ClientOptions options) : options_(std::move(options)) {
    if (!options_.wall_clock) options_.wall_clock = &SystemMillis;
    if (!options_.clock) options_.clock = &EventLoop::Now;
    if (!options_.jitter) {
      std::random_device device;
      const uint64_t high = device();
      const uint64_t low = device();
      options_.jitter = [random = Random(high << 32 | low)]() mutable { return random.Next(); };
    }
    multi_ = curl_multi_init();
    CHECK(multi_ != nullptr);
    curl_multi_setopt(multi_, CURLMOPT_MAX_TOTAL_CONNECTIONS, long{options_.max_connections});
    curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, long{options_.max_connections});
    curl_multi_setopt(multi_, CURLMOPT_PIPELINING, long{CURLPIPE_NOTHING});
    thread_ = std::thread([this] { Run(); });
  }

  ~Impl() {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      stop_ = true;
    }
    curl_multi_wakeup(multi_);
    thread_.join();
    for (CURL* easy : idle_) curl_easy_cleanup(easy);
    curl_multi_cleanup(multi_);
  }

  void Post(std::unique_ptr<Pending> call) {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      posted_.push_back(std::move(call));
    }
    curl_multi_wakeup(multi_);
  }

  ClientStats stats() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return stats_;
  }

 private:
  using CallList = std::list<std::unique_ptr<Pending>>;

  void Run() {
    while (TakePosted()) {
      StartDue();
      int running = 0;
      curl_multi_perform(multi_, &running);
      FinishEnded();
      Duration wait = kLongestWait;
      if (!paused_.empty()) {
        const Micros now = options_.clock();
        const Micros next = paused_.begin()->first;
        wait = next > now ? std::min(wait, next - now) : 0;
      }
      // Rounded up: a pause that is not over would make another turn at once.
      curl_multi_poll(multi_, nullptr, 0, static_cast<int>((wait + 999) / 1000), nullptr);
    }
    EndAll();
  }

  // False when the client is to end.
  bool TakePosted() {
    std::vector<std::unique_ptr<Pending>> posted;
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      if (stop_) return false;
      posted.swap(posted_);
    }
    for (std::unique_ptr<Pending>& call : posted) {
      Pending* const raw = call.get();
      calls_.push_back(std::move(call));
      Continue(raw, raw->state.Start(options_.clock()));
    }
    return true;
  }

  void StartDue() {
    const Micros now = options_.clock();
    while (!paused_.empty() && paused_.begin()->first <= now) {
      Pending* const call = paused_.begin()->second;
      paused_.erase(paused_.begin());
      Continue(call, call->state.Resume(now));
    }
  }

  void Continue(Pending* call, NextStep next) {
    if (const auto* attempt = std::get_if<MakeAttempt>(&next)) {
      Begin(call, attempt->until);
    } else if (const auto* pause = std::get_if<Pause>(&next)) {
      paused_.emplace(pause->until, call);
    } else {
      Finish(call, std::get<Outcome>(std::move(next)));
    }
  }

  void Begin(Pending* call, Micros until) {
    const Micros now = options_.clock();
    if (until <= now)
      return Ended(call,
                   AttemptFailed{false, "its deadline passed before an attempt could be made"});
    const std::string path = jfs::ots::OperationPath(call->request.operation);
    const absl::StatusOr<std::vector<Header>> headers = jfs::ots::SignedRequestHeaders(
        options_.credentials, options_.instance, path, call->request.body, options_.wall_clock());
    if (!headers.ok()) {
      return Ended(call, AttemptFailed{false, std::string(headers.status().message())});
    }
    call->sent = 0;
    call->answer.clear();
    call->max_answer_bytes = options_.max_answer_bytes;
    call->answer_headers.clear();
    call->problem[0] = '\0';
    for (const Header& header : *headers) {
      call->headers =
          curl_slist_append(call->headers, Concat(header.name, ": ", header.value).c_str());
    }
    // libcurl's own: it would wait for permission to send a large body, and name a form's type.
    for (const char* const unwanted : {"Expect:", "Content-Type:"}) {
      call->headers = curl_slist_append(call->headers, unwanted);
    }
    call->easy = TakeEasy();
    CURL* const easy = call->easy;
    curl_easy_setopt(easy, CURLOPT_URL, Concat(options_.endpoint, path).c_str());
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, call->headers);
    curl_easy_setopt(easy, CURLOPT_POST, 1L);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
                     static_cast<curl_off_t>(call->request.body.size()));
    curl_easy_setopt(easy, CURLOPT_READFUNCTION, &ReadBody);
    curl_easy_setopt(easy, CURLOPT_READDATA, call);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &Impl::TakeBody);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, call);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &TakeHeader);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, call);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, call->problem);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, static_cast<long>((until - now + 999) / 1000));
    curl_easy_setopt(easy, CURLOPT_PRIVATE, call);
    curl_multi_add_handle(multi_, easy);
  }

  CURL* TakeEasy() {
    if (!idle_.empty()) {
      CURL* const easy = idle_.back();
      idle_.pop_back();
      return easy;
    }
    CURL* const easy = curl_easy_init();
    CHECK(easy != nullptr);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, long{CURL_HTTP_VERSION_1_1});
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_TCP_NODELAY, 1L);
    curl_easy_setopt(easy, CURLOPT_MAXAGE_CONN, kIdleConnectionSeconds);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
                     static_cast<long>(options_.connect_timeout / kMillisecond));
    if (!options_.ca_file.empty()) {
      curl_easy_setopt(easy, CURLOPT_CAINFO, options_.ca_file.c_str());
    }
    return easy;
  }

  static size_t TakeBody(char* data, size_t size, size_t count, void* user) {
    auto* const call = static_cast<Pending*>(user);
    // Fewer than given ends the attempt.
    if (call->answer.size() + size * count > call->max_answer_bytes) return 0;
    call->answer.append(data, size * count);
    return size * count;
  }

  void FinishEnded() {
    int left = 0;
    while (const CURLMsg* const message = curl_multi_info_read(multi_, &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      CURL* const easy = message->easy_handle;
      const CURLcode code = message->data.result;
      Pending* call = nullptr;
      curl_easy_getinfo(easy, CURLINFO_PRIVATE, &call);
      AttemptEnd end = EndOf(*call, code);
      Release(call);
      Ended(call, std::move(end));
    }
  }

  AttemptEnd EndOf(const Pending& call, CURLcode code) {
    if (code != CURLE_OK) {
      long request_bytes = 0;
      curl_easy_getinfo(call.easy, CURLINFO_REQUEST_SIZE, &request_bytes);
      const char* const detail = call.problem[0] != '\0' ? call.problem : curl_easy_strerror(code);
      return AttemptFailed{!NotSent(code, request_bytes),
                           Concat("no answer from ", options_.endpoint, ": ", detail)};
    }
    long status = 0;
    curl_easy_getinfo(call.easy, CURLINFO_RESPONSE_CODE, &status);
    const bool success = status >= 200 && status < 300;
    // Who has the wrong secret cannot check the signature of the answer that says so.
    const bool unknown_key = status == 403 && jfs::ots::Is(jfs::ots::DecodeError(403, call.answer),
                                                           jfs::ots::ErrorCode::kAuthFailed);
    if (options_.verify_answers && !unknown_key) {
      const absl::Status verified = Verify(call, success);
      if (!verified.ok()) {
        return AttemptFailed{true, Concat("an answer from ", options_.endpoint,
                                          " cannot be trusted: ", verified.message())};
      }
    }
    AttemptAnswered answered;
    if (success) {
      answered.answer.body = call.answer;
    } else {
      answered.answer.error = jfs::ots::DecodeError(static_cast<int>(status), call.answer);
    }
    return answered;
  }

  absl::Status Verify(const Pending& call, bool success) const {
    const std::string md5 = ValueOf(call.answer_headers, jfs::ots::kContentMd5Header);
    const std::string authorization = ValueOf(call.answer_headers, jfs::ots::kAuthorizationHeader);
    // Errors may come from in front of the service, and then have neither.
    if (success && (md5.empty() || authorization.empty())) {
      return absl::DataLossError("it has no digest, or no signature");
    }
    if (!md5.empty()) {
      const absl::StatusOr<std::string> computed = jfs::ots::ContentMd5(call.answer);
      if (!computed.ok()) return computed.status();
      if (*computed != md5) return absl::DataLossError("its digest is not that of its body");
    }
    if (authorization.empty()) return absl::OkStatus();
    const std::string path = jfs::ots::OperationPath(call.request.operation);
    const absl::StatusOr<std::string> signature = jfs::ots::Sign(
        options_.credentials.secret, jfs::ots::ResponseStringToSign(path, call.answer_headers));
    if (!signature.ok()) return signature.status();
    const std::string want = Concat("OTS ", options_.credentials.access_key_id, ":", *signature);
    if (!jfs::ots::SameSignature(authorization, want)) {
      return absl::DataLossError("its signature is wrong");
    }
    return absl::OkStatus();
  }

  // Gives back what the attempt held.
  void Release(Pending* call) {
    curl_multi_remove_handle(multi_, call->easy);
    // It may outlive this call in the pool.
    curl_easy_setopt(call->easy, CURLOPT_ERRORBUFFER, nullptr);
    idle_.push_back(std::exchange(call->easy, nullptr));
    curl_slist_free_all(std::exchange(call->headers, nullptr));
  }

  void Ended(Pending* call, AttemptEnd end) {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      ++stats_.attempts;
      stats_.bytes_sent += call->sent;
      stats_.bytes_received += call->answer.size();
      if (const auto* answered = std::get_if<AttemptAnswered>(&end)) {
        const auto& error = answered->answer.error;
        stats_.throttled +=
            error.has_value() && jfs::ots::Classify(*error) == jfs::ots::RetryClass::kAlways;
      } else {
        ++stats_.failed;
      }
    }
    const uint64_t jitter = options_.jitter();
    Continue(call, call->state.AttemptEnded(end, options_.clock(), jitter));
  }

  void Finish(Pending* call, Outcome outcome) {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      ++stats_.calls;
    }
    const Done done = std::move(call->done);
    const auto at = std::find_if(calls_.begin(), calls_.end(),
                                 [&](const auto& one) { return one.get() == call; });
    CHECK(at != calls_.end());
    calls_.erase(at);
    done(std::move(outcome));
  }

  void EndAll() {
    std::vector<std::unique_ptr<Pending>> posted;
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      posted.swap(posted_);
    }
    for (std::unique_ptr<Pending>& call : posted) calls_.push_back(std::move(call));
    while (!calls_.empty()) {
      Pending* const call = calls_.front().get();
      const bool sent = call->easy != nullptr && call->sent > 0;
      if (call->easy != nullptr) Release(call);
      Finish(call, call->state.Abandon("the client was closed", sent));
    }
  }

  ClientOptions options_;
  CURLM* multi_ = nullptr;
  std::vector<CURL*> idle_;
  CallList calls_;
  std::multimap<Micros, Pending*> paused_;

  mutable std::mutex mutex_;
  std::vector<std::unique_ptr<Pending>> posted_;  // guarded by mutex_
  bool stop_ = false;                             // guarded by mutex_
  ClientStats stats_;                             // guarded by mutex_

  std::thread thread_;  // last: it uses the others
};

Client::Client(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Client::~Client() = default;

absl::StatusOr<std::unique_ptr<Client>> Client::Create(ClientOptions options) {
  if (absl::Status status = CheckOptions(options); !status.ok()) return status;
  InitialiseCurl();
  return std::unique_ptr<Client>(new Client(std::make_unique<Impl>(std::move(options))));
}

void Client::Call(jfs::ots::Request request, const jfs::ots::CallOptions& options, Done done) {
  impl_->Post(std::make_unique<Pending>(std::move(request), options, std::move(done)));
}

jfs::ots::Outcome Client::CallAndWait(jfs::ots::Request request,
                                      const jfs::ots::CallOptions& options) {
  std::promise<Outcome> promise;
  Call(std::move(request), options,
       [&](Outcome outcome) { promise.set_value(std::move(outcome)); });
  return promise.get_future().get();
}

ClientStats Client::stats() const { return impl_->stats(); }

}  // namespace jfs::net::ots
