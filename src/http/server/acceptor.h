#pragma once

#include <functional>
#include <optional>

#include "http/server/listener.h"
#include "vcache/core/error.h"
#include "vcache/core/log.h"
#include "vcache/core/unique_fd.h"

namespace vcache::http {

/// Takes connections from a listening socket, whatever the state of the machine: without
/// descriptors it turns clients away in place of spinning or dying (rule H21). The event loop's
/// thread alone uses it.
class Acceptor {
 public:
  /// The logger must outlive it.
  Acceptor(UniqueFd listener, Logger& logger);

  int fd() const noexcept { return listener_.get(); }

  enum class Outcome {
    kDrained,  ///< Nobody is waiting.
    kMore,     ///< There may be more; come back soon.
    kPause,    ///< The machine is short of something; come back later.
    kFailed,   ///< The listener is dead: see `failure()`.
  };
  using Accepted = std::function<void(UniqueFd, const sockaddr_storage&)>;
  /// Hands out up to a handful of connections, non-blocking and with TCP_NODELAY (rule H18).
  Outcome Accept(const Accepted& accepted);
  const Error& failure() const { return *failure_; }

  /// Stops listening; who is in the queue of the kernel is turned away by it.
  void Close() noexcept { listener_.Reset(); }

 private:
  Outcome OnError(int why);
  bool TurnAwayOne();

  UniqueFd listener_;
  Logger& logger_;
  UniqueFd reserve_;  ///< Given up for a moment when there are no descriptors left.
  bool short_of_descriptors_ = false;
  std::optional<Error> failure_;
};

}  // namespace vcache::http
