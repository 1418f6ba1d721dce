#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "vcache/core/clock.h"
#include "vcache/core/deadline.h"
#include "vcache/core/log.h"
#include "vcache/core/result.h"
#include "vcache/redis/redis_url.h"
#include "vcache/redis/resp_client.h"

namespace vcache::redis {

struct ClusterClientOptions {
  RedisClusterUrl url;
  /// `REDIS_TIMEOUT_MS`: a call waits for this long at most, redirections and repetitions included.
  std::chrono::milliseconds command_timeout{250};
  std::chrono::milliseconds connect_timeout{3'000};
  /// Between two looks at who serves which slot; the first is for redirections, and while a server
  /// is away pauses double up to the second.
  std::chrono::milliseconds first_refresh{100};
  std::chrono::milliseconds last_refresh{1'000};
  /// A server that serves no slot and was met in a redirection is left after this long without one.
  std::chrono::milliseconds spare_life{60'000};
  std::string client_name = "verdictcache";
};

/// A snapshot; a plain value.
struct ClusterStatus {
  bool available = false;
  std::string reason;            ///< Why it is not; empty when it is.
  std::size_t masters = 0;       ///< Known to serve slots.
  std::size_t ready = 0;         ///< Of these, the ones that answer.
  std::size_t slots_served = 0;  ///< By those that answer, of 16384.
  std::uint64_t refreshes = 0;   ///< How often the slots were read.
  std::uint64_t moved = 0;       ///< MOVED replies that were followed.
  std::uint64_t asked = 0;       ///< ASK replies that were followed.
  std::uint64_t repeated = 0;    ///< Commands sent again after CLUSTERDOWN or TRYAGAIN.
};

/// A Redis Cluster as one client. Each master has one `RespConnection`, with everything that one
/// does; a thread learns the slots from any server that answers, and again when a redirection or
/// the state of a connection says that they changed: an idle, healthy cluster is asked nothing but
/// each connection's ping.
///
/// - Commands go to the master of their key's slot, those of one call to several at once. MGET and
///   UNLINK are parted by slot and put together again; the keys of a script must share one slot
///   (kInternal). SCAN walks all masters, one after the other, under one cursor; it fails when the
///   slots change owners on the way.
/// - MOVED and ASK are followed, five times at most; CLUSTERDOWN and TRYAGAIN are tried again for a
///   moment. None of these carried the command out.
/// - A server that is away fails the calls for its slots at once, and no others; in an MGET over
///   several servers its keys get error elements. When the servers themselves say that the cluster
///   is down, calls fail at once until they say that it is up.
///
/// Servers are met under the host that CLUSTER SLOTS gives (or, where it gives none, that of the
/// server which was asked), and with TLS the certificate must bear that name or address. User,
/// password and authorities are those of the URL for all of them.
class ClusterClient final : public RespClient {
 public:
  ~ClusterClient() override;  ///< Ends all threads; no call may be running or come after.

  using RespClient::Run;
  Result<std::vector<RespReply>> Run(std::span<const RespCommand> commands,
                                     Deadline deadline) override;
  /// Whether more than half of all slots are served by servers that answer.
  bool available() const noexcept override;

  ClusterStatus Status() const;
  /// Waits until every slot is served by a server that answers.
  bool AwaitReady(Deadline deadline);

 private:
  friend Result<std::unique_ptr<ClusterClient>> MakeClusterClient(ClusterClientOptions options,
                                                                  Clock& clock, Logger& logger);
  class Impl;
  explicit ClusterClient(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// Starts connecting; does not wait for it. Errors as those of `MakeRespConnection`. Clock and
/// logger must outlive it.
Result<std::unique_ptr<ClusterClient>> MakeClusterClient(ClusterClientOptions options, Clock& clock,
                                                         Logger& logger);

}  // namespace vcache::redis
