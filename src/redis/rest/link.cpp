#include "redis/rest/link.h"

#include <algorithm>
#include <array>
#include <system_error>
#include <utility>

namespace vcache::redis {
namespace {

/// Limits for calls that share a request; a single call may be larger.
constexpr std::size_t kMostCommands = 256;
constexpr std::size_t kMostBytes = 256 * 1024;
/// Whether repeating the command is harmless. Lists the reading commands that this service uses.
bool OnlyReads(const RespCommand& command) {
  static constexpr std::array<std::string_view, 8> kReads = {"GET",  "MGET", "HGETALL", "HMGET",
                                                             "SCAN", "PTTL", "EXISTS",  "PING"};
  return !command.words.empty() &&
         std::find(kReads.begin(), kReads.end(), command.words.front()) != kReads.end();
}

}  // namespace

UpstashRestLink::UpstashRestLink(UpstashRestOptions options,
                                 std::vector<std::unique_ptr<net::HttpClient>> connections,
                                 Clock& clock, Logger& logger)
    : options_(std::move(options)),
      clock_(clock),
      logger_(logger),
      health_(options_, clock.Now()),
      next_probe_(clock.Now()),
      backoff_(options_),
      workers_(connections.size()) {
  for (std::size_t i = 0; i < workers_.size(); ++i) {
    workers_[i].index = i;
    workers_[i].http = std::move(connections[i]);
  }
}

UpstashRestLink::~UpstashRestLink() {
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
  }
  work_.NotifyAll();
  for (Worker& worker : workers_) {
    if (worker.thread.joinable()) worker.thread.join();
  }
}

Result<void> UpstashRestLink::Start() {
  try {
    for (Worker& worker : workers_) worker.thread = std::thread([this, &worker] { Main(worker); });
  } catch (const std::system_error&) {
    return Error{ErrorCode::kIo, "no thread for the Redis connection"};
  }
  return {};
}

Result<std::shared_ptr<UpstashRestLink::Call>> UpstashRestLink::MakeCall(
    std::span<const RespCommand> commands) const {
  auto call = std::make_shared<Call>();
  for (const RespCommand& command : commands) {
    const auto json = EncodeRestCommand(command.words);
    if (!json) return RestUnavailable("Redis over REST takes text only, and an argument is none");
    if (!call->json.empty()) call->json += ',';
    call->json += *json;
    call->limits.push_back(command.limits);
    call->only_reads = call->only_reads && OnlyReads(command);
  }
  return call;
}

Result<std::vector<RespReply>> UpstashRestLink::Run(std::span<const RespCommand> commands,
                                                    Deadline deadline) {
  if (commands.empty()) return Replies();
  const SteadyTime begun = clock_.Now();
  const SteadyTime until = std::min(deadline.time(), begun + options_.command_timeout);
  if (until <= begun) return RestUnavailable("no time is left to ask Redis");
  {  // before the commands are put into JSON: an outage costs nothing
    const MutexLock lock(mutex_);
    if (auto admitted = health_.Admit(0, 0); !admitted) return std::move(admitted).error();
  }
  auto made = MakeCall(commands);
  if (!made) return std::move(made).error();
  const std::shared_ptr<Call> call = *std::move(made);

  MutexLock lock(mutex_);
  if (auto admitted = health_.Admit(call->limits.size(), call->json.size()); !admitted) {
    return std::move(admitted).error();
  }
  queue_.push_back(call);
  work_.NotifyAll();
  while (!call->outcome && clock_.WaitUntil(call->finished, lock, until)) {
  }
  if (call->outcome) return *std::move(call->outcome);
  call->abandoned = true;
  health_.NoteTimeouts(call->limits.size());
  // A caller with less than the full time limit says nothing about the server.
  const bool in_full = until == begun + options_.command_timeout;
  const bool silent = in_full && health_.IsSilentSince(begun);
  lock.Unlock();
  if (silent) Enter({RespState::kSilent, std::string(kNotInTime)});
  return RestUnavailable("Redis did not answer in time");
}

bool UpstashRestLink::available() const noexcept {
  const MutexLock lock(mutex_);
  return health_.ready();
}

RespStatus UpstashRestLink::Status() const {
  const MutexLock lock(mutex_);
  return health_.status();
}

bool UpstashRestLink::AwaitReady(Deadline deadline) {
  MutexLock lock(mutex_);
  while (!health_.ready() && clock_.WaitUntil(changed_, lock, deadline.time())) {
  }
  return health_.ready();
}

void UpstashRestLink::Main(Worker& worker) noexcept {
  while (true) {
    Calls calls;
    const Task task = Next(worker, calls);
    if (task == Task::kStop) break;
    try {
      Perform(task, worker, calls);
    } catch (const std::exception&) {
      // Out of memory, most likely from a large answer; go on with the next call.
      Fail(calls, RestUnavailable("no memory to talk to Redis"));
    }
    {
      const MutexLock lock(mutex_);
      --busy_;
    }
  }
  if (!worker.is_keeper()) return;
  Calls left;
  {
    const MutexLock lock(mutex_);
    left.assign(queue_.begin(), queue_.end());
    queue_.clear();
  }
  Fail(left, RestUnavailable("the service is shutting down"));
}

/// What this worker is to do now; empty when nothing.
std::optional<UpstashRestLink::Task> UpstashRestLink::Due(const Worker& worker) const {
  if (stopping_) return Task::kStop;
  if (worker.is_keeper()) {
    if (health_.has_news()) return Task::kAnnounce;
    if (clock_.Now() >= NextProbe(worker)) return Task::kProbe;
  }
  if (!health_.ready() || queue_.empty() || busy_ < worker.index) return {};
  // A worker without an open connection probes first: callers must not wait for its handshake.
  return IsWarm(worker) ? Task::kServe : Task::kProbe;
}

SteadyTime UpstashRestLink::NextProbe(const Worker& worker) const {
  if (!worker.is_keeper()) return SteadyTime::max();
  if (!health_.ready()) return next_probe_;
  return worker.last_use + options_.ping_interval;
}

bool UpstashRestLink::IsWarm(const Worker& worker) const {
  return worker.warm && clock_.Now() - worker.last_use < 2 * options_.ping_interval;
}

UpstashRestLink::Task UpstashRestLink::Next(const Worker& worker, Calls& calls) {
  MutexLock lock(mutex_);
  auto task = Due(worker);
  while (!task) {
    clock_.WaitUntil(work_, lock, NextProbe(worker));
    task = Due(worker);
  }
  if (*task == Task::kStop) return *task;
  ++busy_;
  if (*task == Task::kServe) Take(calls);
  if (!queue_.empty()) work_.NotifyAll();  // now that this one is busy, it is another's turn
  return *task;
}

/// Moves what may travel together from the queue.
void UpstashRestLink::Take(Calls& calls) {
  std::size_t commands = 0;
  std::size_t bytes = 0;
  while (!queue_.empty()) {
    const std::shared_ptr<Call>& first = queue_.front();
    commands += first->limits.size();
    bytes += first->json.size();
    if (!calls.empty() && (commands > kMostCommands || bytes > kMostBytes)) return;
    if (first->abandoned) {  // never sent: its outcome does not matter
      Finish(*first, RestUnavailable(""));
    } else {
      calls.push_back(first);
    }
    queue_.pop_front();
  }
}

}  // namespace vcache::redis
