#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "vcache/api/auth/caller.h"
#include "vcache/core/clock.h"
#include "vcache/core/result.h"
#include "vcache/http/parsing/message.h"

namespace vcache::api {

class KeyRing;
class JwtVerifier;

/// Whose signed tokens are accepted; with neither secret nor key, nobody's.
struct JwtOptions {
  std::vector<Secret> secrets{};  ///< HS256: the one in use and, while it is changed, the last one.
  /// RS256 and ES256, by the kind of key: one or several public keys in PEM.
  std::string public_keys{};
  std::string issuer{};                       ///< The claim `iss`; empty: any.
  std::string audience{};                     ///< One of the claim `aud`; empty: any.
  std::vector<std::string> admin_user_ids{};  ///< Administrators besides those with the role.
};

/// All credentials that the service accepts.
struct CredentialOptions {
  std::vector<NamedKey> admin_tokens{};
  std::vector<NamedKey> api_keys{};
  JwtOptions jwt{};
  /// Who may have known content paid for again: `admin`, `key`, `user`, or a role in signed tokens.
  std::vector<std::string> spending_roles{"admin", "key"};
};

/// The outcome of looking at a request's credentials.
struct Identity {
  Caller caller{};
  /// There were credentials of a kind that the service accepts, and they are no good.
  bool is_refused = false;
  /// For the log: why. It never quotes them.
  std::string reason{};
  /// Refused, and nothing proves that they were ever good: somebody may be guessing.
  bool is_guess = false;
};

/// Finds out who sends a request. Immutable and thread-safe.
class Authenticator {
 public:
  /// The clock must outlive it. kBadConfiguration names JWT_PUBLIC_KEY if its text is not usable.
  static Result<std::shared_ptr<const Authenticator>> Make(CredentialOptions options, Clock& clock);
  ~Authenticator();

  /// By `Authorization: Bearer` (a token, a key or a JWT) or `X-Api-Key` (a key). Takes the same
  /// time for all wrong ones of a length, whatever is wrong with them.
  Identity Identify(const http::Headers& headers) const;

  /// Whether there are any, good or not.
  static bool HasCredentials(const http::Headers& headers);

  /// Whether there are keys or signed tokens: then the analysis routes need them.
  bool has_users() const noexcept { return has_users_; }
  /// Whether anybody could be an administrator.
  bool has_admins() const noexcept { return has_admins_; }
  /// Whether anybody could read the figures for monitoring.
  bool has_monitors() const noexcept { return has_monitors_; }

 private:
  Authenticator(const CredentialOptions& options, std::unique_ptr<const JwtVerifier> jwt);
  Identity OfHeaders(const http::Headers& headers) const;
  Identity OfBearer(std::string_view token) const;

  bool has_users_;
  bool has_admins_;
  bool has_monitors_;
  std::unique_ptr<const KeyRing> admin_tokens_;
  std::unique_ptr<const KeyRing> api_keys_;
  std::unique_ptr<const JwtVerifier> jwt_;  ///< Null when no signed tokens are accepted.
  std::vector<std::string> spending_roles_;
};

}  // namespace vcache::api
