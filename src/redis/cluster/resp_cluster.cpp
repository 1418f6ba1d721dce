#include "vcache/redis/cluster/resp_cluster.h"

#include <utility>

#include "redis/cluster/cluster_nodes.h"
#include "redis/cluster/cluster_run.h"

namespace vcache::redis {

namespace {

class Cluster final : public ClusterClient {
 public:
  Cluster(std::unique_ptr<ClusterNodes> nodes, std::chrono::milliseconds timeout, Clock& clock)
      : nodes_(std::move(nodes)), timeout_(timeout), clock_(clock) {}

  Result<std::vector<RespReply>> Run(std::span<const RespCommand> commands,
                                     Deadline deadline) override {
    if (commands.empty()) return std::vector<RespReply>();
    return ClusterRun(*nodes_, counts_, clock_, timeout_, deadline).Go(commands);
  }
  bool available() const noexcept override { return nodes_->available(); }
  std::optional<SteadyTime> away_since() const noexcept override { return nodes_->away_since(); }
  void Check() override { nodes_->Check(); }
  ClusterStatus Status() const override {
    ClusterStatus status = nodes_->Status();
    status.moved = counts_.moved.load();
    status.asked = counts_.asked.load();
    status.repeated = counts_.repeated.load();
    return status;
  }
  bool AwaitReady(Deadline deadline) override { return nodes_->AwaitReady(deadline); }

 private:
  const std::unique_ptr<ClusterNodes> nodes_;
  const std::chrono::milliseconds timeout_;
  Clock& clock_;
  ClusterCounts counts_;
};

}  // namespace

Result<std::unique_ptr<ClusterClient>> MakeClusterClient(ClusterClientOptions options, Clock& clock,
                                                         Logger& logger) {
  if (options.url.seeds.empty()) {
    return Error{ErrorCode::kBadConfiguration, "Redis URL: it names no server of the cluster"};
  }
  const auto timeout = options.command_timeout;
  auto nodes = ClusterNodes::Make(std::move(options), clock, logger);
  if (!nodes) return std::move(nodes).error();
  return std::unique_ptr<ClusterClient>(
      std::make_unique<Cluster>(*std::move(nodes), timeout, clock));
}

}  // namespace vcache::redis
