#include <algorithm>
#include <string>
#include <utility>

#include "config/guessable.h"
#include "config/shown_value.h"
#include "config/url.h"
#include "config/values.h"
#include "config/variable_kinds.h"
#include "vcache/core/ascii.h"

namespace vcache::config {
namespace {

constexpr std::size_t kLeastToken = 16;
constexpr std::size_t kLongestKeyName = 64;
constexpr std::size_t kMostAccessEntries = 256;
constexpr std::size_t kLongestPem = 64 * 1024;

constexpr const char* kTokenIs =
    "at least 16 printable characters without spaces that nobody guesses (no words like password, "
    "no runs like 1234, no repetitions); make one with `openssl rand -hex 32`";

bool IsAccessToken(std::string_view text) {
  return text.size() >= kLeastToken && IsCredential(text) && !IsGuessable(text, kLeastToken);
}

bool IsKeyName(std::string_view text) {
  return !text.empty() && text.size() <= kLongestKeyName &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return IsAlpha(c) || IsDigit(c) || c == '.' || c == '_' || c == '-';
         });
}

/// The words of an entry's last part, each with what it lets its holder do.
using Scopes = std::vector<std::pair<std::string_view, AccessScope>>;

constexpr std::int64_t kMostPerMinute = 1'000'000;

/// `60/m`: so many in a minute.
std::optional<std::uint64_t> ParseRate(std::string_view text) {
  if (!text.ends_with("/m")) return std::nullopt;
  const auto number = ParseWhole(text.substr(0, text.size() - 2));
  if (!number || *number < 1 || *number > kMostPerMinute) return std::nullopt;
  return static_cast<std::uint64_t>(*number);
}

std::optional<Usd> ParseDailyBudget(std::string_view text) {
  constexpr Usd kMost = Usd::FromMicros(1'000'000'000'000);
  const auto amount = Usd::Parse(text);
  return amount && *amount > Usd() && *amount <= kMost ? amount : std::nullopt;
}

/// Takes `:rate=60/m` and `:budget=5.00` off the end, each once at most. False when one is no such.
bool TakeLimits(std::string_view& text, CallerLimits& limits) {
  for (;;) {
    const std::size_t colon = text.rfind(':');
    if (colon == std::string_view::npos) return true;
    const std::string_view part = text.substr(colon + 1);
    if (part.starts_with("rate=")) {
      if (limits.per_minute) return false;
      limits.per_minute = ParseRate(part.substr(5));
      if (!limits.per_minute) return false;
    } else if (part.starts_with("budget=")) {
      if (limits.daily_budget) return false;
      limits.daily_budget = ParseDailyBudget(part.substr(7));
      if (!limits.daily_budget) return false;
    } else {
      return true;
    }
    text = text.substr(0, colon);
  }
}

/// `name:key[:scope]`; with `bare_name` also a key alone, which then has that name, and limits of
/// the key's own behind it.
std::optional<NamedKey> ParseNamedKey(std::string_view text, const Scopes& scopes,
                                      std::string_view bare_name) {
  CallerLimits limits;
  if (!bare_name.empty() && !TakeLimits(text, limits)) return std::nullopt;
  NamedKey entry{std::string(bare_name), {}, scopes.front().second, limits};
  std::size_t colon = text.find(':');
  if (colon != std::string_view::npos) {
    entry.name = text.substr(0, colon);
    text.remove_prefix(colon + 1);
    colon = text.find(':');
  }
  const std::string_view key = text.substr(0, colon);
  if (!IsKeyName(entry.name) || !IsAccessToken(key)) return std::nullopt;
  entry.value = Secret(std::string(key));
  if (colon == std::string_view::npos) return entry;
  const std::string_view word = text.substr(colon + 1);
  const auto scope = std::find_if(scopes.begin(), scopes.end(),
                                  [word](const auto& known) { return known.first == word; });
  if (word.empty() || scope == scopes.end()) return std::nullopt;
  entry.scope = scope->second;
  return entry;
}

/// A comma list of named keys; no name and no key twice.
template <typename Field>
Variable NamedKeys(const Doc& doc, std::string expected, Scopes scopes, std::string_view bare_name,
                   Field field) {
  const auto parse = [scopes = std::move(scopes),
                      bare_name](std::string_view text) -> std::optional<std::vector<NamedKey>> {
    const auto parts = ParseList(text);
    if (!parts || parts->size() > kMostAccessEntries) return std::nullopt;
    std::vector<NamedKey> keys;
    for (const std::string& part : *parts) {
      auto key = ParseNamedKey(part, scopes, bare_name);
      const auto is_taken = [&](const NamedKey& other) {
        return other.name == key->name || other.value.Equals(key->value.Reveal());
      };
      if (!key || std::any_of(keys.begin(), keys.end(), is_taken)) return std::nullopt;
      keys.push_back(*std::move(key));
    }
    return keys;
  };
  const auto show = [](const std::vector<NamedKey>& keys) {
    return keys.empty() ? std::string() : std::string(kMasked);
  };
  return MakeVariable(doc, std::move(expected) + std::string("; each key: ") + kTokenIs, field,
                      parse, show);
}

/// Text in PEM. Platforms that take one line only write `\n` for its line breaks.
std::optional<std::string> ParsePem(std::string_view text) {
  if (text.size() > kLongestPem || !text.starts_with("-----BEGIN ")) return std::nullopt;
  std::string pem;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text.substr(i, 2) == "\\n") {
      pem += '\n';
      ++i;
    } else {
      pem += text[i];
    }
  }
  return pem;
}

