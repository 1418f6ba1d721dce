#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "redis/cluster/cluster_command.h"
#include "redis/cluster/cluster_nodes.h"

namespace vcache::redis {

struct ClusterCounts {
  std::atomic<std::uint64_t> moved{0};
  std::atomic<std::uint64_t> asked{0};
  std::atomic<std::uint64_t> repeated{0};
};

/// One call of `ClusterClient::Run`: splits the commands, sends each server its parts together,
/// follows redirections, and merges the replies. One thread.
class ClusterRun {
 public:
  /// `timeout` limits the whole call, even if `deadline` is later.
  ClusterRun(ClusterNodes& nodes, ClusterCounts& counts, Clock& clock,
             std::chrono::milliseconds timeout, Deadline deadline)
      : nodes_(nodes),
        counts_(counts),
        clock_(clock),
        deadline_(deadline),
        until_(deadline.Shortened(Deadline::After(clock, timeout))) {}

  Result<std::vector<RespReply>> Go(std::span<const RespCommand> commands);

 private:
  /// A part in progress.
  struct Job {
    CommandPart part;
    std::size_t command = 0;              // index of its command
    std::shared_ptr<ClusterNode> target;  // target of a redirection; null: its slot's master
    bool asking = false;
    int redirections = 0;
    int repetitions = 0;
    std::optional<RespReply> reply;
    std::optional<Error> failure;

    bool open() const noexcept { return !reply && !failure; }
  };
  /// The parts for one server in one round.
  struct Batch {
    std::shared_ptr<ClusterNode> node;
    std::vector<Job*> jobs;
    std::optional<RespTicket> ticket;
  };

  Result<void> Plan(std::span<const RespCommand> commands);
  Result<void> AimScan(CommandPlan& plan, Job& job);
  void Round();
  std::shared_ptr<ClusterNode> Choose(const Job& job) const;
  void Send(Batch& batch);
  void Receive(Batch& batch);
  void Judge(Job& job, RespReply reply, ClusterNode& node);
  void Follow(Job& job, const RespReply& reply, const ClusterNode& node);
  void Repeat(Job& job, RespReply reply, ClusterNode& node);
  void Pause();

  Result<RespReply> Merged(std::size_t command);
  Result<RespReply> MergedInOrder(std::size_t command) const;
  Result<RespReply> MergedSum(std::size_t command) const;
  Result<RespReply> NextScanPage(RespReply page) const;

  ClusterNodes& nodes_;
  ClusterCounts& counts_;
  Clock& clock_;
  const Deadline deadline_;
  const Deadline until_;
  std::shared_ptr<const ClusterView> view_;
  std::vector<CommandPlan> plans_;
  std::deque<Job> jobs_;  // a deque: pointers stay valid while it grows
  ScanCursor scan_;
  int rounds_ = 0;
  int pauses_ = 0;
  bool must_pause_ = false;
};

}  // namespace vcache::redis
