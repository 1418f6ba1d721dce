#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "vcache/core/clock.h"
#include "vcache/core/log.h"
#include "vcache/core/result.h"
#include "vcache/redis/resp_link.h"
#include "vcache/redis/resp_reply.h"

namespace vcache::redis {

/// Why a connected server is distrusted.
inline constexpr std::string_view kNotInTime = "it does not answer in time";

/// The server's reply, made safe for a reason or a log line.
std::string Answering(const RespReply& reply);

/// Why the server does not answer, and how long to pause; empty: the default of `state`.
struct LinkTrouble {
  RespState state = RespState::kConnecting;
  std::string reason;
  std::optional<std::chrono::milliseconds> pause{};
};

/// The trouble that a reply means for later calls: refused credentials, a spent quota, a loading
/// server. Empty for replies that concern only their caller.
std::optional<LinkTrouble> TroubleBehind(const RespReply& reply);

/// The error for calls while the server is unavailable.
Error NotReady(const RespStatus& status);

/// Whether a link may be asked: its state, the calls that wait, and whether the server answers in
/// time. The same for every transport. Guarded by its link's lock; `options` must outlive it.
class LinkHealth {
 public:
  LinkHealth(const RespLinkOptions& options, SteadyTime now) : options_(options) {
    status_.since = now;
    status_.away_since = now;
  }

  const RespStatus& status() const noexcept { return status_; }
  bool ready() const noexcept { return status_.state == RespState::kReady; }

  /// Admits the commands of a call, which then wait. kStoreUnavailable: the link is not ready, or
  /// too many wait.
  Result<void> Admit(std::size_t commands, std::size_t bytes);
  /// Commands that wait no longer.
  void Release(std::size_t commands, std::size_t bytes) noexcept;

  /// The server sent something at `now`.
  void NoteHeard(SteadyTime now) noexcept { heard_ = now; }
  SteadyTime heard() const noexcept { return heard_; }
  /// Commands were answered in time.
  void NoteAnswered(std::size_t commands) noexcept;
  /// The callers of `commands` have left before the reply.
  void NoteTimeouts(std::size_t commands) noexcept { status_.timeouts += commands; }
  /// The server has sent nothing since: the next caller would wait in vain too.
  bool IsSilentSince(SteadyTime sent) const noexcept { return heard_ <= sent; }
  /// The same, or several calls in a row have timed out. For each call that has.
  bool IsDistrustedAfter(SteadyTime sent) noexcept;

  /// Changes the state. `NoteConnected` counts a connection that is made.
  void Enter(RespState state, std::string reason, SteadyTime now);
  void NoteConnected() noexcept;

  /// Whether the log has yet to be told of the state.
  bool has_news() const noexcept;
  /// The status, once, if the log has yet to be told.
  std::optional<RespStatus> TakeNews();

 private:
  const RespLinkOptions& options_;
  RespStatus status_;
  std::size_t waiting_bytes_ = 0;
  std::size_t timeouts_in_a_row_ = 0;
  SteadyTime heard_{};
  std::optional<RespState> told_;  // as last logged
};

/// Logs a change of state and calls `on_state`. `address` has no credentials.
void TellRespState(const RespLinkOptions& options, Logger& logger, std::string_view address,
                   const RespStatus& status);

}  // namespace vcache::redis
