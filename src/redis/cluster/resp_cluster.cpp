#include "vcache/redis/cluster/resp_cluster.h"

#include <utility>

#include "redis/cluster/cluster_nodes.h"
#include "redis/cluster/cluster_run.h"

namespace vcache::redis {

class ClusterClient::Impl {
 public:
  Impl(std::unique_ptr<ClusterNodes> nodes, std::chrono::milliseconds timeout, Clock& clock)
      : nodes_(std::move(nodes)), timeout_(timeout), clock_(clock) {}

  Result<std::vector<RespReply>> Run(std::span<const RespCommand> commands, Deadline deadline) {
    if (commands.empty()) return std::vector<RespReply>();
    return ClusterRun(*nodes_, counts_, clock_, timeout_, deadline).Go(commands);
  }
  ClusterStatus Status() const {
    ClusterStatus status = nodes_->Status();
    status.moved = counts_.moved.load();
    status.asked = counts_.asked.load();
    status.repeated = counts_.repeated.load();
    return status;
  }
  ClusterNodes& nodes() noexcept { return *nodes_; }
  const ClusterNodes& nodes() const noexcept { return *nodes_; }

 private:
  const std::unique_ptr<ClusterNodes> nodes_;
  const std::chrono::milliseconds timeout_;
  Clock& clock_;
  ClusterCounts counts_;
};

ClusterClient::ClusterClient(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ClusterClient::~ClusterClient() = default;

Result<std::vector<RespReply>> ClusterClient::Run(std::span<const RespCommand> commands,
                                                  Deadline deadline) {
  return impl_->Run(commands, deadline);
}

bool ClusterClient::available() const noexcept {
  return std::as_const(*impl_).nodes().available();
}

ClusterStatus ClusterClient::Status() const {
  return impl_->Status();
}

bool ClusterClient::AwaitReady(Deadline deadline) {
  return impl_->nodes().AwaitReady(deadline);
}

Result<std::unique_ptr<ClusterClient>> MakeClusterClient(ClusterClientOptions options, Clock& clock,
                                                         Logger& logger) {
  if (options.url.seeds.empty()) {
    return Error{ErrorCode::kBadConfiguration, "Redis URL: it names no server of the cluster"};
  }
  const auto timeout = options.command_timeout;
  auto nodes = ClusterNodes::Make(std::move(options), clock, logger);
  if (!nodes) return std::move(nodes).error();
  return std::unique_ptr<ClusterClient>(
      new ClusterClient(std::make_unique<ClusterClient::Impl>(*std::move(nodes), timeout, clock)));
}

}  // namespace vcache::redis
