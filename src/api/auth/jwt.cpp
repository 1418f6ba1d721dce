#include "api/auth/jwt.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "api/auth/base64url.h"
#include "json/json.h"

namespace vcache::api {
namespace {

constexpr std::string_view kAdminRole = "ADMIN";
/// Longer ids name nobody; they would fill logs and tables.
constexpr std::size_t kLongestUserId = 256;

Error RefusedToken(const char* why) {
  return {ErrorCode::kUnauthenticated, why};
}

/// The JSON object in one part of a token.
Result<Json> ObjectIn(std::string_view part) {
  const auto text = DecodeBase64Url(part);
  if (!text) return RefusedToken("the token is not base64url");
  const Result<Json> json = ParseJson(
      *text,
      {.max_bytes = kLongestJwt, .max_depth = 8, .max_values = 256, .refuse_duplicate_keys = true});
  if (!json || !json->is_object()) {
    return RefusedToken("the token holds no JSON object, or names a member twice");
  }
  return *json;
}

/// The id that a claim holds, as a text: issuers write strings and numbers.
std::optional<std::string> UserId(const Json* claim) {
  if (const auto text = AsString(claim)) {
    if (text->empty() || text->size() > kLongestUserId) return std::nullopt;
    return text;
  }
  if (const auto number = AsInteger(claim)) return std::to_string(*number);
  return std::nullopt;
}

/// The parts of `header.payload.signature`.
struct TokenParts {
  std::string_view header;
  std::string_view payload;
  std::string_view signature;
  std::string_view signed_text;  ///< The first two, as received.
};

std::optional<TokenParts> SplitToken(std::string_view token) {
  const std::size_t first = token.find('.');
  const std::size_t last = token.rfind('.');
  if (first == std::string_view::npos || first == last) return std::nullopt;
  TokenParts parts{token.substr(0, first), token.substr(first + 1, last - first - 1),
                   token.substr(last + 1), token.substr(0, last)};
  if (parts.payload.find('.') != std::string_view::npos) return std::nullopt;
  return parts;
}

}  // namespace

/// The payload of a token whose signature is right.
class Claims {
 public:
  explicit Claims(Json json) : json_(std::move(json)) {}

  const Json* Get(std::string_view name) const { return Find(json_, name); }
  /// What `sub`, `userId` and `id` hold, in this order.
  std::vector<std::string> user_ids() const {
    std::vector<std::string> ids;
    for (const char* name : {"sub", "userId", "id"}) {
      if (auto id = UserId(Get(name))) ids.push_back(*std::move(id));
    }
    return ids;
  }

 private:
  Json json_;
};

JwtVerifier::JwtVerifier(JwtKeys keys, JwtOptions options, const Clock& clock)
    : keys_(std::move(keys)), options_(std::move(options)), clock_(clock) {}

const JwtKey* JwtVerifier::Signer(std::string_view text, std::string_view signature) const {
  const JwtKey* signer = nullptr;
  for (const auto& key : keys_) {
    if (key->Verifies(text, signature) && signer == nullptr) signer = key.get();
  }
  return signer;
}

Result<void> JwtVerifier::CheckTimes(const Claims& claims) const {
  using Seconds = std::chrono::duration<double>;
  const double now = Seconds(clock_.WallNow().time_since_epoch()).count();
  const double leeway = Seconds(kJwtLeeway).count();
  const auto expires = AsNumber(claims.Get("exp"));
  if (!expires) return RefusedToken("the token has no exp that is a number");
  if (now >= *expires + leeway) return RefusedToken("the token has expired");
  if (claims.Get("nbf") == nullptr) return {};
  const auto begins = AsNumber(claims.Get("nbf"));
  if (!begins) return RefusedToken("the token's nbf is no number");
  if (now + leeway < *begins) return RefusedToken("the token is not valid yet");
  return {};
}

Result<void> JwtVerifier::CheckOrigin(const Claims& claims) const {
  if (!options_.issuer.empty() && AsString(claims.Get("iss")) != options_.issuer) {
    return RefusedToken("the token's iss is not JWT_ISSUER");
  }
  if (options_.audience.empty()) return {};
  const Json* const audience = claims.Get("aud");
  const auto is_ours = [this](const Json& one) { return AsString(&one) == options_.audience; };
  const bool meant_for_us =
      audience != nullptr &&
      (audience->is_array() ? std::any_of(audience->begin(), audience->end(), is_ours)
                            : is_ours(*audience));
  if (!meant_for_us) return RefusedToken("the token's aud does not name JWT_AUDIENCE");
  return {};
}

Result<Caller> JwtVerifier::Verify(std::string_view token) const {
  if (token.size() > kLongestJwt) return RefusedToken("the token is longer than 4 KiB");
  const auto parts = SplitToken(token);
  const auto signature = parts ? DecodeBase64Url(parts->signature) : std::nullopt;
  const JwtKey* const signer =
      Signer(signature ? parts->signed_text : token, signature ? *signature : std::string());
  if (!parts || !signature) return RefusedToken("the credentials are neither key nor token");
  if (signer == nullptr) return RefusedToken("the token is signed with no key of ours");

  const Result<Json> header = ObjectIn(parts->header);
  if (!header) return header.error();
  if (AsString(Find(*header, "alg")) != signer->algorithm()) {
    return RefusedToken("the token's alg is not that of the key");
  }
  if (Find(*header, "crit") != nullptr) return RefusedToken("the token has a crit");

  Result<Json> payload = ObjectIn(parts->payload);
  if (!payload) return std::move(payload).error();
  const Claims claims(std::move(payload).value());
  for (Result<void> checked : {CheckTimes(claims), CheckOrigin(claims)}) {
    if (checked) continue;
    Error error = std::move(checked).error();
    error.code = ErrorCode::kForbidden;  // it is signed: nobody guesses
    return error;
  }

  const std::vector<std::string> ids = claims.user_ids();
  const auto is_listed = [this](const std::string& id) {
    const auto& admins = options_.admin_user_ids;
    return std::find(admins.begin(), admins.end(), id) != admins.end();
  };
  const bool is_admin =
      AsString(claims.Get("role")) == kAdminRole || std::any_of(ids.begin(), ids.end(), is_listed);
  return Caller{CallerKind::kUser,
                ids.empty() ? std::string() : ids.front(),
                is_admin ? AccessScope::kAdmin : AccessScope::kUser,
                {},
                AsString(claims.Get("role")).value_or("")};
}

}  // namespace vcache::api
