#include <doctest/doctest.h>

#include <string>

#include "unit/config/environments.h"
#include "vcache/config/settings.h"

using namespace vcache;
using namespace vcache::config;
using test::Having;

namespace {

std::string ComplaintAbout(const EnvFile& variables) {
  const auto settings = LoadSettings(Having(variables));
  return settings ? std::string() : settings.error().message;
}

}  // namespace

TEST_CASE("LoadSettings: the limits of a request's head have defaults and bounds") {
  const auto defaults = LoadSettings(Having({}));
  REQUIRE(defaults);
  CHECK(defaults->server.max_header_bytes == 16'384);
  CHECK(defaults->server.max_header_fields == 64);
  CHECK(defaults->server.max_target_bytes == 2'048);
  const auto set = LoadSettings(Having({{"MAX_HEADER_BYTES", "262144"},
                                        {"MAX_HEADER_FIELDS", "1000"},
                                        {"MAX_TARGET_BYTES", "65536"}}));
  REQUIRE(set);
  CHECK(set->server.max_header_bytes == 262'144);
  CHECK(set->server.max_header_fields == 1'000);
  CHECK(set->server.max_target_bytes == 65'536);
  for (const auto& [name, value] : EnvFile{{"MAX_HEADER_BYTES", "4095"},
                                           {"MAX_HEADER_FIELDS", "15"},
                                           {"MAX_TARGET_BYTES", "255"}}) {
    CHECK(ComplaintAbout({{name, value}}).find(name) != std::string::npos);
  }
  for (const auto& [name, value] : EnvFile{{"MAX_HEADER_BYTES", "262145"},
                                           {"MAX_HEADER_FIELDS", "1001"},
                                           {"MAX_TARGET_BYTES", "65537"}}) {
    CHECK(ComplaintAbout({{name, value}}).find(name) != std::string::npos);
  }
}

TEST_CASE("LoadSettings: uploads have room for the largest one, also those of one address") {
  const auto defaults = LoadSettings(Having({{"MAX_UPLOAD_MB", "4096"}}));
  REQUIRE(defaults);
  CHECK(defaults->server.spool_memory_bytes == 256ULL << 20U);
  CHECK(defaults->server.spool_disk_bytes == 10'240ULL << 20U);
  CHECK(defaults->server.spool_percent_per_address == 50);
  CHECK(defaults->server.max_uploads_per_address == 1'024);
  const std::string complaint = ComplaintAbout({{"SPOOL_DISK_MB", "199"}});
  CHECK(complaint.find("SPOOL_DISK_MB (199)") != std::string::npos);
  CHECK(complaint.find("MAX_UPLOAD_MB (100)") != std::string::npos);
  CHECK(complaint.find("50 % of it (SPOOL_PERCENT_PER_ADDRESS)") != std::string::npos);
  CHECK(ComplaintAbout({{"SPOOL_DISK_MB", "200"}}).empty());
  CHECK(ComplaintAbout({{"SPOOL_DISK_MB", "100"}, {"SPOOL_PERCENT_PER_ADDRESS", "100"}}).empty());
  CHECK(ComplaintAbout({{"SPOOL_DISK_MB", "0"}}).empty());  // as long as the disk has room
}

TEST_CASE("LoadSettings: a target is a part of the head, so its limit is below the head's") {
  const std::string complaint = ComplaintAbout({{"MAX_TARGET_BYTES", "16384"}});
  CHECK(complaint.find("MAX_TARGET_BYTES (16384)") != std::string::npos);
  CHECK(complaint.find("MAX_HEADER_BYTES (16384)") != std::string::npos);
  CHECK(ComplaintAbout({{"MAX_TARGET_BYTES", "16383"}}).empty());
}

TEST_CASE("LoadSettings: CORS_HEADERS is a list of tokens, by default those of tracing") {
  const auto names = [](const std::string& text) {
    return LoadSettings(Having({{"CORS_HEADERS", text}})).value().server.cors_headers;
  };
  CHECK(names("") == std::vector<std::string>{"baggage", "sentry-trace", "traceparent",
                                              "tracestate", "X-Requested-With"});
  CHECK(names(" X-One , b3 ") == std::vector<std::string>{"X-One", "b3"});
  for (const char* bad :
       {"*", "X-One, *", "X One", "X-One:", "X,,Y", "X\r\nY", "\"X\"", "X;Y", "\xC3\xA9"}) {
    CAPTURE(bad);
    CHECK(ComplaintAbout({{"CORS_HEADERS", bad}}).find("CORS_HEADERS") != std::string::npos);
  }
  CHECK(ComplaintAbout({{"CORS_HEADERS", std::string(129, 'x')}}).find("CORS_HEADERS") !=
        std::string::npos);
}

TEST_CASE("LoadSettings: no proxy is believed unless it is named, and a mistake is refused") {
  const auto defaults = LoadSettings(Having({}));
  REQUIRE(defaults);
  CHECK(defaults->server.trusted_proxy_hops == 0);
  CHECK(defaults->server.trusted_proxies.empty());
  const auto set = LoadSettings(Having({{"TRUSTED_PROXY_HOPS", "2"},
                                        {"TRUSTED_PROXIES", "10.0.0.0/8, ::1"},
                                        {"TRUSTED_PROXY_HEADER", "forwarded"}}));
  REQUIRE(set);
  CHECK(set->server.trusted_proxy_hops == 2);
  REQUIRE(set->server.trusted_proxies.size() == 2);
  CHECK(set->server.trusted_proxies[1].Text() == "::1/128");
  CHECK(set->server.reads_forwarded);
  for (const auto& [name, value] : EnvFile{{"TRUSTED_PROXY_HOPS", "-1"},
                                           {"TRUSTED_PROXIES", "10.0.0.1/8"},
                                           {"TRUSTED_PROXY_HEADER", "both"}}) {
    CHECK(ComplaintAbout({{name, value}}).find(name) != std::string::npos);
  }
}
