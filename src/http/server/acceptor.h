#pragma once

#include <functional>
#include <optional>

#include "http/server/listener.h"
#include "vcache/core/error.h"
#include "vcache/core/log.h"
#include "vcache/core/unique_fd.h"

namespace vcache::http {

/// Accepts connections from a listening socket. Without free descriptors it rejects clients instead
/// of spinning or failing (rule H21). Only the event loop's thread uses it.
class Acceptor {
 public:
  Acceptor(UniqueFd listener, Logger& logger);

  int fd() const noexcept { return listener_.get(); }

  enum class Outcome {
    kDrained,  ///< The queue is empty.
    kMore,     ///< There may be more; call again soon.
    kPause,    ///< The machine lacks a resource; call again later.
    kFailed,   ///< The listener failed: see `failure()`.
  };
  using Accepted = std::function<void(UniqueFd, const sockaddr_storage&)>;
  /// Accepts up to a batch of connections, non-blocking and with TCP_NODELAY (rule H18).
  Outcome Accept(const Accepted& accepted);
  const Error& failure() const { return *failure_; }

  /// Has the kernel ignore new clients, which try again a second later; those whose connection is
  /// being made still come. False where it cannot.
  bool IgnoreNew() noexcept;
  /// Stops listening; the kernel rejects the connections in its queue.
  void Close() noexcept { listener_.Reset(); }

 private:
  Outcome OnError(int why);
  bool TurnAwayOne();

  UniqueFd listener_;
  Logger& logger_;
  UniqueFd reserve_;  ///< Released for a moment when no descriptor is left.
  bool short_of_descriptors_ = false;
  std::optional<Error> failure_;
};

}  // namespace vcache::http
