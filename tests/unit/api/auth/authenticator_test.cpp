#include "vcache/api/auth/authenticator.h"

#include <doctest/doctest.h>

#include "support/credentials.h"
#include "support/jwt_maker.h"

using namespace vcache;
using api::CallerKind;
using api::Need;

namespace {

const std::string kAdmin = "v8Qm2xKd7Lp4Tz9Wb6";
const std::string kReader = "n3Rf5yHs1Gc8Jv0Xe7";
const std::string kSiteKey = "u6Zt4wPa9Mk2Bq7Ds1";
const std::string kJwtSecret = "kJ7vQ2mXw9dR4tYb6nHc3sLf8gZp5aEu";
const std::string kUserToken = test::HmacToken(kJwtSecret, R"({"sub":"u1","exp":1767225660})");

api::CredentialOptions Everybody() {
  return {.admin_tokens = {{"ops", Secret(kAdmin), AccessScope::kAdmin},
                           {"support", Secret(kReader), AccessScope::kAdminRead}},
          .api_keys = {{"site", Secret(kSiteKey), AccessScope::kUser}},
          .jwt = {.secrets = {Secret(kJwtSecret)}}};
}

http::Headers With(std::vector<std::pair<std::string, std::string>> fields) {
  http::Headers headers;
  for (auto& [name, value] : fields) headers.Add(name, value);
  return headers;
}

api::Identity Of(const std::vector<std::pair<std::string, std::string>>& fields) {
  static const auto authenticator = test::Accepting(Everybody());
  return authenticator->Identify(With(fields));
}

std::string NameOf(const std::vector<std::pair<std::string, std::string>>& fields) {
  return Of(fields).caller.LogName();
}

}  // namespace

TEST_CASE("Authenticator: each kind of credentials names its owner") {
  CHECK(NameOf({{"Authorization", "Bearer " + kAdmin}}) == "admin:ops");
  CHECK(NameOf({{"Authorization", "bearer  " + kReader}}) == "admin:support");
  CHECK(NameOf({{"Authorization", "BEARER " + kSiteKey}}) == "key:site");
  CHECK(NameOf({{"x-api-key", kSiteKey}}) == "key:site");
  CHECK(NameOf({{"Authorization", "Bearer " + kUserToken}}) == "user:u1");
}

TEST_CASE("Authenticator: without credentials of ours nobody is known, and nobody refused") {
  for (const auto& fields : std::vector<std::vector<std::pair<std::string, std::string>>>{
           {},
           {{"Authorization", "Basic " + kAdmin}},
           {{"Authorization", kAdmin}},
           {{"Authorization", "Bearer"}},
           {{"Authorization", "Bearer   "}},
           {{"Authorization", "Bearer " + kAdmin}, {"Authorization", "Bearer x"}},
           {{"X-Api-Key", ""}},
           {{"X-Api-Key", kSiteKey}, {"X-Api-Key", kSiteKey}},
           {{"Cookie", "token=" + kUserToken}}}) {
    const api::Identity identity = Of(fields);
    CHECK(identity.caller.kind == CallerKind::kAnonymous);
    CHECK_FALSE(identity.is_refused);
    CHECK(identity.caller.LogName().empty());
  }
}

TEST_CASE("Authenticator: wrong credentials are refused, with a reason that does not quote them") {
  for (const auto& fields : std::vector<std::vector<std::pair<std::string, std::string>>>{
           {{"Authorization", "Bearer " + kAdmin + "x"}},
           {{"Authorization", "Bearer " + kAdmin.substr(1)}},
           {{"Authorization", "Bearer " + kAdmin + " x"}},
           {{"Authorization", "Bearer \t" + kAdmin}},
           {{"Authorization", "Bearer " + kUserToken + "x"}},
           {{"X-Api-Key", kAdmin}},  // admin tokens are Bearer tokens
           {{"X-Api-Key", kUserToken}},
           {{"X-Api-Key", " " + kSiteKey}},
           {{"X-Api-Key", kSiteKey}, {"Authorization", "Bearer " + kUserToken}}}) {
    const api::Identity identity = Of(fields);
    CHECK(identity.caller.kind == CallerKind::kAnonymous);
    CHECK(identity.is_refused);
    CHECK_FALSE(identity.reason.empty());
    for (const auto& [name, value] : fields) {
      CHECK(identity.reason.find(value.substr(value.size() / 2)) == std::string::npos);
    }
  }
}

TEST_CASE("Authenticator: an empty key in the options opens nothing") {
  const auto authenticator =
      test::Accepting({.admin_tokens = {{"empty", Secret(), AccessScope::kAdmin}},
                       .api_keys = {{"empty", Secret(), AccessScope::kUser}},
                       .jwt = {.secrets = {Secret(), Secret(kJwtSecret)}}});
  CHECK(authenticator->Identify(With({{"Authorization", "Bearer x"}})).is_refused);
  CHECK(authenticator->Identify(With({{"X-Api-Key", "x"}})).is_refused);
  const std::string forged = test::HmacToken("", R"({"sub":"u1","exp":1767225660})");
  CHECK(authenticator->Identify(With({{"Authorization", "Bearer " + forged}})).is_refused);
}

