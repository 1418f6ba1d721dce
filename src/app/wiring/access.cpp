#include "app/wiring/access.h"

#include <algorithm>
#include <utility>

#include "vcache/core/ascii.h"

namespace vcache::app {
namespace {

api::CredentialOptions CredentialsOf(const config::AccessSettings& settings) {
  api::CredentialOptions options;
  options.admin_tokens = settings.admin_tokens;
  const auto add_admin = [&](const char* name, const Secret& token) {
    if (!token.empty()) options.admin_tokens.push_back({name, token, AccessScope::kAdmin});
  };
  add_admin("ADMIN_TOKEN", settings.admin_token);
  add_admin("ADMIN_TOKEN_PREVIOUS", settings.admin_token_previous);
  if (!settings.metrics_token.empty()) {
    options.admin_tokens.push_back(
        {"METRICS_TOKEN", settings.metrics_token, AccessScope::kMetrics});
  }
  options.api_keys = settings.api_keys;
  for (const Secret& secret : {settings.jwt_secret, settings.jwt_secret_previous}) {
    if (!secret.empty()) options.jwt.secrets.push_back(secret);
  }
  options.spending_roles = settings.spending_roles;
  options.jwt.public_keys = settings.jwt_public_key;
  options.jwt.issuer = settings.jwt_issuer;
  options.jwt.audience = settings.jwt_audience;
  options.jwt.admin_user_ids = settings.admin_user_ids;
  return options;
}

}  // namespace

Result<std::shared_ptr<const api::Authenticator>> MakeAuthenticator(
    const config::AccessSettings& settings, Clock& clock) {
  return api::Authenticator::Make(CredentialsOf(settings), clock);
}

Result<void> CheckAccessKeys(const config::AccessSettings& settings) {
  SystemClock clock;
  const auto made = MakeAuthenticator(settings, clock);
  return made ? Result<void>() : Result<void>(made.error());
}

std::vector<std::string> HostsOf(const config::Settings& settings) {
  const config::AccessSettings& access = settings.access;
  // With credentials a page of another name gets nothing: it does not have them.
  if (access.has_users() && access.allowed_hosts.empty()) return {};
  std::vector<std::string> hosts = access.allowed_hosts;
  hosts.insert(hosts.end(), access.platform_hosts.begin(), access.platform_hosts.end());
  hosts.push_back(ToLower(settings.server.host));  // never empty: then any would do
  return hosts;
}

}  // namespace vcache::app
