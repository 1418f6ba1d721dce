#include <doctest/doctest.h>

#include "unit/config/environments.h"
#include "vcache/config/settings.h"

using namespace vcache;
using namespace vcache::config;
using test::Having;

namespace {

const std::string kOne = "v8Qm2xKd7Lp4Tz9Wb6";
const std::string kTwo = "n3Rf5yHs1Gc8Jv0Xe7";
const std::string kLong = "kJ7vQ2mXw9dR4tYb6nHc3sLf8gZp5aEu";
const std::string kOtherLong = "pV5xC8nM1zB4qW7eR0tY3uI6oA9sD2fG";

/// The complaint about these variables, and nothing else; empty when they are taken.
std::string AccessComplaint(EnvFile values) {
  const auto settings = LoadSettings(Having(std::move(values)));
  return settings ? std::string() : settings.error().message;
}

bool IsRefusedFor(const std::string& name, const std::string& value) {
  const std::string complaint = AccessComplaint({{name, value}});
  CHECK(complaint.find(value) == std::string::npos);
  return complaint.starts_with(name + " is refused");
}

AccessSettings Access(EnvFile values) {
  const auto settings = LoadSettings(Having(std::move(values)));
  if (!settings) FAIL(settings.error().message);
  return settings->access;
}

const EnvFile kVendor = {{"SAPLING_API_KEY", "k"}};

EnvFile WithVendor(const EnvFile& more) {
  EnvFile values = kVendor;
  for (const auto& [name, value] : more) values[name] = value;
  return values;
}

}  // namespace

TEST_CASE("ADMIN_TOKENS: names with tokens, and read for those who change nothing") {
  const auto tokens =
      Access({{"ADMIN_TOKENS", "ops:" + kOne + ", support:" + kTwo + ":read"}}).admin_tokens;
  REQUIRE(tokens.size() == 2);
  CHECK(tokens[0].name == "ops");
  CHECK(tokens[0].value.Equals(kOne));
  CHECK(tokens[0].scope == AccessScope::kAdmin);
  CHECK(tokens[1].name == "support");
  CHECK(tokens[1].value.Equals(kTwo));
  CHECK(tokens[1].scope == AccessScope::kAdminRead);
  for (const std::string& wrong :
       {kOne, ":" + kOne, std::string("ops:"), std::string("ops:short"), "ops:" + kOne + ":",
        "ops:" + kOne + ":write", "ops:" + kOne + ":read:read", "o ps:" + kOne,
        "ops:" + kOne + ",ops:" + kTwo, "ops:" + kOne + ",b:" + kOne, "ops:" + kOne + ",",
        std::string("ops:change-me-change-me-change")}) {
    CAPTURE(wrong);
    CHECK(IsRefusedFor("ADMIN_TOKENS", wrong));
  }
}

TEST_CASE("API_KEYS: names with keys and scopes, or one key alone") {
  const auto keys = Access({{"API_KEYS", "a:" + kOne + ",b:" + kTwo + ":user,c:" + kLong +
                                             ":admin:read,d:" + kOtherLong + ":admin"}})
                        .api_keys;
  REQUIRE(keys.size() == 4);
  CHECK(keys[0].scope == AccessScope::kUser);
  CHECK(keys[1].scope == AccessScope::kUser);
  CHECK(keys[2].scope == AccessScope::kAdminRead);
  CHECK(keys[3].scope == AccessScope::kAdmin);
  CHECK(keys[3].name == "d");
  // What a platform generates: base64, without a name.
  const auto generated = Access({{"API_KEYS", "q8Zt+wPa/9Mk2Bq7Ds1u6Yc4Xv0Jr5Hg3Fe8Ln="}}).api_keys;
  REQUIRE(generated.size() == 1);
  CHECK(generated[0].name == "default");
  CHECK(generated[0].value.Equals("q8Zt+wPa/9Mk2Bq7Ds1u6Yc4Xv0Jr5Hg3Fe8Ln="));
  for (const std::string& wrong :
       {kOne + "," + kTwo, "a:" + kOne + ":root", "a:" + kOne + ":admin:", "a:b:" + kOne,
        std::string("a:short")}) {
    CAPTURE(wrong);
    CHECK(IsRefusedFor("API_KEYS", wrong));
  }
}

