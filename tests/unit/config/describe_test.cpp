#include <doctest/doctest.h>

#include <string>

#include "unit/config/environments.h"
#include "vcache/config/settings.h"
#include "vcache/core/vendor_table.h"

using namespace vcache;
using namespace vcache::config;
using test::Having;

namespace {

bool HasLine(const std::string& text, const std::string& line) {
  return ("\n" + text).find("\n" + line + "\n") != std::string::npos;
}

}  // namespace

TEST_CASE("Describe: tells values that were set from defaults") {
  const Environment environment = Having({{"PORT", " 9000 "}, {"HOST", ""}, {"CACHE_DIR", ""}});
  const std::string text = Describe(*LoadSettings(environment), environment);
  CHECK(HasLine(text, "PORT=9000"));
  CHECK(HasLine(text, "HOST=0.0.0.0  # default"));
  CHECK(HasLine(text, "CACHE_DIR="));
  CHECK(HasLine(text, "MAX_UPLOAD_MB=100  # default"));
  CHECK(HasLine(text, "ADMIN_TOKEN=  # default"));
  CHECK(HasLine(text, "SIGHTENGINE_COST_USD=0.01  # default"));
}

TEST_CASE("Describe: masks every secret") {
  EnvFile values;
  for (const VariableInfo& variable : Variables()) {
    if (variable.exposure != Exposure::kSecret) continue;
    values[std::string(variable.name)] =
        "hunter2-Qm4xT9zKfB7wRj2Lc8vYpN3s-" + std::to_string(values.size());  // no two alike
  }
  std::size_t of_vendors = 0;
  for (const VendorInfo& vendor : kVendors) {
    of_vendors += (vendor.key.variable.empty() ? 0 : 1) + (vendor.account.variable.empty() ? 0 : 1);
  }
  CHECK(values.size() == 20 + of_vendors);
  values["ADMIN_TOKENS"] = "ops:hunter2-Xe7Jv0Gc8Hs1Rf5:read";
  values["JWT_PUBLIC_KEY"] = "-----BEGIN hunter2";
  values["REDIS_URL"] = "rediss://user:hunter2@redis.example:6379/0";
  for (const char* other : {"UPSTASH_REDIS_REST_TOKEN", "REDIS_USERNAME", "REDIS_PASSWORD"}) {
    values.erase(other);  // there is one shared store
  }
  values["ALERT_WEBHOOK_URL"] = "https://hooks.example/hunter2";
  values["CUSTOM_URL"] = "https://a.example/hunter2?key=hunter2";
  values["CUSTOM_BODY"] = R"({"text":"{text}","key":"hunter2"})";
  values["CUSTOM_FORM_FIELDS"] = "key=hunter2";
  values["CUSTOM_KINDS"] = "image";
  values["CUSTOM_SCORE_POINTER"] = "/score";
  values["CUSTOM_HEADERS"] = "X-Key: hunter2 | X-Other: {key}";
  const Environment environment = Having(values);
  const auto settings = LoadSettings(environment);
  REQUIRE(settings);
  const std::string text = Describe(*settings, environment);
  CHECK(text.find("hunter2") == std::string::npos);
  CHECK(HasLine(text, "ADMIN_TOKEN=********"));
  CHECK(HasLine(text, "ADMIN_TOKENS=********"));
  CHECK(HasLine(text, "API_KEYS=********"));
  CHECK(HasLine(text, "JWT_PUBLIC_KEY=********"));
  CHECK(HasLine(text, "ADMIN_USER_IDS=********"));
  CHECK(HasLine(text, "SAPLING_API_KEY=********"));
  CHECK(HasLine(text, "SIGHTENGINE_API_USER=********"));
  CHECK(HasLine(text, "COPYLEAKS_EMAIL=********"));
  CHECK(HasLine(text, "CUSTOM_HEADERS=********"));
  CHECK(HasLine(text, "CUSTOM_FORM_FIELDS=********"));
  CHECK(HasLine(text, "CUSTOM_BODY=********"));
  CHECK(HasLine(text, "CUSTOM_URL=https://a.example/\u2026"));
  values.erase("REDIS_URL");
  values["UPSTASH_REDIS_REST_URL"] = "https://example.upstash.io";
  values["UPSTASH_REDIS_REST_TOKEN"] = "hunter2";
  const auto rest = LoadSettings(Having(values));
  REQUIRE(rest);
  const std::string shown = Describe(*rest, Having(values));
  CHECK(shown.find("hunter2") == std::string::npos);
  CHECK(HasLine(shown, "UPSTASH_REDIS_REST_TOKEN=********"));
  CHECK(HasLine(shown, "UPSTASH_REDIS_REST_URL=https://example.upstash.io"));
}

TEST_CASE("OriginOnly: scheme, host and port, and a sign that there is more") {
  CHECK(OriginOnly("https://a.example") == "https://a.example");
  CHECK(OriginOnly("https://a.example:8443/v1/x?key=k#f") == "https://a.example:8443/\u2026");
  CHECK(OriginOnly("https://user:pw@A.example/") == "https://a.example/\u2026");
  CHECK(OriginOnly("http://[::1]:1?key=k") == "http://[::1]:1/\u2026");
  for (const char* odd : {"https:/user:pw@h/", "https://a b/", "redis://h", "hunter2", "", "://"}) {
    CHECK(OriginOnly(odd) == "********");
  }
}

TEST_CASE("Describe: a masked URL does not read as another one") {
  const Environment environment = Having({{"SAPLING_BASE_URL", "https://a.example/hunter2"}});
  const std::string text = Describe(*LoadSettings(environment), environment);
  CHECK(HasLine(text, "SAPLING_BASE_URL=https://a.example/\u2026"));
  CHECK(HasLine(text, "OPENAI_BASE_URL=https://api.openai.com/v1  # default"));
  CHECK_FALSE(LoadSettings(Having(*ParseEnvFile(text))));
}

TEST_CASE("Describe: what it writes reads as the same configuration") {
  const EnvFile values = {{"PORT", "0"},
                          {"CACHE_DIR", "/a dir/with # and \"quotes\" and \\ and $x"},
                          {"CORS_ORIGINS", "https://A.example:443, http://localhost:3000"},
                          {"DETECTION_SANDBOX_URL", "http://127.0.0.1:9100/"},
                          {"DETECTORS_TEXT", "openai, sapling"},
                          {"SAPLING_COST_USD", "0.10"},
                          {"MEMORY_CACHE_MB", "0"},
                          {"LOG_FORMAT", "json"},
                          {"CACHE_SAME_DETECTORS", "1"}};
  const Environment environment = Having(values);
  const auto settings = LoadSettings(Having({}), values);
  REQUIRE(settings);
  const std::string text = Describe(*settings, environment);
  const auto file = ParseEnvFile(text);
  REQUIRE(file);
  const auto again = LoadSettings(Having({}), *file);
  REQUIRE(again);
  CHECK(Describe(*again, environment) == text);
  CHECK(again->cache.directory == "/a dir/with # and \"quotes\" and \\ and $x");
}
