#include "redis/resp_dialer.h"

#include <poll.h>

#include <algorithm>
#include <array>
#include <utility>

namespace vcache::redis {
namespace {

/// Only a session this long resets the pauses, in case the server accepts and closes at once.
constexpr std::chrono::seconds kProven{1};

}  // namespace

RespDialer::RespDialer(RespDialerOptions options, std::shared_ptr<const TlsContext> tls)
    : options_(std::make_unique<const RespDialerOptions>(std::move(options))),
      tls_(std::move(tls)),
      pauses_(*options_) {}

Result<RespDialer> RespDialer::Make(RespDialerOptions options) {
  std::shared_ptr<const TlsContext> tls;
  if (options.url.transport == RedisTransport::kTls) {
    auto made = TlsContext::Make(options.url.tls_ca_file);
    if (!made) return std::move(made).error();
    tls = *std::move(made);
  }
  return RespDialer(std::move(options), std::move(tls));
}

Result<std::unique_ptr<RespSession>> RespDialer::Dial(ReplyHandler& handler, const Clock& clock) {
  if (endpoints_.empty()) {
    const RedisUrl& url = options_->url;
    auto resolved = url.transport == RedisTransport::kUnixSocket ? UnixSocketEndpoint(url.path)
                                                                 : ResolveHost(url.host, url.port);
    if (!resolved) {
      Failed(resolved.error(), clock.Now());
      return std::move(resolved).error();
    }
    endpoints_ = *std::move(resolved);
    std::reverse(endpoints_.begin(), endpoints_.end());
  }
  const Endpoint endpoint = endpoints_.back();
  endpoints_.pop_back();
  auto session = RespSession::Begin(options_->url, endpoint, tls_, options_->client_name, handler);
  const SteadyTime now = clock.Now();
  if (!session) Failed(session.error(), now);
  give_up_ = now + options_->connect_timeout;
  return session;
}

void RespDialer::Failed(const Error& error, SteadyTime now) {
  const bool was_open = opened_ != SteadyTime::max();
  if (was_open) {
    if (now - opened_ >= kProven) pauses_.Reset();
    opened_ = SteadyTime::max();
    endpoints_.clear();  // next time resolve again and begin with the preferred address
  }
  const bool refused = error.code == ErrorCode::kUnauthenticated;
  due_ = endpoints_.empty() ? now + pauses_.Next(refused) : now;
}

void PollUntil(SteadyTime next, SteadyTime now, const WakeSignal& wake, const RespSession* session,
               const RespSession* other) {
  using std::chrono::milliseconds;
  constexpr milliseconds kLongestWait{60'000};
  milliseconds wait = kLongestWait;
  if (next < now + kLongestWait) {
    wait = std::max(std::chrono::ceil<milliseconds>(next - now), milliseconds(0));
  }
  std::array<pollfd, 3> polled{pollfd{wake.fd(), POLLIN, 0}, pollfd{-1, 0, 0}, pollfd{-1, 0, 0}};
  std::size_t place = 1;
  for (const RespSession* each : {session, other}) {
    if (each != nullptr) polled[place] = {each->fd(), each->events(), 0};
    if (each != nullptr && each->more_to_read()) wait = milliseconds(0);
    ++place;
  }
  ::poll(polled.data(), polled.size(), static_cast<int>(wait.count()));
  if (polled[0].revents != 0) wake.Drain();
}

}  // namespace vcache::redis
