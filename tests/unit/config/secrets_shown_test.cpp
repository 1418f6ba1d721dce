#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "unit/config/environments.h"
#include "vcache/config/settings.h"

using namespace vcache;
using namespace vcache::config;

// Walks the table of variables: whatever is written into one of them, neither an error nor the
// effective configuration shows it, unless the table declares it harmless.

namespace {

/// In the place of a secret, and nobody's placeholder. No upper case, as hosts have none.
const std::string kMarker = "mk7xqz91kdmpa3vb8nt2wy5ur0cj4hfe";

/// A configuration in which each variable may have any value that it takes by itself.
EnvFile BaseFor(std::string_view name) {
  EnvFile base = {{"JWT_SECRET", "kJ7vQ2mXw9dR4tYb6nHc3sLf8gZp5aEu"},
                  {"ADMIN_TOKEN", "v8Qm2xKd7Lp4Tz9Wb6"},
                  {"SIGHTENGINE_API_USER", "u"},
                  {"SIGHTENGINE_API_SECRET", "s"},
                  {"COPYLEAKS_EMAIL", "me@a.example"},
                  {"COPYLEAKS_API_KEY", "k"},
                  {"CUSTOM_URL", "https://a.example"},
                  {"CUSTOM_KINDS", "image,text"},
                  {"CUSTOM_API_KEY", "k"},
                  {"CUSTOM_HEADERS", "X-Key: {key}"},
                  {"CUSTOM_FORM_FIELDS", "key={key} | text={text}"},
                  {"CUSTOM_SCORE_POINTER", "/score"},
                  {"CUSTOM_STATE_POINTER", "/state"},
                  {"CUSTOM_STATE_DONE", "done"},
                  {"CUSTOM_STATE_PENDING", "wait"},
                  {"CUSTOM_ID_POINTER", "/id"},
                  {"CUSTOM_POLL_URL", "https://a.example/{id}"}};
  if (name.starts_with("UPSTASH")) {
    base["UPSTASH_REDIS_REST_URL"] = "https://a.example";
    base["UPSTASH_REDIS_REST_TOKEN"] = "t";
  }
  if (name == "REDIS_USERNAME" || name == "REDIS_PASSWORD") base["REDIS_HOST"] = "a.example";
  if (name == "ALERT_WEBHOOK_SECRET") base["ALERT_WEBHOOK_URL"] = "https://a.example/hook";
  if (name == "CUSTOM_FORM_FIELDS") base["CUSTOM_BODY"] = R"({"text":"{text}"})";
  return base;
}

/// Values of every form that some variable takes, and of many that none does.
std::vector<std::string> Values() {
  const std::string& m = kMarker;
  return {m,
          m + m,
          m + " " + m,
          "1" + m,
          "\n" + m,
          m + " # c",
          "\"" + m + "\"",
          "'" + m + "'",
          "/" + m,
          "ops:" + m,
          "ops:" + m + ":read",
          "-----BEGIN " + m,
          m + "," + m,
          "X-Key: " + m,
          "k=" + m,
          R"({"text":"{text}","key":")" + m + R"("})",
          "https://h.example/" + m,
          "https://h.example/?key=" + m,
          "https://h.example/{id}?key=" + m,
          "https://h.example/#" + m,
          "https://user:" + m + "@h.example/",
          "https://" + m + ":pw@h.example",
          "https:/user:" + m + "@h/",
          "http://" + m,
          "ftp://" + m + "@h",
          "redis://:" + m + "@h.example:6379",
          "rediss://h.example?tls_ca=" + m,
          "redis+cluster://u:" + m + "@h.example:1"};
}

struct Seen {
  int taken = 0;
  int refused = 0;
};

/// Sets the variable to the value, and looks at everything that is said of it.
void Look(const VariableInfo& variable, const std::string& value, Seen& seen) {
  CAPTURE(variable.name);
  CAPTURE(value);
  EnvFile values = BaseFor(variable.name);
  values[std::string(variable.name)] = value;
  const Environment environment = test::Having(values);
  const auto settings = LoadSettings(environment);
  if (!settings) {
    ++seen.refused;
    CHECK(settings.error().message.find(std::string(variable.name)) != std::string::npos);
    CHECK(settings.error().message.find(kMarker) == std::string::npos);
  } else {
    ++seen.taken;
    const bool shown = Describe(*settings, environment).find(kMarker) != std::string::npos;
    if (variable.exposure != Exposure::kWhole) CHECK_FALSE(shown);
  }
}

}  // namespace

TEST_CASE("Variables: nothing that is not declared harmless is ever shown, taken or refused") {
  int secrets = 0;
  for (const VariableInfo& variable : Variables()) {
    Seen seen;
    for (const std::string& value : Values()) Look(variable, value, seen);
    CAPTURE(variable.name);
    CHECK(seen.refused > 0);
    // Not vacuous: what may not be shown was there to be shown.
    if (variable.exposure != Exposure::kWhole) CHECK(seen.taken > 0);
    if (variable.exposure == Exposure::kSecret) ++secrets;
  }
  CHECK(secrets >= 19);
}

TEST_CASE("Variables: credentials and free texts to a vendor are not declared harmless") {
  for (const VariableInfo& variable : Variables()) {
    CAPTURE(variable.name);
    for (const char* part : {"_KEY", "SECRET", "TOKEN", "API_USER", "EMAIL", "CUSTOM_HEADERS",
                             "BODY", "FORM_FIELDS", "REDIS_URL", "WEBHOOK_URL"}) {
      if (variable.name.find(part) == std::string_view::npos) continue;
      CHECK(variable.exposure == Exposure::kSecret);
    }
    if (variable.name.ends_with("_URL") && variable.exposure != Exposure::kSecret) {
      CHECK(variable.exposure == Exposure::kOrigin);
    }
  }
}
