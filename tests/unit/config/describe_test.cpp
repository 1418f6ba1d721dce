#include <doctest/doctest.h>

#include <string>

#include "unit/config/environments.h"
#include "vcache/config/settings.h"

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
    if (variable.secret) values[std::string(variable.name)] = "hunter2-0123456789abcdef-0123456789";
  }
  CHECK(values.size() == 15);
  values["REDIS_URL"] = "rediss://user:hunter2@redis.example:6379/0";
  values.erase("UPSTASH_REDIS_REST_TOKEN");  // there is one shared store
  values["SIGHTENGINE_API_USER"] = "user";
  values["COPYLEAKS_EMAIL"] = "me@a.example";
  values["CUSTOM_URL"] = "https://a.example";
  values["CUSTOM_KINDS"] = "image";
  values["CUSTOM_SCORE_POINTER"] = "/score";
  values["CUSTOM_HEADERS"] = "X-Key: hunter2 | X-Other: {key}";
  const Environment environment = Having(values);
  const auto settings = LoadSettings(environment);
  REQUIRE(settings);
  const std::string text = Describe(*settings, environment);
  CHECK(text.find("hunter2") == std::string::npos);
  CHECK(HasLine(text, "ADMIN_TOKEN=********"));
  CHECK(HasLine(text, "SAPLING_API_KEY=********"));
  CHECK(HasLine(text, "CUSTOM_HEADERS=********"));
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

TEST_CASE("Describe: what it writes reads as the same configuration") {
  const Environment environment =
      Having({{"PORT", "0"},
              {"CACHE_DIR", "/a dir/with # and \"quotes\" and \\ and $x"},
              {"CORS_ORIGINS", "https://A.example:443, http://localhost:3000"},
              {"DETECTION_SANDBOX_URL", "http://127.0.0.1:9100/"},
              {"DETECTORS_TEXT", "openai, sapling"},
              {"SAPLING_COST_USD", "0.10"},
              {"MEMORY_CACHE_MB", "0"},
              {"LOG_FORMAT", "json"},
              {"CACHE_SAME_DETECTORS", "1"}});
  const auto settings = LoadSettings(environment);
  REQUIRE(settings);
  const std::string text = Describe(*settings, environment);
  const auto file = ParseEnvFile(text);
  REQUIRE(file);
  const auto again = LoadSettings(Having(*file));
  REQUIRE(again);
  CHECK(Describe(*again, environment) == text);
  CHECK(again->cache.directory == "/a dir/with # and \"quotes\" and \\ and $x");
}
