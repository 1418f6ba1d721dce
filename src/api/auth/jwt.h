#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "api/auth/jwt_keys.h"
#include "vcache/api/auth/authenticator.h"

namespace vcache::api {

/// The longest token; a longer one is refused unread.
inline constexpr std::size_t kLongestJwt = 4096;
/// How far the clocks of the issuer and of this machine may differ.
inline constexpr std::chrono::seconds kJwtLeeway{5};

/// Accepts signed tokens (JWS compact form, RFC 7515 and 7519) by rule S1. Thread-safe.
class JwtVerifier {
 public:
  /// The clock must outlive it.
  JwtVerifier(JwtKeys keys, JwtOptions options, const Clock& clock);

  /// The user that the token names. The error's message says for the log why it is refused; it
  /// quotes nothing of the token. kForbidden: it is signed with a key of ours. The signature is
  /// verified with every key before anything in the token is read: who cannot sign learns nothing
  /// from the time, and reaches no JSON parser.
  Result<Caller> Verify(std::string_view token) const;

 private:
  const JwtKey* Signer(std::string_view text, std::string_view signature) const;
  Result<void> CheckTimes(const class Claims& claims) const;
  Result<void> CheckOrigin(const class Claims& claims) const;

  const JwtKeys keys_;
  const JwtOptions options_;
  const Clock& clock_;
};

}  // namespace vcache::api
