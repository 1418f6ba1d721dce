// Signed tokens, credentials and hosts as anybody may send them: rule S1.

#include <memory>
#include <string>

#include "api/auth/base64url.h"
#include "api/auth/jwt.h"
#include "fuzz/fuzz_target.h"
#include "support/fake_clock.h"
#include "support/jwt_maker.h"
#include "vcache/api/auth/authenticator.h"
#include "vcache/api/auth/site_rules.h"

using namespace vcache;
using vcache::fuzz::Require;

namespace {

const std::string kFuzzSecret = "kJ7vQ2mXw9dR4tYb6nHc3sLf8gZp5aEu";

const api::Authenticator& FuzzedAuthenticator() {
  static test::FakeClock clock;
  static const auto authenticator = [] {
    auto made = api::Authenticator::Make(
        {.admin_tokens = {{"ops", Secret("v8Qm2xKd7Lp4Tz9Wb6"), AccessScope::kAdmin}},
         .api_keys = {{"site", Secret("u6Zt4wPa9Mk2Bq7Ds1"), AccessScope::kUser}},
         .jwt = {.secrets = {Secret(kFuzzSecret)},
                 .public_keys = test::JwtSigner::Ec().PublicPem()}},
        clock);
    Require(made.has_value(), "the credentials are usable");
    return std::move(made).value();
  }();
  return *authenticator;
}

/// What nobody signed names nobody.
void CheckForged(std::string_view input) {
  http::Headers headers;
  headers.Add("Authorization", "Bearer " + std::string(input));
  const api::Identity identity = FuzzedAuthenticator().Identify(headers);
  Require(identity.caller.kind != api::CallerKind::kUser, "nobody forges a signature");
  Require(identity.is_refused || input.find_first_not_of(' ') == std::string_view::npos ||
              identity.caller.kind != api::CallerKind::kAnonymous,
          "wrong credentials are refused");
}

/// Header and payload behind a right signature: what is accepted is within its limits.
void CheckSigned(std::string_view input) {
  const std::size_t line = input.find('\n');
  const std::string_view header = input.substr(0, line);
  const std::string_view payload =
      line == std::string_view::npos ? std::string_view() : input.substr(line + 1);
  http::Headers headers;
  headers.Add("Authorization", "Bearer " + test::HmacToken(kFuzzSecret, payload, header));
  const api::Identity identity = FuzzedAuthenticator().Identify(headers);
  if (identity.is_refused) {
    Require(!identity.reason.empty(), "a refusal has a reason");
    return;
  }
  Require(identity.caller.kind == api::CallerKind::kUser, "a token names a user");
  Require(identity.caller.name.size() <= 256, "an id is short");
  Require(
      header.find("HS256") != std::string_view::npos || header.find('\\') != std::string_view::npos,
      "an accepted token says HS256");
  Require(
      payload.find("exp") != std::string_view::npos || payload.find('\\') != std::string_view::npos,
      "an accepted token expires");
}

void CheckBase64(std::string_view input) {
  const auto bytes = api::DecodeBase64Url(input);
  Require(!bytes || test::Base64Url(*bytes) == input, "bytes have one spelling");
  Require(api::DecodeBase64Url(test::Base64Url(input)) == std::string(input),
          "every text of bytes can be written");
}

/// A page's origin and host are judged, whatever they are, and cross-site says no.
void CheckSites(std::string_view input) {
  static const api::SiteRules rules({"https://www.example.com"}, {"verdicts.example"});
  http::RequestInfo request;
  request.method = "POST";
  request.headers.Add("Host", std::string(input));
  (void)rules.RefuseHost(request);
  request.headers.Add("Origin", std::string(input));
  (void)rules.RefuseForeignSite(request);
  request.headers.Add("Sec-Fetch-Site", "cross-site");
  Require(input == "https://www.example.com" || rules.RefuseForeignSite(request).has_value(),
          "another site is refused");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input = vcache::fuzz::Text(data, size);
  CheckForged(input);
  CheckSigned(input);
  CheckBase64(input);
  CheckSites(input);
  return 0;
}
