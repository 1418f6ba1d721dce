#pragma once

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "redis/rest/codec.h"
#include "redis/transport/backoff.h"
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
    std::condition_variable finished;
    std::optional<Result<Replies>> outcome;  // guarded by mutex_
    bool abandoned = false;                  // guarded by mutex_; the caller has left
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
  std::optional<Error> Refusal(const Call& call) const;

  void Main(Worker& worker) noexcept;
  Task Next(const Worker& worker, Calls& calls);
  std::optional<Task> Due(const Worker& worker) const;
  SteadyTime NextProbe(const Worker& worker) const;
  bool IsWarm(const Worker& worker) const;
  void Take(Calls& calls);
  void Perform(Task task, Worker& worker, const Calls& calls);
  void Announce();
  void Probe(Worker& worker);
  void Serve(Worker& worker, const Calls& calls);
  Result<net::HttpResponse> Send(Worker& worker, std::string json, std::size_t most_bytes,
                                 bool pipeline, Deadline deadline);
  void Lost(const Calls& calls, const Error& error, SteadyTime sent);
  void Settle(const Calls& calls, Replies replies);
  void Fail(const Calls& calls, const Error& error);
  void Finish(Call& call, Result<Replies> outcome);
  void Enter(const RestTrouble& trouble, bool from_keeper = false);
  void Arrived();

  const UpstashRestOptions options_;
  Clock& clock_;
  Logger& logger_;

  mutable std::mutex mutex_;
  std::condition_variable work_;     // something to do for a worker
  std::condition_variable changed_;  // `status_.state`
  RespStatus status_;                // guarded by mutex_
  bool has_news_ = false;            // guarded by mutex_; the log has yet to be told of `status_`
  std::deque<std::shared_ptr<Call>> queue_;  // guarded by mutex_
  std::size_t waiting_bytes_ = 0;            // guarded by mutex_
  std::size_t busy_ = 0;                     // guarded by mutex_; workers with a task
  std::size_t timeouts_in_a_row_ = 0;        // guarded by mutex_
  SteadyTime heard_{};                       // guarded by mutex_; when the server last answered
  SteadyTime next_probe_{};                  // guarded by mutex_; while not ready
  Backoff backoff_;                          // guarded by mutex_
  bool stopping_ = false;                    // guarded by mutex_

  std::vector<Worker> workers_;
};

}  // namespace vcache::redis
