#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "redis/backoff.h"
#include "redis/link_health.h"
#include "redis/rest/codec.h"
#include "vcache/core/mutex.h"
#include "vcache/net/http_client.h"
#include "vcache/redis/rest/upstash_rest.h"

namespace vcache::redis {

inline Error RestUnavailable(std::string message) {
  return Error{ErrorCode::kStoreUnavailable, std::move(message)};
}

/// The client behind `MakeUpstashRestClient`. Its first thread, the keeper, also probes, pings when
/// idle and logs; the others help while the threads before them are busy.
class UpstashRestLink final : public RespLink {
 public:
  /// Each HTTP client is one connection and gets one thread.
  UpstashRestLink(UpstashRestOptions options,
                  std::vector<std::unique_ptr<net::HttpClient>> connections, Clock& clock,
                  Logger& logger);
  ~UpstashRestLink() override;
  Result<void> Start();

  using RespClient::Run;
  Result<std::vector<RespReply>> Run(std::span<const RespCommand> commands,
                                     Deadline deadline) override;
  bool available() const noexcept override;
  std::optional<SteadyTime> away_since() const noexcept override { return Status().away_since; }
  bool takes_any_bytes() const noexcept override { return false; }
  RespStatus Status() const override;
  bool AwaitReady(Deadline deadline) override;

 private:
  using Replies = std::vector<RespReply>;

  /// The commands of one call of `Run`; always sent in one request.
  struct Call {
    std::string json;  ///< The commands, separated by commas.
    std::vector<ReplyLimits> limits;
    bool only_reads = true;
    ConditionVariable finished;
    // The link's `mutex_` guards these, which they have no name for.
    std::optional<Result<Replies>> outcome;
    bool abandoned = false;  // the caller has left
  };
  using Calls = std::vector<std::shared_ptr<Call>>;

  /// A thread and its connection. Only that thread uses the members.
  struct Worker {
    std::size_t index = 0;
    std::unique_ptr<net::HttpClient> http;
    bool warm = false;  ///< Its connection was open after the last use.
    SteadyTime last_use{};
    std::thread thread;

    bool is_keeper() const noexcept { return index == 0; }
  };

  enum class Task { kStop, kAnnounce, kProbe, kServe };

  Result<std::shared_ptr<Call>> MakeCall(std::span<const RespCommand> commands) const;

  void Main(Worker& worker) noexcept VCACHE_EXCLUDES(mutex_);
  Task Next(const Worker& worker, Calls& calls) VCACHE_EXCLUDES(mutex_);
  std::optional<Task> Due(const Worker& worker) const VCACHE_REQUIRES(mutex_);
  SteadyTime NextProbe(const Worker& worker) const VCACHE_REQUIRES(mutex_);
  bool IsWarm(const Worker& worker) const;
  void Take(Calls& calls) VCACHE_REQUIRES(mutex_);
  void Perform(Task task, Worker& worker, const Calls& calls) VCACHE_EXCLUDES(mutex_);
  void Announce() VCACHE_EXCLUDES(mutex_);
  void Probe(Worker& worker) VCACHE_EXCLUDES(mutex_);
  void Serve(Worker& worker, const Calls& calls) VCACHE_EXCLUDES(mutex_);
  Result<net::HttpResponse> Send(Worker& worker, std::string json, std::size_t most_bytes,
                                 bool pipeline, Deadline deadline);
  void Lost(const Calls& calls, const Error& error, SteadyTime sent) VCACHE_EXCLUDES(mutex_);
  void Settle(const Calls& calls, Replies replies) VCACHE_EXCLUDES(mutex_);
  void Fail(const Calls& calls, const Error& error) VCACHE_EXCLUDES(mutex_);
  void Finish(Call& call, Result<Replies> outcome) VCACHE_REQUIRES(mutex_);
  void Enter(const LinkTrouble& trouble, bool from_keeper = false) VCACHE_EXCLUDES(mutex_);
  void Arrived() VCACHE_EXCLUDES(mutex_);

  const UpstashRestOptions options_;
  Clock& clock_;
  Logger& logger_;

  mutable Mutex mutex_;
  ConditionVariable work_;     // something to do for a worker
  ConditionVariable changed_;  // the state of `health_`
  LinkHealth health_ VCACHE_GUARDED_BY(mutex_);
  std::deque<std::shared_ptr<Call>> queue_ VCACHE_GUARDED_BY(mutex_);
  std::size_t busy_ VCACHE_GUARDED_BY(mutex_) = 0;        // workers with a task
  SteadyTime next_probe_ VCACHE_GUARDED_BY(mutex_) = {};  // while not ready
  Backoff backoff_ VCACHE_GUARDED_BY(mutex_);
  bool stopping_ VCACHE_GUARDED_BY(mutex_) = false;

  std::vector<Worker> workers_;
};

}  // namespace vcache::redis
