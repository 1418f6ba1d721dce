#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "vcache/core/result.h"
#include "vcache/core/secret.h"

namespace vcache::api {

/// A key that proves who signed a text, by one algorithm only: that of its kind (rule S1). A public
/// key is never used as an HS256 secret, and what a token calls its algorithm chooses nothing.
/// Thread-safe.
class JwtKey {
 public:
  virtual ~JwtKey() = default;

  /// The only `alg` of tokens that this key may accept.
  virtual std::string_view algorithm() const noexcept = 0;
  /// Whether the signature (raw bytes, as in a JWT) is that of the text. Of a signature whose size
  /// is wrong it verifies another one in place, so that this takes no less time.
  virtual bool Verifies(std::string_view text, std::string_view signature) const = 0;
};

using JwtKeys = std::vector<std::unique_ptr<const JwtKey>>;

/// HS256.
std::unique_ptr<const JwtKey> MakeHmacKey(Secret secret);

/// One key for each public key in the text: RS256 for RSA of 2048 to 8192 bits, ES256 for the curve
/// P-256. kBadConfiguration says what is wrong with the text, and names JWT_PUBLIC_KEY.
Result<JwtKeys> ReadPublicKeys(std::string_view pem);

}  // namespace vcache::api
