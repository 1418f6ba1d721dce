#include "redis/resp_loop.h"

#include <algorithm>
#include <array>
#include <utility>

namespace vcache::redis {
namespace {

using std::chrono::milliseconds;

/// Pause between pings to a server that reports that it is not ready.
constexpr milliseconds kProbePause{200};
/// How long a ping may be unanswered before a second connection is tried.
constexpr milliseconds kDoubtAfter{100};
constexpr milliseconds kLongestWrongServerPatience = std::chrono::minutes(5);

}  // namespace

RespLoop::RespLoop(RespConnectionOptions options, RespDialer dialer, WakeSignal wake, Clock& clock,
                   Logger& logger)
    : options_(std::move(options)),
      clock_(clock),
      logger_(logger),
      wake_(std::move(wake)),
      health_(options_, clock.Now()),
      dialer_(std::move(dialer)),
      challenge_dialer_(dialer_.Another()),
      wrong_server_patience_(options_.wrong_server_patience) {}

RespLoop::~RespLoop() {
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
  }
  wake_.Raise();
  if (thread_.joinable()) thread_.join();
}

void RespLoop::Start() {
  thread_ = std::thread([this] { Main(); });
}

void RespLoop::Main() noexcept {
  while (true) {
    {
      const MutexLock lock(mutex_);
      if (stopping_) break;
    }
    try {
      RunOnce();
    } catch (const std::exception&) {
      // Out of memory, most likely from a large reply: drop this connection and go on.
      End(Error{ErrorCode::kStoreUnavailable, "no memory to talk to it"});
    }
  }
  // Do not log it: the service ends this connection itself.
  challenger_.reset();
  session_.reset();
  FailEverything("the service is shutting down");
}

void RespLoop::RunOnce() {
  const SteadyTime now = clock_.Now();
  if (session_ == nullptr && now >= dialer_.due()) Connect(now);
  if (session_ != nullptr) Work(now);
  Challenge(clock_.Now());
  PollUntil(NextEvent(), clock_.Now(), wake_, session_.get(), challenger_.get());
}

/// Whether the open connection owes the answer to a ping: the server is slow, or the connection is
/// dead and nobody said so.
bool RespLoop::IsDoubtful(SteadyTime now) const noexcept {
  return session_ != nullptr && session_->open() && ping_due_answer_ &&
         now - ping_sent_ >= kDoubtAfter;
}

/// A second connection tells a dead connection from a slow server: if it is answered first, it
/// takes the place of the first.
void RespLoop::Challenge(SteadyTime now) {
  if (!IsDoubtful(now)) {
    challenger_.reset();
    return;
  }
  if (challenger_ == nullptr) {
    if (now < challenge_dialer_.due()) return;
    auto session = challenge_dialer_.Dial(*this, clock_);
    if (session) challenger_ = *std::move(session);
    return;
  }
  auto pumped = challenger_->Pump();
  if (pumped && !challenger_->open() && now >= challenge_dialer_.give_up()) {
    pumped = Error{ErrorCode::kStoreUnavailable, "it does not answer either"};
  }
  if (!pumped) {
    challenge_dialer_.Failed(pumped.error(), now);
    challenger_.reset();
  } else if (challenger_->open()) {
    challenge_dialer_.Opened(now);
    End({ErrorCode::kStoreUnavailable, "a second connection is answered, and this one is not"});
    session_ = std::move(challenger_);
    owed_since_ = last_use_ = now;
    ping_due_answer_ = announced_ = false;
    OnOpened(now);
  }
}

void RespLoop::Connect(SteadyTime now) {
  auto session = dialer_.Dial(*this, clock_);
  owed_since_ = last_use_ = now;
  ping_due_answer_ = announced_ = false;
  if (session) {
    session_ = *std::move(session);
    return;
  }
  Enter(session.error().code == ErrorCode::kUnauthenticated ? RespState::kRefused
                                                            : RespState::kConnecting,
        session.error().message);
}

void RespLoop::Work(SteadyTime now) {
  if (session_->open()) TakeQueue();
  // The time before reading: bytes read now do not answer commands sent after it.
  const SteadyTime begun = clock_.Now();
  const auto pumped = session_->Pump();
  if (session_->TakeHeard()) {
    const MutexLock lock(mutex_);
    health_.NoteHeard(begun);
  }
  if (!pumped) {
    End(pumped.error());
    return;
  }
  if (session_->open() && !announced_) OnOpened(now);
  Supervise(clock_.Now());
}

