#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "redis/resp_session.h"
#include "redis/transport/backoff.h"
#include "vcache/core/clock.h"

namespace vcache::redis {

struct RespDialerOptions {
  RedisUrl url;
  std::string client_name;
  std::chrono::milliseconds connect_timeout{};
  std::chrono::milliseconds first_retry{};
  std::chrono::milliseconds last_retry{};
  std::chrono::milliseconds refused_retry{};
};

/// When and where to connect, for ever: one address of the host after the other, then again after a
/// pause that doubles and is shortened by chance, so that many clients do not come back at once.
/// One thread.
class RespDialer {
 public:
  /// kBadConfiguration when the URL's `tls_ca` cannot be read.
  static Result<RespDialer> Make(RespDialerOptions options);

  /// When the next attempt is due.
  SteadyTime due() const noexcept { return due_; }
  /// When an attempt that is under way is to be given up.
  SteadyTime give_up() const noexcept { return give_up_; }

  /// Begins an attempt. May block while the host's name is resolved. On failure the next one is due
  /// later, as after `Failed`.
  Result<std::unique_ptr<RespSession>> Dial(ReplyHandler& handler, const Clock& clock);
  /// The server let us in: the next pause is a short one again, once it lasted.
  void Opened(SteadyTime now) noexcept { opened_ = now; }
  /// The attempt, or the open session, is over.
  void Failed(const Error& error, SteadyTime now);

  const RedisUrl& url() const noexcept { return options_->url; }

 private:
  RespDialer(RespDialerOptions options, std::shared_ptr<const TlsContext> tls);
  std::chrono::milliseconds NextPause(const Error& error);

  std::unique_ptr<const RespDialerOptions> options_;  // sessions point to the URL: it must not move
  std::shared_ptr<const TlsContext> tls_;
  std::vector<Endpoint> endpoints_;  // not tried yet, in order from the back
  Backoff pauses_;
  SteadyTime due_{};
  SteadyTime give_up_{};
  SteadyTime opened_ = SteadyTime::max();
};

}  // namespace vcache::redis
