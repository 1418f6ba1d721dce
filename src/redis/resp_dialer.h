#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "redis/backoff.h"
#include "redis/resp_session.h"
#include "redis/transport/socket.h"
#include "vcache/core/clock.h"
#include "vcache/core/log.h"
#include "vcache/core/result.h"
#include "vcache/redis/resp_link.h"

namespace vcache::redis {

struct RespDialerOptions : RetryOptions {
  RedisUrl url;
  std::string client_name;
};

/// Decides when and where to connect, for ever. It tries each address of the host, then pauses;
/// pauses double, with jitter. One thread.
class RespDialer {
 public:
  /// kBadConfiguration when the URL's `tls_ca` file cannot be read.
  static Result<RespDialer> Make(RespDialerOptions options);

  /// One more to the same server, with pauses of its own.
  RespDialer Another() const { return RespDialer(*options_, tls_); }

  SteadyTime due() const noexcept { return due_; }
  /// When to give up the attempt in progress.
  SteadyTime give_up() const noexcept { return give_up_; }

  /// Begins an attempt. May block to resolve the host. A failure acts like `Failed`.
  Result<std::unique_ptr<RespSession>> Dial(ReplyHandler& handler, const Clock& clock);
  /// The session is open. Pauses start short again once it has lasted a while.
  void Opened(SteadyTime now) noexcept { opened_ = now; }
  /// The attempt or the open session has ended.
  void Failed(const Error& error, SteadyTime now);

  const RedisUrl& url() const noexcept { return options_->url; }

 private:
  RespDialer(RespDialerOptions options, std::shared_ptr<const TlsContext> tls);

  std::unique_ptr<const RespDialerOptions> options_;  // sessions point to the URL: it must not move
  std::shared_ptr<const TlsContext> tls_;
  std::vector<Endpoint> endpoints_;  // not tried yet; the next one is last
  Backoff pauses_;
  SteadyTime due_{};
  SteadyTime give_up_{};
  SteadyTime opened_ = SteadyTime::max();
};

/// Waits for the sessions (which may be null), for a wake, or until `next`: a minute at most, so
/// that a clock that jumps cannot stop the thread for good.
void PollUntil(SteadyTime next, SteadyTime now, const WakeSignal& wake, const RespSession* session,
               const RespSession* other = nullptr);

/// Makes a `Loop` with a dialer and starts its thread. Errors: as `MakeRespConnection`.
template <typename Made, typename Loop, typename Options>
Result<std::unique_ptr<Made>> StartOnThread(Options options, Clock& clock, Logger& logger,
                                            const char* no_thread) {
  auto wake = WakeSignal::Make();
  if (!wake) return std::move(wake).error();
  auto dialer = RespDialer::Make({options, options.url, options.client_name});
  if (!dialer) return std::move(dialer).error();
  auto loop = std::make_unique<Loop>(std::move(options), *std::move(dialer), *std::move(wake),
                                     clock, logger);
  try {
    loop->Start();
  } catch (const std::system_error&) {
    return Error{ErrorCode::kIo, no_thread};
  }
  return std::unique_ptr<Made>(std::move(loop));
}

}  // namespace vcache::redis