void RespLoop::TakeQueue() {
  std::deque<Pending> taken;
  {
    const MutexLock lock(mutex_);
    taken.swap(queue_);
  }
  if (taken.empty()) return;
  last_use_ = clock_.Now();
  if (pending_replies_.empty()) owed_since_ = last_use_;
  for (const Pending& pending : taken) {
    bool abandoned = false;
    {
      const MutexLock lock(pending.batch->mutex);
      abandoned = pending.batch->abandoned;
    }
    if (abandoned) {  // never sent, so nothing is owed
      const MutexLock lock(mutex_);
      health_.Release(pending.limits.size(), pending.bytes.size());
      continue;
    }
    session_->Queue(pending.bytes);
    for (std::size_t i = 0; i < pending.limits.size(); ++i) {
      pending_replies_.push_back(
          {pending.batch, i, pending.limits[i], i == 0 ? pending.bytes.size() : 0});
    }
  }
}

void RespLoop::OnOpened(SteadyTime now) {
  announced_ = true;
  opened_ = now;
  dialer_.Opened(now);
  {
    const MutexLock lock(mutex_);
    health_.NoteConnected();
  }
  if (session_->not_ready_reason().empty()) {
    Enter(RespState::kReady, "");
  } else {
    next_probe_ = now + kProbePause;
    Enter(RespState::kSilent, session_->not_ready_reason());
  }
}

void RespLoop::SendPing(SteadyTime now) {
  if (pending_replies_.empty()) owed_since_ = now;
  session_->Queue(EncodeCommand(std::array<std::string, 1>{"PING"}));
  pending_replies_.push_back({nullptr, 0, {.max_bytes = 4096, .max_elements = 0}, 0});
  ping_due_answer_ = true;
  ping_sent_ = last_use_ = now;
}

void RespLoop::Supervise(SteadyTime now) {
  if (!session_->open()) {
    if (now >= dialer_.give_up()) {
      End({ErrorCode::kStoreUnavailable, std::string(session_->waits_for())});
    }
    return;
  }
  Announce();  // callers may have found that it does not answer
  SteadyTime heard;
  RespState state;
  bool check = false;
  {
    const MutexLock lock(mutex_);
    heard = health_.heard();
    state = health_.status().state;
    check = std::exchange(check_wanted_, false);
  }
  if (!pending_replies_.empty() && now - std::max(heard, owed_since_) >= options_.silence_limit) {
    End({ErrorCode::kStoreUnavailable, "it has stopped answering"});
    return;
  }
  if (state == RespState::kPaused && now >= paused_until_) Enter(RespState::kReady, "");
  const bool probe = state == RespState::kSilent && now >= next_probe_;
  const bool idle = now >= options_.pings.Due(last_use_);
  if (!ping_due_answer_ && (check || probe || idle)) {
    SendPing(now);
    if (const auto pumped = session_->Pump(); !pumped) End(pumped.error());
  }
}

SteadyTime RespLoop::NextEvent() const {
  if (session_ == nullptr) return dialer_.due();
  if (!session_->open()) return dialer_.give_up();
  SteadyTime next = SteadyTime::max();
  const MutexLock lock(mutex_);
  const bool silent = health_.status().state == RespState::kSilent;
  if (!ping_due_answer_) next = std::min(next, options_.pings.Due(last_use_));
  if (!ping_due_answer_ && silent) next = std::min(next, next_probe_);
  if (!pending_replies_.empty())
    next = std::min(next, std::max(health_.heard(), owed_since_) + options_.silence_limit);
  if (health_.status().state == RespState::kPaused) next = std::min(next, paused_until_);
  if (ping_due_answer_) {
    next = std::min(next, challenger_ != nullptr
                              ? challenge_dialer_.give_up()
                              : std::max(ping_sent_ + kDoubtAfter, challenge_dialer_.due()));
  }
  return next;
}

void RespLoop::End(const Error& error) {
  const SteadyTime now = clock_.Now();
  if (session_ != nullptr) dialer_.Failed(error, now);
  session_.reset();
  const bool refused = error.code == ErrorCode::kUnauthenticated;
  // Refuse new calls first, then fail the waiting ones.
  Enter(refused ? RespState::kRefused : RespState::kConnecting, error.message);
  FailEverything(error.message);
}