TEST_CASE("Authenticator: the secret before is accepted while it is replaced") {
  const std::string previous = "pV5xC8nM1zB4qW7eR0tY3uI6oA9sD2fG";
  const auto authenticator =
      test::Accepting({.jwt = {.secrets = {Secret(kJwtSecret), Secret(previous)}}});
  const std::string old = test::HmacToken(previous, R"({"sub":"u2","exp":1767225660})");
  CHECK(authenticator->Identify(With({{"Authorization", "Bearer " + old}})).caller.name == "u2");
  CHECK(authenticator->Identify(With({{"Authorization", "Bearer " + kUserToken}})).caller.name ==
        "u1");
}

TEST_CASE("Authenticator: knows whether analyses need a user, and whether there are admins") {
  const auto check = [](const api::CredentialOptions& options, bool users, bool admins) {
    const auto authenticator = test::Accepting(options);
    CHECK(authenticator->has_users() == users);
    CHECK(authenticator->has_admins() == admins);
  };
  check({}, false, false);
  check({.admin_tokens = {{"ops", Secret(kAdmin), AccessScope::kAdmin}}}, false, true);
  check({.api_keys = {{"site", Secret(kSiteKey), AccessScope::kUser}}}, true, false);
  check({.api_keys = {{"site", Secret(kSiteKey), AccessScope::kAdminRead}}}, true, true);
  check({.jwt = {.secrets = {Secret(kJwtSecret)}}}, true, true);
  check({.jwt = {.public_keys = test::JwtSigner::Ec().PublicPem()}}, true, true);
}

TEST_CASE("Caller: what each scope may do") {
  const auto may = [](CallerKind kind, AccessScope scope) {
    const api::Caller caller{kind, "x", scope};
    std::string rights;
    if (caller.May(Need::kLookUp)) rights += "look-up ";
    if (caller.May(Need::kAnalysis)) rights += "analysis ";
    if (caller.May(Need::kAdminRead)) rights += "read ";
    if (caller.May(Need::kAdmin)) rights += "admin ";
    return rights;
  };
  CHECK(may(CallerKind::kUser, AccessScope::kUser) == "look-up analysis ");
  CHECK(may(CallerKind::kAdminToken, AccessScope::kAdminRead) == "look-up read ");
  CHECK(may(CallerKind::kApiKey, AccessScope::kAdmin) == "look-up analysis read admin ");
  CHECK(may(CallerKind::kAnonymous, AccessScope::kAdmin).empty());
}

TEST_CASE("MayBypassCache: administrators and keys by default, or whom SPENDING_ROLES names") {
  const std::string pro = test::HmacToken(kJwtSecret, R"({"role":"PRO","exp":1767225660})");
  const auto may = [&](const api::CredentialOptions& options) {
    const auto authenticator = test::Accepting(options);
    std::vector<bool> all;
    for (const std::string& token : {kAdmin, kReader, kSiteKey, kUserToken, pro}) {
      const auto identity = authenticator->Identify(With({{"Authorization", "Bearer " + token}}));
      all.push_back(MayBypassCache(identity.caller));
    }
    all.push_back(MayBypassCache(authenticator->Identify({}).caller));
    return all;
  };
  using All = std::vector<bool>;
  const std::string poses = test::HmacToken(kJwtSecret, R"({"role":"key","exp":1767225660})");
  CHECK_FALSE(MayBypassCache(Of({{"Authorization", "Bearer " + poses}}).caller));
  api::CredentialOptions options = Everybody();
  CHECK(may(options) == All{true, false, true, false, false, false});
  options.spending_roles = {"PRO"};
  CHECK(may(options) == All{false, false, false, false, true, false});
  options.spending_roles = {"user"};
  CHECK(may(options) == All{false, false, false, true, true, false});
}

TEST_CASE("Authenticator: a token that was signed and has expired is no guess") {
  const std::string expired = test::HmacToken(kJwtSecret, R"({"sub":"u1","exp":1})");
  const std::string forged = test::HmacToken(std::string(32, 'x'), R"({"sub":"u1","exp":1})");
  CHECK(Of({{"Authorization", "Bearer " + expired}}).is_refused);
  CHECK_FALSE(Of({{"Authorization", "Bearer " + expired}}).is_guess);
  CHECK(Of({{"Authorization", "Bearer " + forged}}).is_guess);
  CHECK(Of({{"X-Api-Key", "wrong"}}).is_guess);
}
