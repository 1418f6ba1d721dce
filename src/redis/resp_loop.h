#pragma once

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "redis/resp_dialer.h"
#include "redis/resp_health.h"
#include "redis/resp_session.h"
#include "redis/transport/socket.h"
#include "vcache/redis/resp_connection.h"

namespace vcache::redis {

/// The commands of one call of `Run`, shared by the caller and the thread; the caller may leave.
struct RespBatch {
  explicit RespBatch(std::size_t count) : replies(count), missing(count) {}

  std::mutex mutex;
  std::condition_variable finished;
  std::vector<RespReply> replies;  // guarded by mutex
  std::size_t missing;             // guarded by mutex
  std::optional<Error> failure;    // guarded by mutex
  bool abandoned = false;          // guarded by mutex; the caller has left

  bool done() const noexcept { return missing == 0 || failure.has_value(); }
  void Fail(const Error& error);
};

/// The callers' queue and its thread. `mutex_` and a batch's mutex are never held together.
class RespConnection::Loop final : public ReplyHandler {
 public:
  static Result<std::unique_ptr<Loop>> Make(RespConnectionOptions options, Clock& clock,
                                            Logger& logger);
  ~Loop() override;

  // Called from any thread.
  Result<RespTicket> Submit(std::span<const RespCommand> commands, Deadline deadline);
  Result<std::vector<RespReply>> Await(const RespTicket& ticket);
  bool ready() const noexcept;
  RespStatus Status() const;
  bool AwaitReady(Deadline deadline);

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

  Loop(RespConnectionOptions options, RespDialer dialer, WakeSignal wake, Clock& clock,
       Logger& logger);

  // Called by the callers' threads.
  Result<void> Enqueue(Pending pending);
  void NoteTimeout(std::size_t commands, SteadyTime sent, bool waited_in_full);

  // Called by the thread only.
  void Main() noexcept;
  void RunOnce();
  void Connect(SteadyTime now);
  void Work(SteadyTime now);
  void TakeQueue();
  void Supervise(SteadyTime now);
  void OnOpened(SteadyTime now);
  void SendPing(SteadyTime now);
  void Wait(SteadyTime now);
  SteadyTime NextEvent() const;
  void End(const Error& error);
  void FailEverything(const std::string& reason);
  std::optional<ReplyLimits> Due() override;
  Result<void> OnReply(RespReply reply) override;
  Result<void> OnPing(const RespReply& reply);
  Result<void> HandleErrorReply(const RespReply& reply);
  void Deliver(const PendingReply& pending, RespReply reply);
  void ChangeState(RespState state, std::string reason);

  const RespConnectionOptions options_;
  Clock& clock_;
  Logger& logger_;
  WakeSignal wake_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;                // `status_.state`
  RespStatus status_;                              // guarded by mutex_
  RespState told_state_ = RespState::kConnecting;  // guarded by mutex_; what was last logged
  std::deque<Pending> queue_;                      // guarded by mutex_
  std::size_t waiting_bytes_ = 0;                  // guarded by mutex_
  std::size_t timeouts_in_a_row_ = 0;              // guarded by mutex_
  bool tripped_ = false;   // guarded by mutex_; callers saw it silent, the thread has yet to act
  bool stopping_ = false;  // guarded by mutex_
  SteadyTime heard_{};     // guarded by mutex_; when the server last sent a byte

  // Used by the thread only. The session is destroyed before the dialer that it points to.
  RespDialer dialer_;
  std::unique_ptr<RespSession> session_;
  std::deque<PendingReply> pending_replies_;
  bool announced_ = false;  // whether `session_` was open when last checked
  bool ping_due_answer_ = false;
  SteadyTime ping_sent_{};
  SteadyTime next_probe_{};
  SteadyTime last_use_{};    // when bytes were last sent
  SteadyTime owed_since_{};  // since when the server has owed replies
  SteadyTime paused_until_{};
  std::thread thread_;
};

}  // namespace vcache::redis
