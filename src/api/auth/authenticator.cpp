#include "vcache/api/auth/authenticator.h"

#include <algorithm>
#include <utility>

#include "api/auth/jwt.h"
#include "api/auth/key_ring.h"
#include "vcache/core/ascii.h"

namespace vcache::api {
namespace {

/// The credentials of `Authorization: Bearer <token>` (RFC 9110 section 11.4), scheme in any case.
/// Empty without them, also when there are several: they could be of different callers.
std::string_view BearerToken(const http::Headers& headers) {
  if (headers.Count("Authorization") != 1) return {};
  const std::string_view value = *headers.Get("Authorization");
  constexpr std::string_view kScheme = "bearer ";
  if (!EqualsIgnoringCase(value.substr(0, kScheme.size()), kScheme)) return {};
  const std::size_t token = value.find_first_not_of(' ', kScheme.size());
  return token == std::string_view::npos ? std::string_view() : value.substr(token);
}

std::string_view ApiKey(const http::Headers& headers) {
  return headers.Count("X-Api-Key") == 1 ? *headers.Get("X-Api-Key") : std::string_view();
}

Identity Known(CallerKind kind, const KeyRing::Owner& owner) {
  return {{kind, owner.name, owner.scope, owner.limits}, false, {}};
}

Identity RefusedFor(std::string reason, bool is_guess = true) {
  return {{}, true, std::move(reason), is_guess};
}

std::string_view RoleOf(const Caller& caller) {
  if (caller.scope != AccessScope::kUser) return "admin";
  return caller.kind == CallerKind::kApiKey ? "key" : "user";
}

bool HasAdminScope(const std::vector<NamedKey>& keys) {
  return std::any_of(keys.begin(), keys.end(), [](const NamedKey& key) {
    return key.scope == AccessScope::kAdmin || key.scope == AccessScope::kAdminRead;
  });
}

}  // namespace

Result<std::shared_ptr<const Authenticator>> Authenticator::Make(CredentialOptions options,
                                                                 Clock& clock) {
  JwtKeys keys;
  for (const Secret& secret : options.jwt.secrets) {
    if (!secret.empty()) keys.push_back(MakeHmacKey(secret));
  }
  if (!options.jwt.public_keys.empty()) {
    Result<JwtKeys> public_keys = ReadPublicKeys(options.jwt.public_keys);
    if (!public_keys) return std::move(public_keys).error();
    for (auto& key : *public_keys) keys.push_back(std::move(key));
  }
  std::unique_ptr<const JwtVerifier> jwt;
  if (!keys.empty()) jwt = std::make_unique<JwtVerifier>(std::move(keys), options.jwt, clock);
  return std::shared_ptr<const Authenticator>(new Authenticator(options, std::move(jwt)));
}

Authenticator::Authenticator(const CredentialOptions& options,
                             std::unique_ptr<const JwtVerifier> jwt)
    : has_users_(jwt != nullptr || !options.api_keys.empty()),
      has_admins_(jwt != nullptr || HasAdminScope(options.admin_tokens) ||
                  HasAdminScope(options.api_keys)),
      has_monitors_(has_admins_ || !options.admin_tokens.empty()),
      admin_tokens_(std::make_unique<KeyRing>(options.admin_tokens)),
      api_keys_(std::make_unique<KeyRing>(options.api_keys)),
      jwt_(std::move(jwt)),
      spending_roles_(options.spending_roles) {}

Authenticator::~Authenticator() = default;

Identity Authenticator::OfBearer(std::string_view token) const {
  // Both before either is believed: the time must not tell which list came close.
  const KeyRing::Owner* const admin = admin_tokens_->Find(token);
  const KeyRing::Owner* const user = api_keys_->Find(token);
  if (admin != nullptr) return Known(CallerKind::kAdminToken, *admin);
  if (user != nullptr) return Known(CallerKind::kApiKey, *user);
  if (jwt_ == nullptr) return RefusedFor("no token and no key of ours");
  Result<Caller> caller = jwt_->Verify(token);
  if (!caller) {
    const bool is_guess = caller.error().code != ErrorCode::kForbidden;
    return RefusedFor(std::move(caller).error().message, is_guess);
  }
  return {std::move(caller).value(), false, {}};
}

Identity Authenticator::Identify(const http::Headers& headers) const {
  Identity identity = OfHeaders(headers);
  Caller& caller = identity.caller;
  if (caller.kind == CallerKind::kAnonymous) return identity;
  const auto names = [&](std::string_view role) {
    return !role.empty() &&
           std::find(spending_roles_.begin(), spending_roles_.end(), role) != spending_roles_.end();
  };
  // The words for kinds of callers are no roles: a token must not pose as a key.
  const bool is_word = caller.role == "admin" || caller.role == "key" || caller.role == "user";
  const bool may_spend = caller.scope != AccessScope::kAdminRead;
  caller.may_bypass_cache =
      may_spend && (names(RoleOf(caller)) || (!is_word && names(caller.role)));
  return identity;
}

bool Authenticator::HasCredentials(const http::Headers& headers) {
  return headers.Count("Authorization") > 0 || headers.Count("X-Api-Key") > 0;
}

Identity Authenticator::OfHeaders(const http::Headers& headers) const {
  const std::string_view token = BearerToken(headers);
  const std::string_view key = ApiKey(headers);
  if (!token.empty() && !key.empty()) {
    return RefusedFor("both Authorization and X-Api-Key: the caller must be one");
  }
  if (!token.empty()) return OfBearer(token);
  if (key.empty()) return {};
  const KeyRing::Owner* const owner = api_keys_->Find(key);
  return owner != nullptr ? Known(CallerKind::kApiKey, *owner) : RefusedFor("no key of ours");
}

}  // namespace vcache::api