TEST_CASE("JWT_SECRET: 32 bytes that nobody guesses (rule S1)") {
  CHECK(Access({{"JWT_SECRET", kLong}}).jwt_secret.Equals(kLong));
  for (const std::string& wrong : {kLong.substr(1), std::string(64, 'a'),
                                   std::string("your-256-bit-secret-your-256-bit-secret")}) {
    CHECK(IsRefusedFor("JWT_SECRET", wrong));
    CHECK(IsRefusedFor("JWT_SECRET_PREVIOUS", wrong));
  }
}

TEST_CASE("JWT_PUBLIC_KEY: PEM, on one line too") {
  const std::string pem = "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----";
  const std::string flat = "-----BEGIN PUBLIC KEY-----\\nAAAA\\n-----END PUBLIC KEY-----";
  CHECK(Access({{"JWT_PUBLIC_KEY", pem}}).jwt_public_key == pem);
  CHECK(Access({{"JWT_PUBLIC_KEY", flat}}).jwt_public_key == pem);
  CHECK(IsRefusedFor("JWT_PUBLIC_KEY", "/etc/keys/jwt.pem"));
}

TEST_CASE("ALLOWED_HOSTS: names in lower case, stars in front or alone") {
  CHECK(Access({{"ALLOWED_HOSTS", "A.Example, *.b.example,*"}}).allowed_hosts ==
        std::vector<std::string>{"a.example", "*.b.example", "*"});
  for (const char* wrong : {"https://a.example", "a.example:8080", "a.*.example", "**", "a b",
                            "a,,b", "*.", "*a.example"}) {
    CAPTURE(wrong);
    CHECK(AccessComplaint({{"ALLOWED_HOSTS", wrong}}).starts_with("ALLOWED_HOSTS is refused"));
  }
}

TEST_CASE("platforms: the names under which they publish a service are known") {
  const auto access = Access({{"RENDER_EXTERNAL_HOSTNAME", "VerdictCache-x.onrender.com"},
                              {"RAILWAY_PUBLIC_DOMAIN", "not a host"}});
  CHECK(access.platform_hosts == std::vector<std::string>{"verdictcache-x.onrender.com"});
}

TEST_CASE("access: the same secret twice is refused, wherever it stands") {
  CHECK(AccessComplaint({{"ADMIN_TOKEN", kOne}, {"API_KEYS", "site:" + kOne}}) ==
        "API_KEYS: site is the same as ADMIN_TOKEN: give each its own, so that a leaked one can be "
        "taken away.");
  CHECK_FALSE(AccessComplaint({{"ADMIN_TOKEN", kOne}, {"ADMIN_TOKEN_PREVIOUS", kOne}}).empty());
  CHECK_FALSE(AccessComplaint({{"ADMIN_TOKENS", "a:" + kOne}, {"API_KEYS", kOne}}).empty());
  CHECK_FALSE(AccessComplaint({{"JWT_SECRET", kLong}, {"ADMIN_TOKEN", kLong}}).empty());
  CHECK(AccessComplaint({{"ADMIN_TOKEN", kOne},
                         {"ADMIN_TOKEN_PREVIOUS", kTwo},
                         {"JWT_SECRET", kLong},
                         {"JWT_SECRET_PREVIOUS", kOtherLong}})
            .empty());
}

TEST_CASE("access: a previous secret alone was meant otherwise") {
  CHECK(
      AccessComplaint({{"JWT_SECRET_PREVIOUS", kLong}}).starts_with("JWT_SECRET_PREVIOUS is set"));
  CHECK(AccessComplaint({{"ADMIN_TOKEN_PREVIOUS", kOne}})
            .starts_with("ADMIN_TOKEN_PREVIOUS is set without ADMIN_TOKEN"));
}

