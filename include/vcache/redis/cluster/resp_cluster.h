#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
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
  /// `REDIS_TIMEOUT_MS`: the longest that a call waits, redirections and repetitions included.
  std::chrono::milliseconds command_timeout{250};
  std::chrono::milliseconds connect_timeout{3'000};
  /// Pauses between two readings of the slots: the first after a redirection; while a server is
  /// unavailable they double up to the last.
  std::chrono::milliseconds first_refresh{100};
  std::chrono::milliseconds last_refresh{1'000};
  /// How long to keep a server that serves no slot after the last redirection to it.
  std::chrono::milliseconds spare_life{60'000};
  std::string client_name = "verdictcache";
  /// A server answers again, or for the first time. Called by a thread of the client, which it must
  /// not call.
  std::function<void()> on_ready;
};

enum class ClusterTrouble {
  kNone,
  kNoAnswerYet,      ///< No server has been asked for the slots.
  kSlotsUnreadable,  ///< None could say who serves them.
  kSlotsUnserved,    ///< The servers of half of the slots or more do not answer.
};

struct ClusterStatus {
  bool available = false;
  ClusterTrouble trouble = ClusterTrouble::kNone;
  std::string reason;            ///< Why it is unavailable; else empty.
  std::size_t masters = 0;       ///< Servers known to serve slots.
  std::size_t ready = 0;         ///< Of these, the ones that answer.
  std::size_t slots_served = 0;  ///< Slots whose server answers, of 16384.
  std::uint64_t refreshes = 0;   ///< Readings of the slots.
  std::uint64_t moved = 0;       ///< MOVED replies that were followed.
  std::uint64_t asked = 0;       ///< ASK replies that were followed.
  std::uint64_t repeated = 0;    ///< Commands sent again after CLUSTERDOWN or TRYAGAIN.
};

/// A Redis Cluster as one client. Each master has one `RespConnection`. A thread reads the slots
/// from any server that answers. It reads them again only when a redirection or a connection's
/// state shows a change, so that an idle, healthy cluster gets nothing but pings.
///
/// - Commands go to the master of their key's slot, those of one call to several masters at once.
///   MGET and UNLINK are split by slot and their replies merged. The keys of a script must share
///   one slot (else kInternal). SCAN walks the masters one after the other under one cursor; it
///   fails when slots change owners meanwhile.
/// - MOVED and ASK are followed up to five times. CLUSTERDOWN and TRYAGAIN are repeated for a
///   moment. A server that sends one of these has not run the command.
/// - An unavailable server fails only the calls for its slots, at once; in an MGET over several
///   servers its keys get error elements. When the servers report that the cluster is down, calls
///   fail at once until they report that it is up.
///
/// Servers are reached at the host from CLUSTER SLOTS, or without one at the host of the server
/// that was asked. With TLS the certificate must name that host. User, password and authorities are
/// the URL's for all servers. It is `available` while servers that answer serve more than half of
/// all slots.
class ClusterClient : public RespClient {
 public:
  virtual ClusterStatus Status() const = 0;
  /// Waits until servers that answer serve every slot.
  virtual bool AwaitReady(Deadline deadline) = 0;
};

/// Connects in the background. Errors: as `MakeRespConnection`. Clock and logger must outlive it;
/// its destructor ends all threads, and no call may run or follow.
Result<std::unique_ptr<ClusterClient>> MakeClusterClient(ClusterClientOptions options, Clock& clock,
                                                         Logger& logger);

}  // namespace vcache::redis
