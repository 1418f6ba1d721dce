#include "redis/transport/tls_stream.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <utility>

#include "vcache/redis/transport/authorities.h"

namespace vcache::redis {
namespace {

bool IsIpLiteral(const std::string& host) {
  in6_addr ignored{};
  return inet_pton(AF_INET, host.c_str(), &ignored) == 1 ||
         inet_pton(AF_INET6, host.c_str(), &ignored) == 1;
}

/// Binds the session to the expected peer. SNI is for names only (RFC 6066, section 3).
bool ExpectHost(SSL* ssl, const std::string& host) {
  if (IsIpLiteral(host)) {
    return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host.c_str()) == 1;
  }
  SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  // Without the macro SSL_set_tlsext_host_name, which casts in the old style.
  return SSL_set1_host(ssl, host.c_str()) == 1 &&
         SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
                  const_cast<char*>(host.c_str())) == 1;
}

std::string VerifyFailure(long result) {
  switch (result) {
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      return "TLS: wrong host name: the server's certificate names another host";
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return "TLS: expired certificate: a certificate of the server is past its last day";
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return "TLS: the server's certificate is not valid yet; is this machine's clock right?";
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
      return "TLS: unknown authority: the server's certificate is signed by none that we trust; "
             "name its authority with ?tls_ca=FILE, or install the package ca-certificates";
    default:
      return std::string("TLS: the server's certificate is refused: ") +
             X509_verify_cert_error_string(result);
  }
}

std::string ProtocolFailure(unsigned long error) {
  switch (ERR_GET_REASON(error)) {
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_TLSV1_ALERT_PROTOCOL_VERSION:
    case SSL_R_UNKNOWN_PROTOCOL:
    case SSL_R_VERSION_TOO_LOW:
      return "TLS: protocol version: the server does not speak TLS 1.2 or later";
    case SSL_R_WRONG_VERSION_NUMBER:
    case SSL_R_PACKET_LENGTH_TOO_LONG:
      return "TLS: the server does not answer in TLS; is it a redis:// address?";
    default:
      break;
  }
  const char* reason = ERR_reason_error_string(error);
  return std::string("TLS: ") + (reason == nullptr ? "the handshake failed" : reason);
}

}  // namespace

Result<std::shared_ptr<const TlsContext>> TlsContext::Make(const std::string& ca_file) {
  ERR_clear_error();
  Handle context(SSL_CTX_new(TLS_client_method()));
  if (context == nullptr) return Error{ErrorCode::kInternal, "TLS cannot be set up"};
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_mode(context.get(), SSL_MODE_ENABLE_PARTIAL_WRITE |
                                      SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                      SSL_MODE_RELEASE_BUFFERS);
  const int loaded = ca_file.empty()
                         ? SSL_CTX_set_default_verify_paths(context.get())
                         : SSL_CTX_load_verify_locations(context.get(), ca_file.c_str(), nullptr);
  ERR_clear_error();
  if (loaded != 1) {
    return Error{ErrorCode::kBadConfiguration,
                 "the file of certificates to trust cannot be read or holds none in PEM form"};
  }
  return std::shared_ptr<const TlsContext>(new TlsContext(std::move(context)));
}

Result<void> CheckAuthorities(const std::string& ca_file) {
  if (ca_file.empty()) return {};
  if (const auto trusted = TlsContext::Make(ca_file); !trusted) return trusted.error();
  return {};
}

TlsStream::TlsStream(std::shared_ptr<const TlsContext> context, UniqueFd socket,
                     Handle ssl) noexcept
    : context_(std::move(context)), socket_(std::move(socket)), ssl_(std::move(ssl)) {}

Result<std::unique_ptr<TlsStream>> TlsStream::Make(std::shared_ptr<const TlsContext> context,
                                                   UniqueFd socket, const std::string& host) {
  ERR_clear_error();
  Handle ssl(SSL_new(context->get()));
  const bool ready =
      ssl != nullptr && SSL_set_fd(ssl.get(), socket.get()) == 1 && ExpectHost(ssl.get(), host);
  ERR_clear_error();
  if (!ready) return Error{ErrorCode::kInternal, "TLS: no session for this host name"};
  return std::unique_ptr<TlsStream>(
      new TlsStream(std::move(context), std::move(socket), std::move(ssl)));
}

TlsStream::~TlsStream() {
  // After a fatal error no close message may be sent (rule T5).
  if (!established_ || broken_) return;
  ERR_clear_error();
  SSL_shutdown(ssl_.get());
  ERR_clear_error();
}

IoOutcome TlsStream::Handshake() {
  ERR_clear_error();
  const int returned = SSL_connect(ssl_.get());
  if (returned != 1) return Outcome(returned);
  established_ = true;
  return {};
}

IoOutcome TlsStream::Read(std::span<char> into) {
  ERR_clear_error();
  const int size = static_cast<int>(std::min<std::size_t>(into.size(), INT_MAX));
  const int returned = SSL_read(ssl_.get(), into.data(), size);
  if (returned > 0) return {IoStatus::kDone, static_cast<std::size_t>(returned)};
  return Outcome(returned);
}

IoOutcome TlsStream::Write(std::string_view bytes) {
  ERR_clear_error();
  const int size = static_cast<int>(std::min<std::size_t>(bytes.size(), INT_MAX));
  const int returned = SSL_write(ssl_.get(), bytes.data(), size);
  if (returned > 0) return {IoStatus::kDone, static_cast<std::size_t>(returned)};
  return Outcome(returned);
}

IoOutcome TlsStream::Outcome(int returned) {
  const int system_error = errno;
  switch (SSL_get_error(ssl_.get(), returned)) {
    case SSL_ERROR_WANT_READ:
      return {IoStatus::kWantRead};
    case SSL_ERROR_WANT_WRITE:
      return {IoStatus::kWantWrite};
    case SSL_ERROR_ZERO_RETURN:
      return {IoStatus::kClosed};
    default:
      break;
  }
  broken_ = true;
  const unsigned long error = ERR_peek_error();
  // The end of the stream without a close message, or a reset: an ordinary disconnect (rule T5).
  const bool ended = error == 0 || ERR_GET_REASON(error) == SSL_R_UNEXPECTED_EOF_WHILE_READING;
  if (ended && established_) return {IoStatus::kClosed};
  if (ended) {
    failure_ = "TLS: the server closed the connection in the handshake";
    if (error == 0 && system_error != 0) failure_ += ": " + SystemErrorText(system_error);
  } else {
    const long verified = SSL_get_verify_result(ssl_.get());
    failure_ = verified == X509_V_OK ? ProtocolFailure(error) : VerifyFailure(verified);
    refused_ = !established_ && verified != X509_V_OK;
  }
  ERR_clear_error();
  return {IoStatus::kFailed};
}

}  // namespace vcache::redis
