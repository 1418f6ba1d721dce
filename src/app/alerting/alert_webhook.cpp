#include "app/alerting/alert_webhook.h"

#include <algorithm>
#include <array>
#include <utility>

#include "vcache/core/random_id.h"

namespace vcache::app {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::size_t kMostWaiting = 100;
/// Between the attempts: five of them, over about two and a half minutes.
constexpr std::array kPauses = {seconds(1), seconds(5), seconds(30), seconds(120)};
constexpr milliseconds kIdle{500};
constexpr milliseconds kMostTime{5'000};
constexpr std::size_t kMostAnswerBytes = 64 * 1024;

bool MayBeTakenLater(int status) {
  return status >= 500 || status == 408 || status == 425 || status == 429;
}

}  // namespace

AlertWebhook::AlertWebhook(WebhookOptions options, net::HttpClient& http, Clock& clock,
                           Logger& logger)
    : options_(std::move(options)), http_(http), clock_(clock), logger_(logger), task_(clock) {}

AlertWebhook::~AlertWebhook() {
  Stop();
}

void AlertWebhook::Start(std::string instance) {
  {
    const MutexLock lock(mutex_);
    sender_ = {std::move(instance), options_.version};
  }
  stopping_ = false;
  task_.Start(kIdle, [this] { return SendOne(); });
}

void AlertWebhook::Stop() {
  stopping_ = true;
  task_.Stop();
}

void AlertWebhook::OnAlert(const metrics::AlertChange& change) {
  bool is_first_loss = false;
  {
    const MutexLock lock(mutex_);
    queue_.push_back(
        {"msg_" + RandomId(), AlertName(change.alert.code), AlertBody(change, sender_), 0});
    if (queue_.size() > kMostWaiting) {
      queue_.pop_front();
      is_first_loss = dropped_++ == 0;
    }
  }
  if (is_first_loss) {
    logger_.Warn(
        "Alerts are not sent: too many wait for ALERT_WEBHOOK_URL, the oldest are dropped");
  }
}

milliseconds AlertWebhook::SendOne() {
  std::optional<Waiting> next;
  {
    const MutexLock lock(mutex_);
    if (queue_.empty()) return kIdle;
    next = queue_.front();
  }
  ++next->attempts;
  return Conclude(*next, Post(*next));
}

AlertWebhook::Outcome AlertWebhook::Post(const Waiting& message) const {
  net::HttpRequest request;
  request.url = options_.url.Reveal();
  request.headers = WebhookHeaders(message.id, clock_.WallNow(), message.body, options_.secret);
  request.body = message.body;
  request.timeout = kMostTime;
  request.max_response_bytes = kMostAnswerBytes;
  request.cancelled = [this] { return stopping_.load(); };
  const Result<net::HttpResponse> answer = http_.Send(request, Deadline::After(clock_, kMostTime));
  if (!answer) return {false, true, seconds(0), answer.error().message};
  if (answer->status >= 200 && answer->status < 300) return {true, false, seconds(0), {}};
  return {false, MayBeTakenLater(answer->status), answer->retry_after.value_or(seconds(0)),
          "It answered with status " + std::to_string(answer->status) + "."};
}

milliseconds AlertWebhook::Conclude(const Waiting& sent, const Outcome& outcome) {
  const bool repeat = !outcome.is_done && outcome.may_repeat && sent.attempts <= kPauses.size();
  std::uint64_t dropped = 0;
  {
    const MutexLock lock(mutex_);
    // It may have been dropped meanwhile.
    const bool is_front = !queue_.empty() && queue_.front().id == sent.id;
    if (is_front && repeat) queue_.front().attempts = sent.attempts;
    if (is_front && !repeat) queue_.pop_front();
    if (queue_.empty()) dropped = std::exchange(dropped_, 0);
  }
  if (dropped > 0) {
    logger_.Warn("Alerts were dropped because too many waited for ALERT_WEBHOOK_URL",
                 {{"alerts", static_cast<std::int64_t>(dropped)}});
  }
  if (repeat) {
    const seconds pause = kPauses[sent.attempts - 1];
    return std::clamp(outcome.asked, pause, std::max(pause, kPauses.back()));
  }
  if (!outcome.is_done) {
    logger_.Warn("An alert could not be sent to ALERT_WEBHOOK_URL",
                 {{"alert", sent.alert},
                  {"attempts", static_cast<std::int64_t>(sent.attempts)},
                  {"reason", std::string_view(outcome.reason)}});
  }
  return milliseconds(0);
}

std::size_t AlertWebhook::waiting() const {
  const MutexLock lock(mutex_);
  return queue_.size();
}

}  // namespace vcache::app
