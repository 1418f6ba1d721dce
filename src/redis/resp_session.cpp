#include "redis/resp_session.h"

#include <poll.h>

#include <algorithm>
#include <array>
#include <utility>

#include "vcache/core/log.h"

namespace vcache::redis {
namespace {

/// Greeting replies are one word or an error.
constexpr ReplyLimits kGreetingLimits{.max_bytes = 4096, .max_elements = 0};

/// Limits the reads in one turn: a peer that never stops sending must not block the thread.
constexpr int kReadsAtOnce = 64;

Error Lost(std::string why) {
  return Error{ErrorCode::kStoreUnavailable, std::move(why)};
}

Error Refused(std::string why) {
  return Error{ErrorCode::kUnauthenticated, std::move(why)};
}

/// The server's words, escaped for a log line. They may quote our arguments: never use it for AUTH.
std::string Quoted(const RespReply& reply) {
  return "\"" + EscapeForLog(reply.text) + "\"";
}

void AppendCommand(std::string& output, const std::vector<std::string>& words) {
  output += EncodeCommand(words);
}

}  // namespace

RespSession::RespSession(const RedisUrl& url, UniqueFd socket,
                         std::shared_ptr<const TlsContext> tls, std::string_view client_name,
                         ReplyHandler& handler)
    : url_(url),
      client_name_(client_name),
      tls_(std::move(tls)),
      handler_(handler),
      fd_(socket.get()),
      socket_(std::move(socket)) {}

Result<std::unique_ptr<RespSession>> RespSession::Begin(const RedisUrl& url,
                                                        const Endpoint& endpoint,
                                                        std::shared_ptr<const TlsContext> tls,
                                                        std::string_view client_name,
                                                        ReplyHandler& handler) {
  auto socket = BeginConnect(endpoint);
  if (!socket) return std::move(socket).error();
  return std::unique_ptr<RespSession>(
      new RespSession(url, *std::move(socket), std::move(tls), client_name, handler));
}

short RespSession::events() const noexcept {
  const bool wants_write = phase_ == Phase::kConnecting || write_blocked_ || read_wants_write_;
  return static_cast<short>(wants_write ? POLLIN | POLLOUT : POLLIN);
}

std::string_view RespSession::waits_for() const noexcept {
  if (phase_ == Phase::kConnecting) return "it takes no connection";
  if (phase_ == Phase::kHandshake) return "it does not answer in TLS; is it a redis:// address?";
  return "it does not answer a new connection";
}

Result<void> RespSession::Pump() {
  if (phase_ == Phase::kConnecting) {
    if (auto moved = PumpConnect(); !moved) return moved;
  }
  if (phase_ == Phase::kHandshake) {
    if (auto moved = PumpHandshake(); !moved) return moved;
  }
  if (phase_ == Phase::kConnecting || phase_ == Phase::kHandshake) return {};
  // Read first: a reply may end the session, and reading frees space at the peer.
  if (auto moved = PumpReads(); !moved) return moved;
  return PumpWrites();
}

Result<void> RespSession::PumpConnect() {
  pollfd waiting{fd_, POLLOUT, 0};
  if (::poll(&waiting, 1, 0) <= 0) return {};
  if (auto outcome = ConnectOutcome(fd_); !outcome) return outcome;
  phase_ = Phase::kHandshake;
  if (url_.transport != RedisTransport::kTls) {
    channel_ = std::make_unique<PlainStream>(std::move(socket_));
    return {};
  }
  auto stream = TlsStream::Make(tls_, std::move(socket_), url_.host);
  if (!stream) return std::move(stream).error();
  channel_ = *std::move(stream);
  return {};
}

Result<void> RespSession::PumpHandshake() {
  const IoOutcome outcome = channel_->Handshake();
  write_blocked_ = outcome.status == IoStatus::kWantWrite;
  if (outcome.status == IoStatus::kWantRead || write_blocked_) return {};
  if (outcome.status != IoStatus::kDone) return ChannelFailure(outcome);
  Greet();
  return {};
}

void RespSession::Greet() {
  phase_ = Phase::kGreeting;
  if (!url_.password.empty()) {
    // Servers before Redis 6 know only the default user, and AUTH without a name.
    if (url_.user.empty() || url_.user == "default") {
      AppendCommand(output_, {"AUTH", url_.password.Reveal()});
    } else {
      AppendCommand(output_, {"AUTH", url_.user, url_.password.Reveal()});
    }
    greeting_.push_back(Step::kAuth);
  }
  if (url_.database != 0) {
    AppendCommand(output_, {"SELECT", std::to_string(url_.database)});
    greeting_.push_back(Step::kSelect);
  }
  AppendCommand(output_, {"CLIENT", "SETNAME", client_name_});
  greeting_.push_back(Step::kSetName);
  AppendCommand(output_, {"PING"});
  greeting_.push_back(Step::kPing);
  std::reverse(greeting_.begin(), greeting_.end());
}

Result<void> RespSession::OnGreetingReply(const RespReply& reply) {
  const Step step = greeting_.back();
  greeting_.pop_back();
  const RespErrorKind kind = reply.error_kind();
  if (kind == RespErrorKind::kTooManyConnections) return Lost("the server has too many clients");
  if (kind == RespErrorKind::kNoAuth) {
    return Refused("it wants a password, and the URL has none that it takes");
  }
  if (step == Step::kAuth && reply.is_error()) {
    if (kind == RespErrorKind::kLoading) return Lost("it is loading its data");
    // The server needs no password; the PING that follows confirms it.
    if (reply.text.find("without any password configured") != std::string::npos) return {};
    return Refused("user or password is wrong");
  }
  if (step == Step::kSelect && reply.is_error() && kind != RespErrorKind::kLoading) {
    return Refused("database " + std::to_string(url_.database) + " cannot be selected");
  }
  if (step != Step::kPing) return {};  // CLIENT SETNAME may fail
  if (reply.is_error() && kind == RespErrorKind::kOther) {
    return Refused("it answers PING with " + Quoted(reply));
  }
  if (kind == RespErrorKind::kNoPermission) {
    not_ready_reason_.clear();  // a user without the right to PING is accepted
  } else if (reply.is_error()) {
    not_ready_reason_ = "it is not ready: " + Quoted(reply);
  } else if (!reply.is_status("PONG")) {
    return Lost("it does not answer like a Redis");
  }
  phase_ = Phase::kOpen;
  return {};
}

Result<void> RespSession::PumpWrites() {
  write_blocked_ = false;
  while (written_ < output_.size()) {
    const IoOutcome outcome = channel_->Write(std::string_view(output_).substr(written_));
    if (outcome.status == IoStatus::kDone) {
      written_ += outcome.bytes;
      continue;
    }
    if (outcome.status == IoStatus::kClosed || outcome.status == IoStatus::kFailed) {
      return ChannelFailure(outcome);
    }
    write_blocked_ = outcome.status == IoStatus::kWantWrite;
    // Drop sent bytes from time to time, to save memory with a slow peer.
    if (written_ > output_.size() / 2) output_.erase(0, std::exchange(written_, 0));
    return {};
  }
  output_.clear();
  written_ = 0;
  return {};
}

Result<void> RespSession::PumpReads() {
  std::array<char, 64 * 1024> piece;
  read_wants_write_ = false;
  more_to_read_ = false;
  for (int turn = 0; turn < kReadsAtOnce; ++turn) {
    const IoOutcome outcome = channel_->Read(piece);
    if (outcome.status == IoStatus::kWantRead) return {};
    if (outcome.status == IoStatus::kWantWrite) {
      read_wants_write_ = true;
      return {};
    }
    if (outcome.status != IoStatus::kDone) return ChannelFailure(outcome);
    heard_ = true;
    if (auto fed = decoder_.Feed({piece.data(), outcome.bytes}); !fed) return fed;
    if (auto handed = HandOut(); !handed) return handed;
  }
  more_to_read_ = true;
  return {};
}

Result<void> RespSession::HandOut() {
  while (decoder_.has_rest()) {
    const std::optional<ReplyLimits> due =
        phase_ == Phase::kGreeting ? kGreetingLimits : handler_.Due();
    if (!due) return Lost("it sent a reply that nobody asked for");
    auto reply = decoder_.Next(*due);
    if (!reply) return std::move(reply).error();
    if (!reply->has_value()) return {};
    auto taken = phase_ == Phase::kGreeting ? OnGreetingReply(**reply)
                                            : handler_.OnReply(*std::move(*reply));
    if (!taken) return taken;
  }
  return {};
}

Result<void> RespSession::ChannelFailure(IoOutcome outcome) const {
  if (outcome.status == IoStatus::kClosed) return Lost("the server closed the connection");
  return channel_->refused() ? Refused(channel_->failure()) : Lost(channel_->failure());
}

}  // namespace vcache::redis
