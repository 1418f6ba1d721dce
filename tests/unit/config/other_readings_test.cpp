#include <doctest/doctest.h>

#include <string>

#include "unit/config/environments.h"
#include "vcache/config/settings.h"

using namespace vcache;
using namespace vcache::config;

// One file is read by the program itself, by docker --env-file, by systemd and by shells, and they
// do not read it alike. What would silently become another value is refused.

namespace {

const std::string kSecret = "9f3b6d0a7c52e18f4b7d2c90e6a1835f";

Environment Nothing() {
  return [](std::string_view) -> std::optional<std::string> { return std::nullopt; };
}

/// What LoadSettings says of a value of the process environment; empty when it takes it.
std::string Refusal(const std::string& name, const std::string& value) {
  const auto settings = LoadSettings(test::Having({{name, value}}));
  if (settings) return {};
  CHECK(settings.error().message.starts_with(name + " is refused"));
  CHECK(settings.error().message.find(kSecret) == std::string::npos);
  return settings.error().message;
}

/// The key secret that a `.env` file with this line has.
std::string SecretOf(const std::string& line) {
  const auto file = ParseEnvFile(line);
  REQUIRE(file);
  const auto settings = LoadSettings(Nothing(), *file);
  REQUIRE(settings);
  return settings->cache.key_secret.Reveal();
}

}  // namespace

TEST_CASE("LoadSettings: quotes around a value of the environment are refused, with the reason") {
  for (const std::string quote : {"\"", "'"}) {
    for (const char* blank : {"", " ", "\r"}) {
      const std::string why = Refusal("KEY_SECRET", quote + kSecret + quote + blank);
      CHECK(why.find("quotes") != std::string::npos);
      CHECK(why.find("--env-file") != std::string::npos);
      CHECK(SecretOf("KEY_SECRET=" + quote + kSecret + quote + blank) == kSecret);
    }
    CHECK(Refusal("PORT", quote + "8080" + quote).find("quotes") != std::string::npos);
    CHECK(Refusal("REDIS_URL", quote + quote).find("quotes") != std::string::npos);
  }
  for (const VariableInfo& variable : Variables()) {
    CAPTURE(variable.name);
    CHECK(Refusal(std::string(variable.name), "\"x\"").find("quotes") != std::string::npos);
  }
}

TEST_CASE("LoadSettings: quotes that are not around the whole value are part of it") {
  CHECK(Refusal("KEY_SECRET", "\"" + kSecret).empty());
  CHECK(Refusal("KEY_SECRET", "\"" + kSecret + "'").empty());
  CHECK(Refusal("CACHE_DIR", "it's \"here\"").empty());
  // In the file they can be, within others.
  CHECK(SecretOf("KEY_SECRET='\"" + kSecret + "\"'") == "\"" + kSecret + "\"");
}

TEST_CASE("LoadSettings: a comment that the environment holds and the file does not is refused") {
  const std::string why = Refusal("KEY_SECRET", kSecret + " # of the year 2026");
  CHECK(why.find("comment") != std::string::npos);
  CHECK(SecretOf("KEY_SECRET=" + kSecret + " # of the year 2026") == kSecret);
  CHECK(Refusal("CACHE_DIR", "/var/cache # local").find("comment") != std::string::npos);
  CHECK(Refusal("KEY_SECRET", "'" + kSecret + "' # mine").find("comment") != std::string::npos);
  // Without white space before it, and in the file within quotes, it is a character like others.
  CHECK(Refusal("KEY_SECRET", kSecret + "#1").empty());
  CHECK(SecretOf("KEY_SECRET=\"" + kSecret + " # x\"") == kSecret + " # x");
}

TEST_CASE("LoadSettings: what only one of the two readings takes is no silent difference") {
  CHECK(Refusal("PORT", "8080 # http").find("whole number") != std::string::npos);
  const auto custom =
      LoadSettings(test::HavingOpen({{"CUSTOM_URL", "https://a.example"},
                                     {"CUSTOM_KINDS", "text"},
                                     {"CUSTOM_SCORE_POINTER", "/score"},
                                     {"CUSTOM_BODY", R"({"ask":"a # b","t":"{text}"})"}}));
  REQUIRE(custom);
  CHECK(custom->detection.custom.body.find(" # b") != std::string::npos);
}

TEST_CASE("LoadSettings: blanks, line ends, a byte order mark and export do not tell them apart") {
  for (const std::string& line :
       {"KEY_SECRET=" + kSecret + "\r\n", "KEY_SECRET = " + kSecret + " \t\n",
        "\xEF\xBB\xBF"
        "KEY_SECRET=" +
            kSecret,
        "export KEY_SECRET=" + kSecret, "KEY_SECRET=' " + kSecret + " '"}) {
    CHECK(SecretOf(line) == kSecret);
  }
  for (const std::string& value : {kSecret + "\r", " " + kSecret + " \t", kSecret + "\n"}) {
    const auto settings = LoadSettings(test::Having({{"KEY_SECRET", value}}));
    REQUIRE(settings);
    CHECK(settings->cache.key_secret.Reveal() == kSecret);
  }
}

TEST_CASE("LoadSettings: the file fills in what the process does not have") {
  const auto settings = LoadSettings(test::Having({{"PORT", "81"}, {"HOST", ""}}),
                                     {{"PORT", "82"}, {"HOST", "::1"}, {"CACHE_DIR", "\"/x\""}});
  REQUIRE(settings);
  CHECK(settings->server.port == 81);
  CHECK(settings->server.host == "0.0.0.0");
  CHECK(settings->cache.directory == "\"/x\"");
}

TEST_CASE("LoadSettings: variables that it does not know are nobody's business") {
  const auto settings = LoadSettings(test::Having({{"PATH", "/bin"}, {"NOT_ONE_OF_OURS", "many"}}));
  REQUIRE(settings);
  CHECK(settings->server.port == 8080);
}