void RespLoop::FailEverything(const std::string& reason) {
  std::deque<PendingReply> pending_replies;
  pending_replies.swap(pending_replies_);
  std::deque<Pending> queue;
  {
    const MutexLock lock(mutex_);
    queue.swap(queue_);
    for (const PendingReply& pending : pending_replies) {
      if (pending.batch != nullptr) health_.Release(1, pending.bytes);
    }
    for (const Pending& pending : queue) {
      health_.Release(pending.limits.size(), pending.bytes.size());
    }
  }
  const Error told{ErrorCode::kStoreUnavailable, "the connection to Redis was lost: " + reason};
  for (const PendingReply& pending : pending_replies) {
    if (pending.batch != nullptr) pending.batch->Fail(told);
  }
  for (const Pending& pending : queue) pending.batch->Fail(told);
}

std::optional<ReplyLimits> RespLoop::Due() {
  if (pending_replies_.empty()) return std::nullopt;
  return pending_replies_.front().limits;
}

Result<void> RespLoop::OnReply(RespReply reply) {
  const PendingReply pending = std::move(pending_replies_.front());
  pending_replies_.pop_front();
  owed_since_ = clock_.Now();
  if (pending.batch == nullptr) return OnPing(reply);
  {
    const MutexLock lock(mutex_);
    health_.Release(1, pending.bytes);
  }
  auto handled = Handle(TroubleBehind(reply));
  if (handled) handled = LeaveWrongServer(reply);
  Deliver(pending, std::move(reply));
  return handled;
}

/// After a fail-over behind one address the old server goes on answering, as a replica, though the
/// address leads elsewhere. The pause between two attempts grows: the server may be meant.
Result<void> RespLoop::LeaveWrongServer(const RespReply& reply) {
  const RespErrorKind kind = reply.error_kind();
  const bool may_be_wrong = kind == RespErrorKind::kReadOnly ||
                            kind == RespErrorKind::kMasterDown || kind == RespErrorKind::kLoading;
  const auto age = clock_.Now() - opened_;
  if (!may_be_wrong || age < wrong_server_patience_) return {};
  wrong_server_patience_ = age >= kLongestWrongServerPatience
                               ? options_.wrong_server_patience
                               : std::min(2 * wrong_server_patience_, kLongestWrongServerPatience);
  return Error{ErrorCode::kStoreUnavailable,
               Answering(reply) + "; its address may lead to another server now"};
}

void RespLoop::Deliver(const PendingReply& pending, RespReply reply) {
  bool finished = false;
  bool in_time = false;
  {
    const MutexLock lock(pending.batch->mutex);
    in_time = !pending.batch->abandoned;
    if (in_time) pending.batch->replies[pending.index] = std::move(reply);
    finished = --pending.batch->missing == 0;
  }
  if (finished) pending.batch->finished.NotifyOne();
  const MutexLock lock(mutex_);
  if (in_time) health_.NoteAnswered(1);
}

Result<void> RespLoop::OnPing(const RespReply& reply) {
  ping_due_answer_ = false;
  const auto trouble = TroubleBehind(reply);
  // A ping is not billed: it says nothing about the quota.
  if (auto left = LeaveWrongServer(reply); !left) return left;
  if (trouble && trouble->state != RespState::kPaused) return Handle(trouble);
  if (Status().state != RespState::kSilent) return {};
  // A late answer shows that the server lives, not that it is fast enough: ping again at once.
  const SteadyTime now = clock_.Now();
  if (now - ping_sent_ > options_.command_timeout) {
    next_probe_ = now;
  } else {
    Enter(RespState::kReady, "");
  }
  return {};
}

Result<void> RespLoop::Handle(const std::optional<LinkTrouble>& trouble) {
  if (!trouble) return {};
  const RespState state = trouble->state;
  if (state == RespState::kRefused) {
    return Error{ErrorCode::kUnauthenticated, "it wants a password now"};
  }
  if (state == RespState::kConnecting) return Error{ErrorCode::kStoreUnavailable, trouble->reason};
  const SteadyTime now = clock_.Now();
  paused_until_ = now + options_.quota_pause;
  next_probe_ = now + kProbePause;
  Enter(state, trouble->reason);
  return {};
}

void RespLoop::Enter(RespState state, std::string reason) {
  {
    const MutexLock lock(mutex_);
    health_.Enter(state, std::move(reason), clock_.Now());
  }
  changed_.NotifyAll();
  Announce();
}

void RespLoop::Announce() {
  std::optional<RespStatus> news;
  {
    const MutexLock lock(mutex_);
    news = health_.TakeNews();
  }
  if (news) TellRespState(options_, logger_, dialer_.url().Display(), *news);
}

}  // namespace vcache::redis
