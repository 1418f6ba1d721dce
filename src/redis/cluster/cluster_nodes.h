#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "redis/cluster/slot_map.h"
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

  /// The slot's server; null without one.
  ClusterNode* NodeOf(std::uint16_t slot) const noexcept;
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

  bool available() const noexcept;
  ClusterStatus Status() const;
  bool AwaitReady(Deadline deadline);

 private:
  ClusterNodes(ClusterClientOptions options, Clock& clock, Logger& logger);

  void Want(bool at_once);
  Result<std::shared_ptr<ClusterNode>> NodeAt(const NodeAddress& address);
  Result<void> MeetSeeds();
  std::vector<std::shared_ptr<ClusterNode>> KnownNodes() const;

  // Called by the thread only.
  void Main() noexcept;
  bool Refresh();
  bool ReadFrom(ClusterNode& node);
  Result<void> Install(SlotMap map);
  void AskWhetherUp();
  void LeaveSpareNodes(const ClusterView& view);
  void DropRetired();
  bool IsTroubled() const;
  void LogTransitions();
  void WaitForWork();

  const ClusterClientOptions options_;
  Clock& clock_;
  Logger& logger_;

  mutable std::mutex mutex_;
  std::condition_variable wake_;                               // `wanted_`, `stopping_`
  std::condition_variable refreshed_;                          // `finished_`
  std::shared_ptr<const ClusterView> view_;                    // guarded by mutex_
  std::map<NodeAddress, std::shared_ptr<ClusterNode>> nodes_;  // guarded by mutex_
  std::string failure_;          // guarded by mutex_; why the slots could not be read
  bool wanted_ = true;           // guarded by mutex_
  bool urgent_ = false;          // guarded by mutex_; somebody waits for it
  bool stopping_ = false;        // guarded by mutex_
  std::uint64_t started_ = 0;    // guarded by mutex_; refreshes begun
  std::uint64_t finished_ = 0;   // guarded by mutex_; the last one that is over
  std::uint64_t succeeded_ = 0;  // guarded by mutex_; the last one that was answered

  std::mutex making_;  ///< One connection is made at a time.

  // Used by the thread only.
  std::vector<std::shared_ptr<ClusterNode>> retired_;
  std::size_t turn_ = 0;  // which server to ask first
  SteadyTime next_refresh_{};
  std::chrono::milliseconds pause_{};
  bool told_available_ = false;
  std::string told_reason_;
  std::thread thread_;
};

}  // namespace vcache::redis
