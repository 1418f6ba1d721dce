#include "vcache/redis/resp_subscription.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <thread>
#include <utility>

#include "redis/resp_dialer.h"
#include "redis/resp_session.h"
#include "redis/transport/socket.h"

namespace vcache::redis {

namespace {

class RespSubscription final : public Subscription, private ReplyHandler {
 public:
  RespSubscription(RespSubscriptionOptions options, RespDialer dialer, WakeSignal wake,
                   Clock& clock, Logger& logger)
      : options_(std::move(options)),
        clock_(clock),
        logger_(logger),
        wake_(std::move(wake)),
        dialer_(std::move(dialer)) {}

  ~RespSubscription() override {
    stopping_.store(true);
    wake_.Raise();
    if (thread_.joinable()) thread_.join();
  }

  void Start() {
    thread_ = std::thread([this] { Main(); });
  }
  bool listening() const noexcept override { return listening_.load(); }
  void Check() override {
    check_wanted_.store(true);
    wake_.Raise();
  }

 private:
  void Main() noexcept;
  void RunOnce();
  void Supervise(SteadyTime now);
  SteadyTime AnswerDue() const;
  void Wait(SteadyTime now) const;
  void Ask(std::span<const std::string> words, SteadyTime now);
  void End(const Error& error);
  std::optional<ReplyLimits> Due() override;
  Result<void> OnReply(RespReply reply) override;

  const RespSubscriptionOptions options_;
  Clock& clock_;
  Logger& logger_;
  const WakeSignal wake_;
  std::atomic<bool> stopping_{false};
  std::atomic<bool> listening_{false};
  std::atomic<bool> check_wanted_{false};

  // Used by the thread only. The session is destroyed before the dialer that it points to.
  RespDialer dialer_;
  std::unique_ptr<RespSession> session_;
  bool asked_ = false;   // SUBSCRIBE was sent on this session
  bool warned_ = false;  // in the current outage
  bool owed_ = false;    // an answer to SUBSCRIBE or PING is due
  SteadyTime asked_at_{};
  SteadyTime prove_by_ = SteadyTime::max();  // after `Check`, until something is heard
  SteadyTime heard_{};
  std::thread thread_;
};

void RespSubscription::Main() noexcept {
  while (!stopping_.load()) {
    try {
      RunOnce();
    } catch (const std::exception&) {
      End(Error{ErrorCode::kStoreUnavailable, "a message could not be handled"});
    }
  }
}

void RespSubscription::RunOnce() {
  const SteadyTime now = clock_.Now();
  if (session_ == nullptr && now >= dialer_.due()) {
    auto session = dialer_.Dial(*this, clock_);
    if (session) {
      session_ = *std::move(session);
      asked_ = owed_ = false;
      prove_by_ = SteadyTime::max();
    } else {
      End(session.error());
    }
  }
  if (session_ != nullptr) {
    const auto pumped = session_->Pump();
    if (session_->TakeHeard()) {
      heard_ = clock_.Now();
      prove_by_ = SteadyTime::max();
    }
    if (pumped) {
      Supervise(clock_.Now());
    } else {
      End(pumped.error());
    }
  }
  Wait(clock_.Now());
}

/// When an answer that is owed is too late.
SteadyTime RespSubscription::AnswerDue() const {
  return std::min(std::max(heard_, asked_at_) + options_.silence_limit, prove_by_);
}

void RespSubscription::Supervise(SteadyTime now) {
  const bool check = check_wanted_.exchange(false);
  if (!session_->open()) {
    if (now >= dialer_.give_up()) {
      End({ErrorCode::kStoreUnavailable, std::string(session_->waits_for())});
    }
    return;
  }
  if (!asked_) {
    asked_ = true;
    dialer_.Opened(now);
    Ask(std::array<std::string, 2>{"SUBSCRIBE", options_.channel}, now);
    return;
  }
  if (check) prove_by_ = std::min(prove_by_, now + options_.check_limit);
  if (owed_ && now >= AnswerDue()) {
    End({ErrorCode::kStoreUnavailable, "it has stopped answering"});
  } else if (!owed_ && (check || now >= options_.pings.Due(std::max(heard_, asked_at_)))) {
    Ask(std::array<std::string, 1>{"PING"}, now);
  }
}

void RespSubscription::Ask(std::span<const std::string> words, SteadyTime now) {
  session_->Queue(EncodeCommand(words));
  owed_ = true;
  asked_at_ = now;
  if (const auto pumped = session_->Pump(); !pumped) End(pumped.error());
}

void RespSubscription::Wait(SteadyTime now) const {
  SteadyTime next = dialer_.due();
  if (session_ != nullptr) {
    next = !session_->open() ? dialer_.give_up()
           : owed_           ? AnswerDue()
                             : options_.pings.Due(std::max(heard_, asked_at_));
  }
  PollUntil(next, now, wake_, session_.get());
}

void RespSubscription::End(const Error& error) {
  if (session_ != nullptr) dialer_.Failed(error, clock_.Now());
  session_.reset();
  const bool was_listening = listening_.exchange(false);
  if (!warned_) {
    logger_.Warn("Redis events are not received",
                 {{"address", dialer_.url().Display()}, {"reason", error.message}});
  }
  warned_ = true;
  if (was_listening && options_.on_lost) options_.on_lost();
}

std::optional<ReplyLimits> RespSubscription::Due() {
  // Messages may come at any time after SUBSCRIBE; before it, none may.
  if (!asked_) return std::nullopt;
  return ReplyLimits{.max_bytes = options_.max_message_bytes, .max_elements = 8};
}

Result<void> RespSubscription::OnReply(RespReply reply) {
  if (reply.is_error()) {
    return Error{ErrorCode::kUnauthenticated,
                 "it refuses the subscription: \"" + EscapeForLog(reply.text) + "\""};
  }
  if (!reply.is_array() || reply.elements.empty()) {
    return Error{ErrorCode::kStoreUnavailable, "it sent something that is no event"};
  }
  const std::string& what = reply.elements[0].text;
  if (what == "message" && reply.elements.size() == 3) {
    if (reply.elements[1].text == options_.channel && options_.on_message) {
      options_.on_message(reply.elements[2].text);
    }
    return {};
  }
  owed_ = false;
  if (what != "subscribe") return {};
  listening_.store(true);
  // Call the handler first, so that the log line means that its work is done.
  if (options_.on_subscribed) options_.on_subscribed();
  logger_.Info("Redis events are received", {{"address", dialer_.url().Display()}});
  warned_ = false;
  return {};
}

}  // namespace

Result<std::unique_ptr<Subscription>> MakeRespSubscription(RespSubscriptionOptions options,
                                                           Clock& clock, Logger& logger) {
  return StartOnThread<Subscription, RespSubscription>(std::move(options), clock, logger,
                                                       "no thread for the Redis subscription");
}

}  // namespace vcache::redis