TEST_CASE("access: a paid vendor on an open port is refused, with the ways out") {
  const std::string complaint = AccessComplaint(kVendor);
  CHECK(complaint.starts_with("No access is configured"));
  for (const char* way : {"API_KEYS", "JWT_SECRET", "ACCESS=open", "HOST=127.0.0.1", "Sapling"}) {
    CHECK(complaint.find(way) != std::string::npos);
  }
  for (const auto& no_way : {EnvFile{{"HOST", "::"}}, EnvFile{{"HOST", "192.0.2.1"}},
                             EnvFile{{"ADMIN_TOKEN", kOne}}, EnvFile{{"DAILY_BUDGET_USD", "1"}}}) {
    CHECK_FALSE(AccessComplaint(WithVendor(no_way)).empty());
  }
  for (const auto& way :
       {EnvFile{{"ACCESS", "open"}}, EnvFile{{"API_KEYS", kOne}}, EnvFile{{"JWT_SECRET", kLong}},
        EnvFile{{"JWT_PUBLIC_KEY", "-----BEGIN PUBLIC KEY-----"}}, EnvFile{{"HOST", "127.0.0.1"}},
        EnvFile{{"HOST", "::1"}}, EnvFile{{"HOST", "localhost"}},
        EnvFile{{"DETECTION_SANDBOX_URL", "http://127.0.0.1:1"}}}) {
    CHECK(AccessComplaint(WithVendor(way)).empty());
  }
  CHECK(AccessComplaint({}).empty());  // nothing could be spent
}

TEST_CASE("access: a wrong value of a way out is the only complaint") {
  for (const auto& [name, value] : EnvFile{{"API_KEYS", "short"},
                                           {"JWT_SECRET", "short"},
                                           {"ACCESS", "closed"},
                                           {"HOST", "a b"},
                                           {"JWT_PUBLIC_KEY", "x"}}) {
    const std::string complaint = AccessComplaint(WithVendor({{name, value}}));
    CHECK(complaint.starts_with(name + " is refused"));
    CHECK(complaint.find('\n') == std::string::npos);
  }
}

TEST_CASE("access: open and for callers only are not both") {
  for (const auto& users : {EnvFile{{"API_KEYS", kOne}}, EnvFile{{"JWT_SECRET", kLong}}}) {
    EnvFile values = users;
    values["ACCESS"] = "open";
    CHECK(AccessComplaint(values).starts_with("ACCESS=open and"));
  }
  CHECK(Access({{"ACCESS", "open"}, {"ADMIN_TOKEN", kOne}}).open);
}

TEST_CASE("budget: a paid vendor without one is known") {
  const auto without = [](const EnvFile& more) {
    EnvFile values = WithVendor(more);
    values["ACCESS"] = "open";
    return SpendsWithoutBudget(*LoadSettings(Having(values)));
  };
  CHECK(without({}));
  CHECK(without({{"OPENAI_API_KEY", "k"}, {"SAPLING_MONTHLY_BUDGET_USD", "5"}}));
  CHECK_FALSE(without({{"DAILY_BUDGET_USD", "5"}}));
  CHECK_FALSE(without({{"MONTHLY_BUDGET_USD", "5"}}));
  CHECK_FALSE(without({{"SAPLING_MONTHLY_BUDGET_USD", "5"}}));
  CHECK_FALSE(without({{"DETECTION_SANDBOX_URL", "http://127.0.0.1:1"}}));
  CHECK_FALSE(SpendsWithoutBudget(Settings()));
}

