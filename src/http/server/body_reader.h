#pragma once

#include <cstdint>
#include <optional>

#include "http/parsing/chunk_decoder.h"
#include "http/parsing/request_head.h"
#include "http/server/connection.h"
#include "vcache/core/clock.h"
#include "vcache/core/deadline.h"
#include "vcache/http/server/server.h"

namespace vcache::http {

/// The body of one request, taken from its connection as far as it has arrived. It never reads
/// bytes after the body, and never ends before the framing does (rules H3 and H4). Never blocks.
/// One thread at a time.
class BodyReader {
 public:
  /// All but `head` must outlive it. The head must be removed from the input.
  BodyReader(Connection& connection, const RequestHead& head, const ServerOptions& options);

  bool done() const noexcept;
  /// Fills the front of `into`; 0 at the end. Empty while nothing more has arrived. Errors, each
  /// also from every later call: kTooLarge, kBadRequest (chunks), kClientGone.
  Result<std::optional<std::size_t>> Read(std::span<std::byte> into);

  /// The body may be longer than any other.
  void LiftLimit() noexcept { max_bytes_ = UINT64_MAX; }

  /// Whether the client waits for `100 Continue`. One that already sends the body does not.
  bool is_awaited() const noexcept { return continue_pending_ && connection_.input.empty(); }
  /// Sends `100 Continue` if the client waits for it (rule H6).
  void SendContinue();
  /// Whether the connection may carry another request (rule H5).
  bool SkipRest();

  /// Until when the client may pause now. At the minimum rate, after a grace period; others apply
  /// while room is short. All waits of the body count together: single bytes do not begin it anew
  /// (rule H8).
  SteadyTime PatienceFrom(SteadyTime now, bool is_short_of_room) const;
  /// The client was waited for so long.
  void NoteWait(std::chrono::nanoseconds length) noexcept { waited_ += length; }

  std::uint64_t bytes_read() const noexcept { return bytes_read_; }

 private:
  using Filled = std::optional<std::size_t>;

  Result<Filled> Pull(std::span<std::byte> into);
  Result<Filled> PullLength(std::span<std::byte> into);
  Result<Filled> PullChunks(std::span<std::byte> into);

  Connection& connection_;
  const BodyFraming framing_;
  const ServerOptions& options_;
  std::uint64_t max_bytes_;
  ChunkDecoder chunks_;
  std::uint64_t left_;  ///< Of a body with a length.
  bool continue_pending_;
  std::uint64_t bytes_read_ = 0;
  /// Time spent waiting for the client; a busy server does not count.
  std::chrono::nanoseconds waited_{0};
  std::optional<Error> error_;
};

}  // namespace vcache::http
