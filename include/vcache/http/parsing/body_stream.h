#pragma once

#include <functional>
#include <memory>
#include <string>

#include "vcache/core/clock.h"

namespace vcache::http {

/// The body of an answer that is made while it is sent. The server asks for the next piece when the
/// client has taken the one before, so that one piece is in memory, and no thread waits for the
/// client or for the stream. Called by one thread at a time; destroyed after its end or when the
/// client has left. It outlives the intake that made it, not the server.
class BodyStream {
 public:
  struct Step {
    enum class Kind {
      kMore,   ///< Ask again at once.
      kWait,   ///< Ask again when woken, or at `until`. It does not count against the client.
      kEnd,    ///< The body is complete.
      kBroken  ///< It cannot be completed: cut the connection, so that the client notices.
    };
    Kind kind = Kind::kEnd;
    SteadyTime until = SteadyTime::max();
  };

  virtual ~BodyStream() = default;

  /// Called once, before the first `Produce`. `wake` makes the server call `Produce` again after a
  /// kWait; it is cheap, has no effect otherwise, and may be called and destroyed by any thread, at
  /// any time, also after the stream.
  virtual void Open(std::function<void()> wake) = 0;
  /// Appends the next bytes to `piece`, 64 KiB or so at most. It must not wait: a worker runs it.
  /// `stopping`: the service ends; a stream that waits for events should end properly now (it is
  /// woken for that), one that is nearly through may go on for the grace time.
  virtual Step Produce(std::string& piece, bool stopping) = 0;
};

}  // namespace vcache::http
