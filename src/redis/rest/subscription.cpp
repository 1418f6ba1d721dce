#include <algorithm>
#include <atomic>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>

#include "redis/backoff.h"
#include "redis/rest/codec.h"
#include "redis/rest/events.h"
#include "vcache/core/hex.h"
#include "vcache/core/mutex.h"
#include "vcache/net/http_client.h"
#include "vcache/net/shown_address.h"
#include "vcache/redis/rest/upstash_rest.h"
#include "vcache/redis/transport/authorities.h"

namespace vcache::redis {
namespace {

/// One thread that requests the stream, reads it to its end, and repeats.
class RestSubscription final : public Subscription {
 public:
  RestSubscription(UpstashRestSubscriptionOptions options, std::unique_ptr<net::HttpClient> http,
                   Clock& clock, Logger& logger)
      : options_(std::move(options)),
        http_(std::move(http)),
        clock_(clock),
        logger_(logger),
        backoff_(options_) {}

  ~RestSubscription() override {
    {
      const MutexLock lock(mutex_);
      stopping_.store(true);
    }
    wake_.NotifyAll();
    if (thread_.joinable()) thread_.join();
  }

  void Start() {
    thread_ = std::thread([this] { Main(); });
  }
  bool listening() const noexcept override { return listening_.load(); }
  void Check() override { check_wanted_.store(true); }

 private:
  void Main() noexcept;
  LinkTrouble Stream();
  bool IsToBeReplaced() const {
    return check_wanted_.load() || clock_.Now() - asked_ >= options_.stream_life;
  }
  net::HttpRequest Request(RestEventReader& reader);
  void OnSubscribed();
  void OnEnd(const LinkTrouble& trouble, bool renewed);
  void Pause(std::chrono::milliseconds pause);

  const UpstashRestSubscriptionOptions options_;
  const std::unique_ptr<net::HttpClient> http_;
  Clock& clock_;
  Logger& logger_;
  Mutex mutex_;
  ConditionVariable wake_;
  std::atomic<bool> stopping_{false};
  std::atomic<bool> listening_{false};
  std::atomic<bool> check_wanted_{false};  // a stream cannot be asked: it is replaced

  // Used by the thread only.
  Backoff backoff_;
  SteadyTime asked_{};
  bool silent_ = false;  // do not log the current outage, or it is logged already
  bool told_ = false;    // "received" has been logged
  std::thread thread_;
};

void RestSubscription::Main() noexcept {
  while (!stopping_.load()) {
    try {
      const LinkTrouble trouble = Stream();
      if (stopping_.load()) break;
      const bool renewed = listening_.load() && IsToBeReplaced();
      OnEnd(trouble, renewed);
      if (renewed) continue;
      Pause(backoff_.Next(trouble.state == RespState::kRefused));
    } catch (const std::exception&) {
      OnEnd({RespState::kConnecting, "a message could not be handled"}, false);
      Pause(backoff_.Next());
    }
  }
}

net::HttpRequest RestSubscription::Request(RestEventReader& reader) {
  net::HttpRequest request;
  request.url = options_.url + "/subscribe/" + PercentEncode(options_.channel);
  request.headers = {{"Authorization", "Bearer " + options_.token.Reveal()},
                     {"Accept", "text/event-stream"}};
  request.connect_timeout = options_.connect_timeout;
  request.timeout = options_.stream_life + 2 * options_.silence_limit;
  request.on_body = [&reader](std::string_view piece) { return reader.Take(piece); };
  request.cancelled = [this] {
    const bool over =
        listening_.load() ? IsToBeReplaced() : clock_.Now() - asked_ >= options_.silence_limit;
    return stopping_.load() || over;
  };
  return request;
}

LinkTrouble RestSubscription::Stream() {
  RestEventReader reader(options_.channel, options_.max_message_bytes,
                         {[this] { OnSubscribed(); },
                          [this](std::string_view payload) {
                            if (options_.on_message) options_.on_message(payload);
                          }});
  asked_ = clock_.Now();
  check_wanted_.store(false);
  const auto response = http_->Send(Request(reader), Deadline::Never());
  if (!response) return {RespState::kConnecting, response.error().message};
  if (response->status == 200) return {RespState::kConnecting, "the stream of events ended"};
  static constexpr ReplyLimits kLimits{.max_bytes = 4096, .max_elements = 0};
  const RestAnswer answer = ReadRestAnswer(*response, {&kLimits, 1}, false);
  if (answer.trouble) return *answer.trouble;
  if (const auto behind = TroubleBehind(answer.replies.front())) return *behind;
  return {RespState::kRefused,
          "it refuses the subscription: \"" + EscapeForLog(answer.replies.front().text) + "\""};
}

void RestSubscription::OnSubscribed() {
  if (listening_.exchange(true)) return;
  backoff_.Reset();
  // Call the handler first, so that the log line means that its work is done.
  if (options_.on_subscribed) options_.on_subscribed();
  if (!told_)
    logger_.Info("Redis events are received", {{"address", net::ShownAddress(options_.url)}});
  told_ = true;
  silent_ = false;
}

void RestSubscription::OnEnd(const LinkTrouble& trouble, bool renewed) {
  const bool was_listening = listening_.exchange(false);
  if (!renewed && !silent_) {
    logger_.Warn("Redis events are not received",
                 {{"address", net::ShownAddress(options_.url)}, {"reason", trouble.reason}});
    silent_ = true;
    told_ = false;
  }
  if (was_listening && options_.on_lost) options_.on_lost();
}

void RestSubscription::Pause(std::chrono::milliseconds pause) {
  MutexLock lock(mutex_);
  const SteadyTime until = clock_.Now() + pause;
  while (!stopping_.load() && clock_.WaitUntil(wake_, lock, until)) {
  }
}

}  // namespace

Result<std::unique_ptr<Subscription>> MakeUpstashRestSubscription(
    UpstashRestSubscriptionOptions options, Clock& clock, Logger& logger) {
  if (auto trusted = CheckAuthorities(options.ca_file); !trusted) return trusted.error();
  net::CurlHttpClientOptions http;
  http.ca_file = options.ca_file;
  http.peer = "Upstash";
  auto subscription = std::make_unique<RestSubscription>(
      std::move(options), net::MakeCurlHttpClient(std::move(http), clock), clock, logger);
  try {
    subscription->Start();
  } catch (const std::system_error&) {
    return Error{ErrorCode::kIo, "no thread for the Redis subscription"};
  }
  return std::unique_ptr<Subscription>(std::move(subscription));
}

}  // namespace vcache::redis
