#include <doctest/doctest.h>

#include <algorithm>
#include <string>

#include "unit/config/environments.h"
#include "vcache/config/settings.h"

using namespace vcache;
using namespace vcache::config;
using test::Complaint;
using test::Having;
using test::Load;

namespace {

bool IsRefused(const std::string& name, const std::string& value) {
  const auto settings = LoadSettings(Having({{name, value}}));
  if (settings) return false;
  CHECK(settings.error().message.starts_with(name));
  CHECK(settings.error().message.find('\n') == std::string::npos);
  return true;
}

struct Range {
  const char* name;
  std::int64_t min;
  std::int64_t max;
};

constexpr Range kRanges[] = {
    {"PORT", 0, 65'535},
    {"MAX_UPLOAD_MB", 1, 4096},
    {"MAX_CONNECTIONS", 1, 1'000'000},
    {"MAX_CONNECTIONS_PER_ADDRESS", 1, 1'000'000},
    {"WORKER_THREADS", 0, 4096},
    {"HEADER_TIMEOUT_MS", 1, 600'000},
    {"KEEP_ALIVE_TIMEOUT_MS", 1, 3'600'000},
    {"SHUTDOWN_GRACE_MS", 0, 300'000},
    {"CACHE_TTL_ANALYSIS", 1, 316'224'000},
    {"CACHE_TTL_TEXT", 1, 316'224'000},
    {"MEMORY_CACHE_MB", 0, 65'536},
    {"MEMORY_CACHE_TTL", 1, 31'622'400},
    {"PARTIAL_TTL", 1, 31'622'400},
    {"CACHE_COMPRESS_MIN_BYTES", 0, 1'048'576},
    {"DETECTION_RETRIES", 0, 5},
    {"COPYLEAKS_TIMEOUT_MS", 1, 600'000},
    {"COPYLEAKS_MAX_CONCURRENCY", 1, 1000},
    {"CUSTOM_TIMEOUT_MS", 1, 600'000},
    {"CUSTOM_POLL_INTERVAL_MS", 10, 60'000},
    {"CUSTOM_MAX_CONCURRENCY", 1, 1000},
    {"SIGHTENGINE_TIMEOUT_MS", 1, 600'000},
    {"SAPLING_TIMEOUT_MS", 1, 600'000},
    {"OPENAI_TIMEOUT_MS", 1, 600'000},
    {"SIGHTENGINE_MAX_CONCURRENCY", 1, 1000},
    {"SAPLING_MAX_CONCURRENCY", 1, 1000},
    {"OPENAI_MAX_CONCURRENCY", 1, 1000},
};

}  // namespace

TEST_CASE("LoadSettings: an empty environment is the defaults") {
  const Settings settings = Load({});
  CHECK(settings.server.host == "0.0.0.0");
  CHECK(settings.server.port == 8080);
  CHECK(settings.server.max_upload_bytes == 104'857'600);
  CHECK(settings.cache.ttl_analysis == std::chrono::hours(24 * 7));
  CHECK(settings.cache.ttl_text == std::chrono::hours(24 * 30));
  CHECK(settings.cache.directory == "./data");
  CHECK(settings.detection.vendors[VendorId::kSightengine].base_url ==
        "https://api.sightengine.com/1.0");
  CHECK(settings.detection.vendors[VendorId::kSapling].cost.micros() == 5'000);
  CHECK(settings.detection.vendors[VendorId::kOpenAi].timeout == std::chrono::seconds(60));
  CHECK(settings.access.admin_token.empty());
}

TEST_CASE("LoadSettings: every variable reaches its field, in the field's unit") {
  const Settings settings = Load({{"HOST", "::1"},
                                  {"PORT", "81"},
                                  {"MAX_UPLOAD_MB", "2"},
                                  {"MAX_CONNECTIONS", "3"},
                                  {"MAX_CONNECTIONS_PER_ADDRESS", "4"},
                                  {"WORKER_THREADS", "5"},
                                  {"HEADER_TIMEOUT_MS", "6"},
                                  {"KEEP_ALIVE_TIMEOUT_MS", "7"},
                                  {"SHUTDOWN_GRACE_MS", "8"},
                                  {"CORS_ORIGINS", "https://A.example:443, http://localhost:3000"},
                                  {"LOG_LEVEL", "warn"},
                                  {"LOG_FORMAT", "json"},
                                  {"SPOOL_DIR", "/var/spool"},
                                  {"ADMIN_TOKEN", "9f3b6d0a7c52e18f"},
                                  {"CACHE_MODE", "off"},
                                  {"CACHE_DIR", "/var/cache"},
                                  {"KEY_PREFIX", "site:"},
                                  {"KEY_SECRET", "9f3b6d0a7c52e18f4b7d2c90e6a1835f"},
                                  {"CACHE_TTL_ANALYSIS", "9"},
                                  {"CACHE_TTL_TEXT", "10"},
                                  {"MEMORY_CACHE_MB", "11"},
                                  {"MEMORY_CACHE_TTL", "12"},
                                  {"PARTIAL_TTL", "13"},
                                  {"CACHE_COMPRESS_MIN_BYTES", "14"},
                                  {"CACHE_SAME_DETECTORS", "1"}});
  CHECK(settings.server.host == "::1");
  CHECK(settings.server.port == 81);
  CHECK(settings.server.max_upload_bytes == 2 * 1024 * 1024);
  CHECK(settings.server.max_connections == 3);
  CHECK(settings.server.max_connections_per_address == 4);
  CHECK(settings.server.worker_threads == 5);
  CHECK(settings.server.header_timeout == std::chrono::milliseconds(6));
  CHECK(settings.server.keep_alive_timeout == std::chrono::milliseconds(7));
  CHECK(settings.server.shutdown_grace == std::chrono::milliseconds(8));
  CHECK(settings.server.cors_origins ==
        std::vector<std::string>{"https://a.example", "http://localhost:3000"});
  CHECK(settings.server.log_level == LogLevel::kWarn);
  CHECK(settings.server.log_format == LogFormat::kJson);
  CHECK(settings.server.spool_directory == "/var/spool");
  CHECK(settings.access.admin_token.Reveal() == "9f3b6d0a7c52e18f");
  CHECK(settings.cache.mode == CacheMode::kOff);
  CHECK(settings.cache.directory == "/var/cache");
  CHECK(settings.cache.key_prefix == "site:");
  CHECK(settings.cache.key_secret.size() == 32);
  CHECK(settings.cache.ttl_analysis == std::chrono::seconds(9));
  CHECK(settings.cache.ttl_text == std::chrono::seconds(10));
  CHECK(settings.cache.memory_bytes == 11 * 1024 * 1024);
  CHECK(settings.cache.memory_ttl == std::chrono::seconds(12));
  CHECK(settings.cache.partial_ttl == std::chrono::seconds(13));
  CHECK(settings.cache.compress_min_bytes == 14);
  CHECK(settings.cache.same_detectors);
}

TEST_CASE("LoadSettings: a consensus, and claims of files reported, unless words say otherwise") {
  CHECK(Load({}).detection.mode == DetectionMode::kConsensus);
  CHECK(Load({{"DETECTION_MODE", "fallback"}}).detection.mode == DetectionMode::kFallback);
  CHECK(Complaint({{"DETECTION_MODE", "first"}}).find("consensus, fallback") != std::string::npos);
  CHECK(Load({}).detection.check_credentials);
  CHECK_FALSE(Load({{"CHECK_CREDENTIALS", "0"}}).detection.check_credentials);
  CHECK(Load({}).detection.provenance == ProvenanceMode::kReport);
  CHECK(Load({{"DETECTION_PROVENANCE", "off"}}).detection.provenance == ProvenanceMode::kOff);
  CHECK(Load({{"DETECTION_PROVENANCE", "decide"}}).detection.provenance == ProvenanceMode::kDecide);
  CHECK(Complaint({{"DETECTION_PROVENANCE", "trust"}}).find("off, report, decide") !=
        std::string::npos);
}

TEST_CASE("LoadSettings: every variable of detection reaches its field") {
  const DetectionSettings detection = Load({{"DETECTORS_IMAGE", "sightengine"},
                                            {"DETECTORS_VIDEO", "sightengine"},
                                            {"DETECTORS_TEXT", "openai,sapling"},
                                            {"DETECTION_SANDBOX_URL", "http://[::1]:1/"},
                                            {"TEXT_MIN_CHARS", "1"},
                                            {"TEXT_MAX_CHARS", "2"},
                                            {"SIGHTENGINE_API_USER", "u"},
                                            {"SIGHTENGINE_API_SECRET", "s"},
                                            {"SIGHTENGINE_BASE_URL", "https://a.example/1.0//"},
                                            {"SIGHTENGINE_TIMEOUT_MS", "3"},
                                            {"SIGHTENGINE_COST_USD", "4"},
                                            {"SAPLING_API_KEY", "k"},
                                            {"SAPLING_BASE_URL", "https://B.example/"},
                                            {"SAPLING_TIMEOUT_MS", "5"},
                                            {"SAPLING_COST_USD", "0.000006"},
                                            {"OPENAI_API_KEY", "o"},
                                            {"OPENAI_MODEL", "m"},
                                            {"OPENAI_BASE_URL", "http://127.0.0.1:9/v1"},
                                            {"OPENAI_TIMEOUT_MS", "7"},
                                            {"OPENAI_COST_USD", "0.5"}})
                                          .detection;
  CHECK(detection.image == std::vector<VendorId>{VendorId::kSightengine});
  CHECK(detection.video == std::vector<VendorId>{VendorId::kSightengine});
  CHECK(detection.text == std::vector<VendorId>{VendorId::kOpenAi, VendorId::kSapling});
  CHECK(detection.sandbox_url == "http://[::1]:1");
  CHECK(detection.text_min_chars == 1);
  CHECK(detection.text_max_chars == 2);
  CHECK(detection.vendors[VendorId::kSightengine].account == "u");
  CHECK(detection.vendors[VendorId::kSightengine].key.Reveal() == "s");
  CHECK(detection.vendors[VendorId::kSightengine].base_url == "https://a.example/1.0");
  CHECK(detection.vendors[VendorId::kSightengine].timeout == std::chrono::milliseconds(3));
  CHECK(detection.vendors[VendorId::kSightengine].cost.micros() == 4'000'000);
  CHECK(detection.vendors[VendorId::kSapling].key.Reveal() == "k");
  CHECK(detection.vendors[VendorId::kSapling].base_url == "https://b.example");
  CHECK(detection.vendors[VendorId::kSapling].timeout == std::chrono::milliseconds(5));
  CHECK(detection.vendors[VendorId::kSapling].cost.micros() == 6);
  CHECK(detection.vendors[VendorId::kOpenAi].key.Reveal() == "o");
  CHECK(detection.openai_model == "m");
  CHECK(detection.vendors[VendorId::kOpenAi].base_url == "http://127.0.0.1:9/v1");
  CHECK(detection.vendors[VendorId::kOpenAi].timeout == std::chrono::milliseconds(7));
  CHECK(detection.vendors[VendorId::kOpenAi].cost.micros() == 500'000);
}

TEST_CASE("LoadSettings: numbers keep to their range") {
  for (const Range& range : kRanges) {
    CAPTURE(range.name);
    CHECK_FALSE(IsRefused(range.name, std::to_string(range.min)));
    CHECK_FALSE(IsRefused(range.name, std::to_string(range.max) + " \t"));
    CHECK(IsRefused(range.name, std::to_string(range.max + 1)));
    CHECK(IsRefused(range.name, range.min == 0 ? "-1" : std::to_string(range.min - 1)));
    for (const char* value : {"+1", "1x", "1.0", "1e2", "18446744073709551617", "many"}) {
      CHECK(IsRefused(range.name, value));
    }
  }
}

TEST_CASE("LoadSettings: set but empty is not set, except that an empty CACHE_DIR means none") {
  const Settings settings = Load({{"PORT", ""}, {"ADMIN_TOKEN", " "}, {"CACHE_DIR", " "}});
  CHECK(settings.server.port == 8080);
  CHECK(settings.access.admin_token.empty());
  CHECK(settings.cache.directory.empty());
  for (const VariableInfo& variable : Variables()) {
    CHECK_FALSE(IsRefused(std::string(variable.name), ""));
  }
}

TEST_CASE("LoadSettings: all errors are told at once, one a line, with shape and expectation") {
  const std::string message =
      Complaint({{"PORT", "70000"}, {"LOG_LEVEL", "loud"}, {"SAPLING_COST_USD", "cheap\n"}});
  CHECK(message ==
        "PORT is refused (5 characters, digits): expected a whole number from 0 to 65535.\n"
        "LOG_LEVEL is refused (4 characters, letters): expected one of debug, info, warn, error.\n"
        "SAPLING_COST_USD is refused (5 characters, letters): expected an amount from 0 to 1000 "
        "with at most six decimal places.");
}

TEST_CASE("LoadSettings: what is refused is described and not shown (S7)") {
  CHECK(Complaint({{"ADMIN_TOKEN", "hunter2"}}) ==
        "ADMIN_TOKEN is refused (7 characters, letters, digits): expected at least 16 printable "
        "characters without spaces that nobody guesses (no words like password, no runs like "
        "1234, no repetitions); make one with `openssl rand -hex 32`.");
  CHECK(Complaint({{"LOG_LEVEL", "a\x1B[31m\nb"}}) ==
        "LOG_LEVEL is refused (8 characters, letters, digits, punctuation, control characters): "
        "expected one of debug, info, warn, error.");
  CHECK(Complaint({{"LOG_LEVEL", std::string(5000, 'x')}}).size() < 300);
  CHECK(Complaint({{"SAPLING_BASE_URL", "https://me:hunter2@a.example/?x"}})
            .starts_with("SAPLING_BASE_URL is refused (31 characters, an https URL, with a user, "
                         "with a query): expected an https:// URL"));
}

TEST_CASE("LoadSettings: base URLs are https, http to this machine only (C7)") {
  for (const char* name : {"SIGHTENGINE_BASE_URL", "COPYLEAKS_BASE_URL", "COPYLEAKS_LOGIN_URL",
                           "REALITYDEFENDER_BASE_URL", "SAPLING_BASE_URL", "OPENAI_BASE_URL",
                           "DETECTION_SANDBOX_URL"}) {
    for (const char* value : {"https://a.example", "https://a.example:8443/x/y", "http://localhost",
                              "http://127.9.9.9:1", "http://[::1]:1/x"}) {
      CAPTURE(value);
      CHECK_FALSE(IsRefused(name, value));
    }
    for (const char* value :
         {"http://a.example", "http://127.0.0.1.a.example", "http://localhost@a.example",
          "https://u:p@a.example", "https://a.example?x", "https://a.example#x", "a.example",
          "ftp://a.example", "https://", "https://a b", "http://10.0.0.1", "http://0.0.0.0"}) {
      CAPTURE(value);
      CHECK(IsRefused(name, value));
    }
  }
}

TEST_CASE("LoadSettings: CORS origins are exact (S8)") {
  CHECK_FALSE(IsRefused("CORS_ORIGINS", "https://a.example"));
  for (const char* value : {"*", "https://*.a.example", "https://a.example/", "https://a.example/x",
                            "a.example", "null", "https://a.example,", "https://a.example?x",
                            "https://a.example https://b.example", "file:///x"}) {
    CAPTURE(value);
    CHECK(IsRefused("CORS_ORIGINS", value));
  }
}

TEST_CASE("LoadSettings: short secrets and placeholders are refused") {
  CHECK(IsRefused("ADMIN_TOKEN", "0123456789abcde"));
  CHECK(IsRefused("ADMIN_TOKEN", "0123456789 abcdef"));
  CHECK(IsRefused("ADMIN_TOKEN", "please-CHANGE-ME-0123456789"));
  CHECK(IsRefused("ADMIN_TOKEN", "your-admin-token-here"));
  CHECK(IsRefused("ADMIN_TOKEN", "xxxxxxxxxxxxxxxxxxxxxxxx"));
  CHECK(IsRefused("KEY_SECRET", "0123456789abcdef0123456789abcde"));
  CHECK(IsRefused("KEY_SECRET", std::string(40, 'k')));
  CHECK(IsRefused("SAPLING_API_KEY", "two words"));
  CHECK(IsRefused("SAPLING_API_KEY", std::string(513, 'k')));
}

TEST_CASE("LoadSettings: a Redis URL has a scheme that is known, and is never shown") {
  for (const char* value :
       {"redis://localhost", "rediss://user:p%40ss@redis.example:6380/2", "unix:///run/redis.sock",
        "redis+unix:///run/redis.sock?db=1", "redis+cluster://a:1,b:2", "rediss+cluster://:p@a"}) {
    CAPTURE(value);
    CHECK_FALSE(IsRefused("REDIS_URL", value));
  }
  for (const char* value : {"localhost:6379", "redis://", "http://localhost", "redis:// a"}) {
    CAPTURE(value);
    CHECK(IsRefused("REDIS_URL", value));
  }
  CHECK(Complaint({{"REDIS_URL", "hunter2@localhost"}}).find("hunter2") == std::string::npos);
}

TEST_CASE("LoadSettings: the REST API is over https, or on this machine") {
  const Settings settings = Load({{"UPSTASH_REDIS_REST_URL", "https://Example.upstash.io/"},
                                  {"UPSTASH_REDIS_REST_TOKEN", "AYNg"},
                                  {"UPSTASH_REDIS_REST_CA", "/etc/ca.pem"}});
  CHECK(settings.redis.rest_url == "https://example.upstash.io");
  CHECK(settings.redis.rest_token.Reveal() == "AYNg");
  CHECK(settings.redis.rest_ca == "/etc/ca.pem");
  CHECK(settings.redis.is_shared());
  CHECK_FALSE(Load({}).redis.is_shared());
  Load({{"UPSTASH_REDIS_REST_URL", "http://127.0.0.1:8079"}, {"UPSTASH_REDIS_REST_TOKEN", "t"}});
  for (const char* value : {"http://example.upstash.io", "rediss://example.upstash.io:6379",
                            "https://default:hunter2@example.upstash.io", "example.upstash.io"}) {
    const std::string complaint =
        Complaint({{"UPSTASH_REDIS_REST_URL", value}, {"UPSTASH_REDIS_REST_TOKEN", "AYNg"}});
    CHECK(complaint.starts_with("UPSTASH_REDIS_REST_URL"));
    CHECK(complaint.find("hunter2") == std::string::npos);
    CHECK(complaint.find("AYNg") == std::string::npos);
    CHECK(complaint.find('\n') == std::string::npos);
  }
}

TEST_CASE("LoadSettings: there is one shared store, and its settings belong together") {
  const std::string url = "https://example.upstash.io";
  CHECK(Complaint({{"UPSTASH_REDIS_REST_URL", url}})
            .starts_with("UPSTASH_REDIS_REST_TOKEN is not set"));
  CHECK(Complaint({{"UPSTASH_REDIS_REST_TOKEN", "AYNg"}})
            .starts_with("UPSTASH_REDIS_REST_URL is not set"));
  CHECK(Complaint({{"UPSTASH_REDIS_REST_CA", "/etc/ca.pem"}}).find("?tls_ca=") !=
        std::string::npos);
  const std::string both = Complaint({{"REDIS_URL", "redis://localhost"},
                                      {"UPSTASH_REDIS_REST_URL", url},
                                      {"UPSTASH_REDIS_REST_TOKEN", "AYNg"}});
  CHECK(both.starts_with("REDIS_URL and UPSTASH_REDIS_REST_URL are both set"));
  CHECK(both.find('\n') == std::string::npos);
}

TEST_CASE("LoadSettings: a key prefix has no characters that patterns know (R9)") {
  CHECK_FALSE(IsRefused("KEY_PREFIX", std::string(64, 'p')));
  CHECK(IsRefused("KEY_PREFIX", std::string(65, 'p')));
  for (const char c : std::string("*?[]\\{} \t\n\x7F\xC3")) {
    CHECK(IsRefused("KEY_PREFIX", std::string("a") + c + "b"));
  }
}

TEST_CASE("LoadSettings: paths, hosts and words that cannot be are refused") {
  CHECK(IsRefused("SPOOL_DIR", "/tmp\x01"));
  CHECK(IsRefused("CACHE_DIR", "a\nb"));
  CHECK(IsRefused("HOST", "a host"));
  CHECK(IsRefused("HOST", "http://localhost"));
  CHECK(IsRefused("CACHE_MODE", "ON"));
  CHECK(IsRefused("CACHE_SAME_DETECTORS", "true"));
  CHECK(IsRefused("OPENAI_COST_USD", "1000.000001"));
  CHECK_FALSE(IsRefused("OPENAI_COST_USD", "1000"));
}

TEST_CASE("LoadSettings: the shortest text may not be longer than the longest") {
  CHECK(Complaint({{"TEXT_MIN_CHARS", "5001"}}) ==
        "TEXT_MIN_CHARS (5001) is more than TEXT_MAX_CHARS (5000).");
  CHECK(Load({{"TEXT_MIN_CHARS", "5000"}}).detection.text_min_chars == 5000);
}
