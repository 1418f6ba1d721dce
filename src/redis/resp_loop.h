#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "redis/link_health.h"
#include "redis/resp_dialer.h"
#include "redis/resp_session.h"
#include "redis/transport/socket.h"
#include "vcache/core/mutex.h"
#include "vcache/redis/resp_connection.h"

namespace vcache::redis {

/// The commands of one call of `Run`, shared by the caller and the thread; the caller may leave.
struct RespBatch {
  explicit RespBatch(std::size_t count) : replies(count), missing(count) {}

  Mutex mutex;
  ConditionVariable finished;
  std::vector<RespReply> replies VCACHE_GUARDED_BY(mutex);
  std::size_t missing VCACHE_GUARDED_BY(mutex);
  std::optional<Error> failure VCACHE_GUARDED_BY(mutex);
  bool abandoned VCACHE_GUARDED_BY(mutex) = false;  // the caller has left

  bool done() const noexcept VCACHE_REQUIRES(mutex) { return missing == 0 || failure.has_value(); }
  void Fail(const Error& error) VCACHE_EXCLUDES(mutex);
};

/// The callers' queue and its thread. `mutex_` and a batch's mutex are never held together.
class RespLoop final : public RespConnection, private ReplyHandler {
 public:
  RespLoop(RespConnectionOptions options, RespDialer dialer, WakeSignal wake, Clock& clock,
           Logger& logger);
  ~RespLoop() override;
  void Start();

  using RespClient::Run;
  Result<std::vector<RespReply>> Run(std::span<const RespCommand> commands,
                                     Deadline deadline) override;
  Result<RespTicket> Submit(std::span<const RespCommand> commands, Deadline deadline) override;
  Result<std::vector<RespReply>> Await(RespTicket ticket) override;
  bool available() const noexcept override;
  std::optional<SteadyTime> away_since() const noexcept override { return Status().away_since; }
  void Check() override;
  RespStatus Status() const override;
  bool AwaitReady(Deadline deadline) override;

 private:
  /// Encoded commands of one batch, before the session has them.
  struct Pending {
    std::shared_ptr<RespBatch> batch;
    std::vector<ReplyLimits> limits;
    std::string bytes;
  };
  /// A reply that the server owes; kept when the caller has left (rule R3).
  struct PendingReply {
    std::shared_ptr<RespBatch> batch;  // null for our own ping
    std::size_t index = 0;
    ReplyLimits limits;
    std::size_t bytes = 0;  // size of the command, for `max_waiting_bytes`
  };

  // In the callers' threads.
  Result<void> Enqueue(Pending pending) VCACHE_EXCLUDES(mutex_);
  void NoteTimeout(std::size_t commands, SteadyTime sent, bool waited_in_full)
      VCACHE_EXCLUDES(mutex_);

  // In the thread.
  void Main() noexcept VCACHE_EXCLUDES(mutex_);
  void RunOnce() VCACHE_EXCLUDES(mutex_);
  void Connect(SteadyTime now);
  void Challenge(SteadyTime now) VCACHE_EXCLUDES(mutex_);
  bool IsDoubtful(SteadyTime now) const noexcept;
  void Work(SteadyTime now) VCACHE_EXCLUDES(mutex_);
  void TakeQueue() VCACHE_EXCLUDES(mutex_);
  void Supervise(SteadyTime now) VCACHE_EXCLUDES(mutex_);
  void OnOpened(SteadyTime now) VCACHE_EXCLUDES(mutex_);
  void SendPing(SteadyTime now) VCACHE_EXCLUDES(mutex_);
  SteadyTime NextEvent() const VCACHE_EXCLUDES(mutex_);
  void End(const Error& error) VCACHE_EXCLUDES(mutex_);
  void FailEverything(const std::string& reason) VCACHE_EXCLUDES(mutex_);
  std::optional<ReplyLimits> Due() override;
  Result<void> OnReply(RespReply reply) override;
  Result<void> OnPing(const RespReply& reply);
  Result<void> LeaveWrongServer(const RespReply& reply);
  Result<void> Handle(const std::optional<LinkTrouble>& trouble);
  void Deliver(const PendingReply& pending, RespReply reply) VCACHE_EXCLUDES(mutex_);
  void Enter(RespState state, std::string reason) VCACHE_EXCLUDES(mutex_);
  void Announce() VCACHE_EXCLUDES(mutex_);

  const RespConnectionOptions options_;
  Clock& clock_;
  Logger& logger_;
  WakeSignal wake_;

  mutable Mutex mutex_;
  ConditionVariable changed_;  // the state of `health_`
  LinkHealth health_ VCACHE_GUARDED_BY(mutex_);
  std::deque<Pending> queue_ VCACHE_GUARDED_BY(mutex_);
  bool stopping_ VCACHE_GUARDED_BY(mutex_) = false;
  bool check_wanted_ VCACHE_GUARDED_BY(mutex_) = false;

  // Used by the thread only. The sessions are destroyed before the dialers that they point to.
  RespDialer dialer_;
  RespDialer challenge_dialer_;
  std::unique_ptr<RespSession> session_;
  std::unique_ptr<RespSession> challenger_;  // takes the place of a session that does not answer
  std::deque<PendingReply> pending_replies_;
  bool announced_ = false;  // whether `session_` was open when last checked
  bool ping_due_answer_ = false;
  SteadyTime ping_sent_{};
  SteadyTime next_probe_{};
  SteadyTime last_use_{};    // when bytes were last sent
  SteadyTime owed_since_{};  // since when the server has owed replies
  SteadyTime paused_until_{};
  SteadyTime opened_{};  // `session_`
  std::chrono::milliseconds wrong_server_patience_;
  std::thread thread_;
};

}  // namespace vcache::redis
