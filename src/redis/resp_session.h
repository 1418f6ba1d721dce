#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "redis/resp_codec.h"
#include "redis/transport/byte_channel.h"
#include "redis/transport/tls_stream.h"
#include "vcache/core/result.h"
#include "vcache/redis/redis_url.h"
#include "vcache/redis/resp_reply.h"

namespace vcache::redis {

/// Receives the replies of an open session.
class ReplyHandler {
 public:
  virtual ~ReplyHandler() = default;
  /// The limits of the next due reply. Empty when none is due: a reply then ends the session.
  virtual std::optional<ReplyLimits> Due() = 0;
  /// An error ends the session with it.
  virtual Result<void> OnReply(RespReply reply) = 0;
};

/// One connection from connect to its end: socket, TLS, greeting (AUTH, SELECT, CLIENT SETNAME,
/// PING), framing. Never blocks and has no clock. One thread. Drop it after a failure. Errors:
/// kUnauthenticated when the server refuses us or its certificate is wrong, so that a quick retry
/// is useless; else kStoreUnavailable.
class RespSession {
 public:
  /// `url` and `handler` must outlive it. `tls` is set for a TLS address.
  static Result<std::unique_ptr<RespSession>> Begin(const RedisUrl& url, const Endpoint& endpoint,
                                                    std::shared_ptr<const TlsContext> tls,
                                                    std::string_view client_name,
                                                    ReplyHandler& handler);

  int fd() const noexcept { return fd_; }
  /// The events to poll for (POLLIN, POLLOUT).
  short events() const noexcept;
  /// Whether the greeting has succeeded.
  bool open() const noexcept { return phase_ == Phase::kOpen; }
  /// What a slow attempt is waiting for.
  std::string_view waits_for() const noexcept;
  /// Empty when the server answers commands; else its reason from the greeting.
  const std::string& not_ready_reason() const noexcept { return not_ready_reason_; }

  /// Adds bytes to send with the next `Pump`.
  void Queue(std::string_view bytes) { output_.append(bytes); }
  /// Reads and writes all that is possible now, and hands out whole replies.
  Result<void> Pump();
  /// Whether `Pump` left bytes unread: poll without waiting.
  bool more_to_read() const noexcept { return more_to_read_; }
  /// Whether bytes came since the last call.
  bool TakeHeard() noexcept { return std::exchange(heard_, false); }

 private:
  enum class Phase { kConnecting, kHandshake, kGreeting, kOpen };

  RespSession(const RedisUrl& url, UniqueFd socket, std::shared_ptr<const TlsContext> tls,
              std::string_view client_name, ReplyHandler& handler);

  Result<void> PumpConnect();
  Result<void> PumpHandshake();
  Result<void> PumpWrites();
  Result<void> PumpReads();
  Result<void> HandOut();
  void Greet();
  Result<void> OnGreetingReply(const RespReply& reply);
  Result<void> ChannelFailure(IoOutcome outcome) const;

  enum class Step { kAuth, kSelect, kSetName, kPing };

  const RedisUrl& url_;
  std::string client_name_;
  std::shared_ptr<const TlsContext> tls_;
  ReplyHandler& handler_;
  int fd_ = -1;
  UniqueFd socket_;                       // until connected; then the channel owns it
  std::unique_ptr<ByteChannel> channel_;  // once connected
  RespDecoder decoder_;
  Phase phase_ = Phase::kConnecting;
  std::vector<Step> greeting_;  // due answers; the next one is last
  std::string not_ready_reason_;
  std::string output_;
  std::size_t written_ = 0;  // of `output_`
  bool write_blocked_ = false;
  bool read_wants_write_ = false;
  bool more_to_read_ = false;
  bool heard_ = false;
};

}  // namespace vcache::redis
