#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "redis/cluster/slot_map.h"
#include "vcache/core/mutex.h"
#include "vcache/redis/cluster/resp_cluster.h"
#include "vcache/redis/resp_connection.h"

namespace vcache::redis {

/// A server of the cluster and the connection to it.
struct ClusterNode {
  NodeAddress address;
  std::unique_ptr<RespConnection> connection;
  /// It has reported that the cluster is down, and not yet that it is up.
  std::atomic<bool> says_down{false};
  /// The time of the last redirection to it.
  std::atomic<SteadyTime> redirected_to{SteadyTime{}};

  bool Answers() const noexcept { return connection->available() && !says_down.load(); }
  /// Its first attempt to connect is still in progress.
  bool IsNew() const {
    const RespStatus status = connection->Status();
    return status.state == RespState::kConnecting && status.connects == 0 && status.reason.empty();
  }
};

/// The servers of the slots, as last read. Immutable.
struct ClusterView {
  std::uint64_t version = 0;  ///< Differs for every change.
  SlotMap map;
  std::vector<std::shared_ptr<ClusterNode>> masters;  ///< In the order of `map.masters()`.

  std::size_t SlotsAnswering() const noexcept;
};

/// The servers of a cluster, and the thread that reads the slots. Thread-safe. Lock order:
/// `making_`, then `mutex_`, then a connection's lock. No lock is held during a command.
class ClusterNodes {
 public:
  /// Starts connecting to the seeds. Errors: as `MakeRespConnection`.
  static Result<std::unique_ptr<ClusterNodes>> Make(ClusterClientOptions options, Clock& clock,
                                                    Logger& logger);
  ~ClusterNodes();

  /// Null until the slots have been read once.
  std::shared_ptr<const ClusterView> view() const;
  /// The server at the address of a redirection; connects to it if it is new, without waiting. Null
  /// when there are too many servers or no connection can be made.
  std::shared_ptr<ClusterNode> At(const NodeAddress& address);

  /// Asks the thread to read the slots soon. Never blocks.
  void RefreshSoon() { Want(false); }
  /// Reads the slots and waits for it. False on failure or at `deadline`.
  bool RefreshNow(Deadline deadline);
  /// Records that `node` reports the cluster down.
  void NoteDown(ClusterNode& node);
  /// As `RespClient::Check`, for all servers.
  void Check() VCACHE_EXCLUDES(mutex_);

  bool available() const noexcept;
  /// Since when the master that failed last has not answered; empty while all answer.
  std::optional<SteadyTime> away_since() const noexcept;
  ClusterStatus Status() const;
  bool AwaitReady(Deadline deadline);

 private:
  ClusterNodes(ClusterClientOptions options, Clock& clock, Logger& logger);

  void Want(bool at_once) VCACHE_EXCLUDES(mutex_);
  Result<std::shared_ptr<ClusterNode>> NodeAt(const NodeAddress& address)
      VCACHE_EXCLUDES(making_, mutex_);
  Result<void> MeetSeeds() VCACHE_EXCLUDES(making_, mutex_);
  std::vector<std::shared_ptr<ClusterNode>> KnownNodes() const VCACHE_EXCLUDES(mutex_);

  // In the thread.
  void Main() noexcept VCACHE_EXCLUDES(mutex_);
  bool Refresh() VCACHE_EXCLUDES(making_, mutex_);
  bool ReadFrom(ClusterNode& node) VCACHE_EXCLUDES(making_, mutex_);
  Result<void> Install(SlotMap map) VCACHE_EXCLUDES(making_, mutex_);
  void AskWhetherUp();
  void LeaveSpareNodes(const ClusterView& view) VCACHE_EXCLUDES(mutex_);
  void DropRetired() VCACHE_EXCLUDES(mutex_);
  bool IsTroubled() const;
  void LogTransitions();
  void WaitForWork() VCACHE_EXCLUDES(mutex_);

  const ClusterClientOptions options_;
  Clock& clock_;
  Logger& logger_;

  mutable Mutex mutex_;
  ConditionVariable wake_;       // `wanted_`, `stopping_`
  ConditionVariable refreshed_;  // `finished_`
  std::shared_ptr<const ClusterView> view_ VCACHE_GUARDED_BY(mutex_);
  std::map<NodeAddress, std::shared_ptr<ClusterNode>> nodes_ VCACHE_GUARDED_BY(mutex_);
  std::string failure_ VCACHE_GUARDED_BY(mutex_);  // why the slots could not be read
  bool wanted_ VCACHE_GUARDED_BY(mutex_) = true;
  bool urgent_ VCACHE_GUARDED_BY(mutex_) = false;  // somebody waits for it
  bool stopping_ VCACHE_GUARDED_BY(mutex_) = false;
  std::uint64_t started_ VCACHE_GUARDED_BY(mutex_) = 0;    // refreshes begun
  std::uint64_t finished_ VCACHE_GUARDED_BY(mutex_) = 0;   // the last one that is over
  std::uint64_t succeeded_ VCACHE_GUARDED_BY(mutex_) = 0;  // the last one that was answered

  Mutex making_;  ///< One connection is made at a time.

  // Used by the thread only.
  std::vector<std::shared_ptr<ClusterNode>> retired_;
  std::size_t turn_ = 0;  // which server to ask first
  SteadyTime next_refresh_{};
  std::chrono::milliseconds pause_{};
  std::optional<bool> told_available_;  // what the log says; nothing at first
  std::thread thread_;
};

}  // namespace vcache::redis