std::optional<std::vector<std::string>> ParseAllowedHosts(std::string_view text) {
  auto hosts = ParseList(text);
  for (std::size_t i = 0; hosts && i < hosts->size(); ++i) {
    std::string& host = (*hosts)[i];
    host = ToLower(host);
    const std::string_view name = host.starts_with("*.") ? std::string_view(host).substr(2) : host;
    if (host != "*" && !IsHost(name)) return std::nullopt;
  }
  return hosts;
}

std::optional<std::vector<std::string>> ParseUserIds(std::string_view text) {
  auto ids = ParseList(text);
  if (ids && ids->size() > kMostAccessEntries) ids.reset();
  return ids;
}

std::vector<Variable> AdminTokens() {
  return {
      Text({"ADMIN_TOKEN", "",
            "Token of the admin routes, which are off without one; make one with `openssl rand "
            "-hex 32`"},
           kTokenIs, IsAccessToken, &AccessSettings::admin_token),
      Text({"ADMIN_TOKEN_PREVIOUS", "", "The token before, accepted while it is being replaced"},
           kTokenIs, IsAccessToken, &AccessSettings::admin_token_previous),
      Text(
          {"METRICS_TOKEN", "",
           "Token that may read /metrics and nothing else, for Prometheus; administrators may too"},
          kTokenIs, IsAccessToken, &AccessSettings::metrics_token),
      NamedKeys({"ADMIN_TOKENS", "",
                 "More of them by name, so that the log says who: ops:TOKEN,support:TOKEN:read, "
                 "where read changes nothing"},
                "a comma list of name:token or name:token:read, no name and no token twice",
                {{"", AccessScope::kAdmin}, {"read", AccessScope::kAdminRead}}, "",
                &AccessSettings::admin_tokens),
  };
}

std::vector<Variable> Users() {
  return {
      NamedKeys({"API_KEYS", "",
                 "Keys of programs that may analyse, sent as a Bearer token or X-Api-Key: "
                 "site:KEY,batch:KEY, with :admin:read or :admin behind a key for more rights, and "
                 "behind that :rate=60/m (look-ups, and analyses, in a minute) and :budget=5.00 "
                 "(USD for paid calls in a UTC day); one KEY alone is called default"},
                "a comma list of name:key, name:key:user, name:key:admin:read or name:key:admin, "
                "each with :rate=60/m and :budget=5.00 behind it or without, no name and no key "
                "twice",
                {{"user", AccessScope::kUser},
                 {"admin:read", AccessScope::kAdminRead},
                 {"admin", AccessScope::kAdmin}},
                "default", &AccessSettings::api_keys),
      Harmless(MakeVariable(
          {"SPENDING_ROLES", "",
           "Who may have known content paid for again (Cache-Control: no-cache, no-store): admin, "
           "key (of API_KEYS), user (with a signed token), or what the claim role of such tokens "
           "says"},
          "a comma list of admin, key, user and roles", &AccessSettings::spending_roles,
          ParseUserIds, JoinList)),
      Text({"JWT_SECRET", "",
            "Secret of the tokens (JWT, HS256) that your site gives its users; then analyses need "
            "one"},
           kLongSecretIs, IsLongSecret, &AccessSettings::jwt_secret),
      Text({"JWT_SECRET_PREVIOUS", "", "The secret before, accepted while it is being replaced"},
           kLongSecretIs, IsLongSecret, &AccessSettings::jwt_secret_previous),
      MakeVariable({"JWT_PUBLIC_KEY", "",
                    "Public key (PEM) of tokens signed with RS256 or ES256; several may follow "
                    "each other, and \\n stands for a line break"},
                   "public keys in PEM, -----BEGIN PUBLIC KEY----- and so on",
                   &AccessSettings::jwt_public_key, ParsePem,
                   [](const std::string& pem) {
                     return pem.empty() ? std::string() : std::string(kMasked);
                   }),
      Harmless(Text({"JWT_ISSUER", "", "What the claim iss of such tokens must be; by default any"},
                    "at most 512 printable characters without spaces", IsCredential,
                    &AccessSettings::jwt_issuer)),
      Harmless(Text({"JWT_AUDIENCE", "", "What the claim aud must name; by default anything"},
                    "at most 512 printable characters without spaces", IsCredential,
                    &AccessSettings::jwt_audience)),
      MakeVariable({"ADMIN_USER_IDS", "",
                    "Users (sub, userId or id of their token) who are administrators, as those "
                    "are whose role is ADMIN"},
                   "a comma list of ids", &AccessSettings::admin_user_ids, ParseUserIds, JoinList),
  };
}

std::vector<Variable> Openness() {
  const auto parse_open = [](std::string_view text) {
    return text == "open" ? std::optional(true) : std::nullopt;
  };
  const auto show_open = [](bool open) { return std::string(open ? "open" : ""); };
  return {
      Harmless(MakeVariable(
          {"ACCESS", "",
           "open: whoever reaches the port may analyse at your expense; needed with a vendor's "
           "credentials where no API_KEYS, JWT_SECRET or JWT_PUBLIC_KEY is set and HOST is not "
           "this machine alone"},
          "open, or nothing", &AccessSettings::open, parse_open, show_open)),
      Harmless(MakeVariable(
          {"ALLOWED_HOSTS", "",
           "Names under which browsers may reach the service, besides addresses, names without a "
           "dot, HOST and what the platform calls it: a comma list, *.example.com for all below, * "
           "for any; looked at while analyses need no credentials, or when set"},
          "a comma list of host names without port or scheme, *.example.com or *",
          &AccessSettings::allowed_hosts, ParseAllowedHosts, JoinList)),
  };
}

}  // namespace

std::vector<Variable> AccessVariables() {
  std::vector<Variable> all;
  for (auto&& some : {Openness(), Users(), AdminTokens()}) {
    all.insert(all.end(), some.begin(), some.end());
  }
  return all;
}

}  // namespace vcache::config