TEST_CASE("LoadSettings: what a secret's own file holds comes first and is as good") {
  const EnvFile secrets = {{"ADMIN_TOKEN", kOne + "\n"}, {"KEY_SECRET", kLong + " # " + kLong}};
  const auto settings = LoadSettings(Having({{"ADMIN_TOKEN", ""}}), {}, secrets);
  REQUIRE(settings);
  CHECK(settings->access.admin_token.Equals(kOne));
  CHECK(settings->cache.key_secret.size() == 2 * kLong.size() + 3);
  CHECK_FALSE(LoadSettings(Having({}), {}, {{"ADMIN_TOKEN", "short"}}));
}

TEST_CASE("SecretFileVariables: every secret has one, and .env may name it") {
  const auto names = SecretFileVariables();
  for (const char* secret : {"ADMIN_TOKEN", "API_KEYS", "JWT_SECRET", "JWT_PUBLIC_KEY", "REDIS_URL",
                             "KEY_SECRET", "SIGHTENGINE_API_SECRET", "OPENAI_API_KEY"}) {
    CAPTURE(secret);
    CHECK(names.count(std::string(secret) + "_FILE") == 1);
  }
  CHECK(names.count("PORT_FILE") == 0);
  CHECK(UnknownNames({{"ADMIN_TOKEN_FILE", "/x"}}).empty());
  CHECK(UnknownNames({{"PORT_FILE", "/x"}}) == std::vector<std::string>{"PORT_FILE"});
}

TEST_CASE("API_KEYS: a key may have a rate and a budget of its own, behind its scope") {
  const std::string a = "u6Zt4wPa9Mk2Bq7Ds1";
  const std::string b = "n3Rf5yHs1Gc8Jv0Xe7";
  const auto settings = LoadSettings(test::Having(
      {{"API_KEYS", "site:" + a + ":rate=60/m:budget=5.00,x:" + b + ":admin:read:rate=1/m"}}));
  REQUIRE(settings);
  const auto& keys = settings->access.api_keys;
  REQUIRE(keys.size() == 2);
  CHECK(keys[0].limits == CallerLimits{60, Usd::FromMicros(5'000'000)});
  CHECK(keys[0].scope == AccessScope::kUser);
  CHECK(keys[1].limits == CallerLimits{1, {}});
  CHECK(keys[1].scope == AccessScope::kAdminRead);
  const auto alone = LoadSettings(test::Having({{"API_KEYS", a + ":budget=0.5"}}));
  REQUIRE(alone);
  CHECK(alone->access.api_keys[0].name == "default");
  for (const char* wrong : {":rate=60", ":rate=0/m", ":rate=1/h", ":rate=-1/m", ":budget=0",
                            ":budget=", ":budget=x", ":rate=1/m:rate=2/m", ":rate=1/m:user"}) {
    CAPTURE(wrong);
    CHECK_FALSE(LoadSettings(test::Having({{"API_KEYS", "site:" + a + wrong}})));
  }
  CHECK_FALSE(LoadSettings(test::Having({{"ADMIN_TOKENS", "ops:" + a + ":rate=60/m"}})));
}

TEST_CASE("RATE_LIMIT_*: off by default but for wrong credentials") {
  const auto defaults = LoadSettings(test::Having({}));
  REQUIRE(defaults);
  CHECK(defaults->rates.lookups + defaults->rates.analyses == 0);
  CHECK(defaults->rates.paid_minute + defaults->rates.paid_day == 0);
  CHECK(defaults->rates.tries == 10);
  CHECK(defaults->access.spending_roles == std::vector<std::string>{"admin", "key"});
  const auto set = LoadSettings(test::Having({{"RATE_LIMIT_LOOKUPS", "600"},
                                              {"RATE_LIMIT_PAID_PER_DAY", "100"},
                                              {"SPENDING_ROLES", "user, PRO"}}));
  REQUIRE(set);
  CHECK(set->rates.lookups == 600);
  CHECK(set->rates.paid_day == 100);
  CHECK(set->access.spending_roles == std::vector<std::string>{"user", "PRO"});
  CHECK_FALSE(LoadSettings(test::Having({{"RATE_LIMIT_ANALYSES", "-1"}})));
}
