#pragma once

#include <atomic>
#include <cstdint>
#include <optional>

#include "http/parsing/chunk_decoder.h"
#include "http/parsing/request_head.h"
#include "http/server/connection.h"
#include "http/server/socket_io.h"
#include "vcache/core/byte_source.h"
#include "vcache/core/clock.h"
#include "vcache/core/deadline.h"
#include "vcache/http/server/server.h"

namespace vcache::http {

/// The body of one request, read from its connection. It never reads bytes after the body, and
/// never ends before the framing does (rules H3 and H4). Errors: kTooLarge, kBadRequest (chunks),
/// kRequestTimeout (rule H8), kShuttingDown, kClientGone. For one thread.
class BodyReader final : public ByteSource {
 public:
  /// All but `head` must outlive it. The head must be removed from the input. Once `stopping` is
  /// set, the client may pause for at most `stop_pause`.
  BodyReader(Connection& connection, const RequestHead& head, const ServerOptions& options,
             const std::atomic<bool>& stopping, Deadline deadline, const Clock& clock);

  /// The first read sends `100 Continue` if the client waits for it (rule H6).
  Result<std::size_t> Read(std::span<std::byte> into) override;

  /// Whether the connection may carry another request (rule H5). Never blocks.
  bool SkipRest();

  std::uint64_t bytes_read() const noexcept { return bytes_read_; }
  bool client_gone() const noexcept {
    return error_.has_value() && error_->code == ErrorCode::kClientGone;
  }

 private:
  enum class Wait { kAllowed, kForbidden };

  bool done() const noexcept;
  void SendContinue();
  /// Some bytes of the body; empty when it must not wait and none are there.
  Result<std::optional<std::size_t>> Pull(std::span<std::byte> into, Wait wait);
  Result<std::optional<std::size_t>> PullLength(std::span<std::byte> into, Wait wait);
  Result<std::optional<std::size_t>> PullChunks(std::span<std::byte> into, Wait wait);
  Result<bool> AwaitMore(Wait wait);
  WaitStatus WaitForInput(Deadline until);
  Error ClientGone() const;

  Connection& connection_;
  const BodyFraming framing_;
  const ServerOptions& options_;
  const std::atomic<bool>& stopping_;
  const Deadline deadline_;
  const Clock& clock_;
  ChunkDecoder chunks_;
  std::uint64_t left_;  ///< Of a body with a length.
  bool continue_pending_;
  std::uint64_t bytes_read_ = 0;
  /// Time spent waiting for the client; a slow handler does not count.
  std::chrono::nanoseconds waited_{0};
  bool stop_cut_it_ = false;
  std::optional<Error> error_;
};

}  // namespace vcache::http
