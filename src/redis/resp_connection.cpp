#include "vcache/redis/resp_connection.h"

#include <utility>

#include "redis/resp_loop.h"

namespace vcache::redis {

void RespBatch::Fail(const Error& error) {
  {
    const MutexLock lock(mutex);
    if (!done()) failure = error;
  }
  finished.NotifyOne();
}

Result<RespTicket> RespLoop::Submit(std::span<const RespCommand> commands, Deadline deadline) {
  Pending pending;
  pending.batch = std::make_shared<RespBatch>(commands.size());
  for (const RespCommand& command : commands) {
    pending.bytes += EncodeCommand(command.words);
    pending.limits.push_back(command.limits);
  }
  const SteadyTime begun = clock_.Now();
  const SteadyTime in_full = begun + options_.command_timeout;
  const SteadyTime until = std::min(deadline.time(), in_full);
  RespTicket ticket{pending.batch, begun, until, until == in_full};
  if (commands.empty()) return ticket;
  if (until <= begun) {
    return Error{ErrorCode::kStoreUnavailable, "no time is left to ask Redis"};
  }
  if (auto queued = Enqueue(std::move(pending)); !queued) return std::move(queued).error();
  return ticket;
}

Result<std::vector<RespReply>> RespLoop::Await(RespTicket ticket) {
  RespBatch& batch = *ticket.batch;
  MutexLock lock(batch.mutex);
  while (!batch.done() && clock_.WaitUntil(batch.finished, lock, ticket.until)) {
  }
  if (batch.done()) {
    if (batch.failure) return *batch.failure;
    return std::move(batch.replies);
  }
  batch.abandoned = true;
  const std::size_t unanswered = batch.missing;
  lock.Unlock();
  NoteTimeout(unanswered, ticket.begun, ticket.waits_in_full);
  return Error{ErrorCode::kStoreUnavailable, "Redis did not answer in time"};
}

Result<void> RespLoop::Enqueue(Pending pending) {
  bool wake = false;
  {
    const MutexLock lock(mutex_);
    auto admitted = health_.Admit(pending.limits.size(), pending.bytes.size());
    if (!admitted) return admitted;
    wake = queue_.empty();  // else the thread has been woken already
    queue_.push_back(std::move(pending));
  }
  if (wake) wake_.Raise();
  return {};
}

void RespLoop::NoteTimeout(std::size_t commands, SteadyTime sent, bool waited_in_full) {
  {
    const MutexLock lock(mutex_);
    health_.NoteTimeouts(commands);
    // A caller with less than the full time limit says nothing about the server.
    if (!waited_in_full || !health_.ready() || !health_.IsDistrustedAfter(sent)) return;
    health_.Enter(RespState::kSilent, std::string(kNotInTime), clock_.Now());
  }
  wake_.Raise();  // the thread logs it and probes
}

bool RespLoop::available() const noexcept {
  const MutexLock lock(mutex_);
  return health_.ready();
}

void RespLoop::Check() {
  {
    const MutexLock lock(mutex_);
    check_wanted_ = true;
  }
  wake_.Raise();
}

RespStatus RespLoop::Status() const {
  const MutexLock lock(mutex_);
  return health_.status();
}

bool RespLoop::AwaitReady(Deadline deadline) {
  MutexLock lock(mutex_);
  while (!health_.ready() && clock_.WaitUntil(changed_, lock, deadline.time())) {
  }
  return health_.ready();
}

Result<std::vector<RespReply>> RespLoop::Run(std::span<const RespCommand> commands,
                                             Deadline deadline) {
  auto ticket = Submit(commands, deadline);
  if (!ticket) return std::move(ticket).error();
  return Await(*std::move(ticket));
}

Result<std::unique_ptr<RespConnection>> MakeRespConnection(RespConnectionOptions options,
                                                           Clock& clock, Logger& logger) {
  return StartOnThread<RespConnection, RespLoop>(std::move(options), clock, logger,
                                                 "no thread for the Redis connection");
}

}  // namespace vcache::redis
