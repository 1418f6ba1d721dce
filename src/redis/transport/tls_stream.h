#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <string>

#include "redis/transport/byte_channel.h"
#include "vcache/core/free_with.h"
#include "vcache/core/result.h"

namespace vcache::redis {

/// The trusted certificates and allowed protocols. Share one per set of certificates: making one
/// takes 20 ms (rule T2). Immutable; any thread may make streams from it.
class TlsContext {
 public:
  /// An empty `ca_file` trusts the system's certificates. kBadConfiguration when it cannot be read.
  static Result<std::shared_ptr<const TlsContext>> Make(const std::string& ca_file);

  SSL_CTX* get() const noexcept { return context_.get(); }

 private:
  using Handle = std::unique_ptr<SSL_CTX, FreeWith<SSL_CTX_free>>;
  explicit TlsContext(Handle context) noexcept : context_(std::move(context)) {}
  Handle context_;
};

/// The client's side of TLS 1.2 or later over a connected, non-blocking socket. The peer's
/// certificate must be trusted by the context and valid for `host` (rule T3).
class TlsStream final : public ByteChannel {
 public:
  /// `host` is the name or IP literal that the certificate must name. kInternal without memory.
  static Result<std::unique_ptr<TlsStream>> Make(std::shared_ptr<const TlsContext> context,
                                                 UniqueFd socket, const std::string& host);
  ~TlsStream() override;

  int fd() const noexcept override { return socket_.get(); }
  IoOutcome Handshake() override;
  IoOutcome Read(std::span<char> into) override;
  IoOutcome Write(std::string_view bytes) override;

 private:
  using Handle = std::unique_ptr<SSL, FreeWith<SSL_free>>;
  TlsStream(std::shared_ptr<const TlsContext> context, UniqueFd socket, Handle ssl) noexcept;

  /// Judges the last call on `ssl_`; call it right after, in the same thread (rule T4).
  IoOutcome Outcome(int returned);

  // Destroyed in reverse order: the session before its socket and context.
  std::shared_ptr<const TlsContext> context_;
  UniqueFd socket_;
  Handle ssl_;
  bool established_ = false;
  bool broken_ = false;
};

}  // namespace vcache::redis
