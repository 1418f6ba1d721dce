#include "app/spdlog_logger.h"

#include <doctest/doctest.h>

#include <array>

#include "core/json.h"

using namespace vcache;
using config::LogFormat;

TEST_CASE("FormatLine: text for people, with quotes where a value would run into the next") {
  const std::array<LogField, 4> fields = {{{"path", "/api/health"},
                                           {"status", std::int64_t{200}},
                                           {"ms", 1.5},
                                           {"reason", "it is \"odd\""}}};
  CHECK(app::FormatLine(LogFormat::kText, LogLevel::kInfo, "Request", fields) ==
        R"(info  Request path=/api/health status=200 ms=1.5 reason="it is \"odd\"")");
}

TEST_CASE("FormatLine: whatever a user sends stays on one line and in one value (S7)") {
  const std::array<LogField, 1> fields = {{{"name", "a\n2026 error forged\x1b[0m"}}};
  const std::string text =
      app::FormatLine(LogFormat::kText, LogLevel::kWarn, "m\r\nforged {}", fields);
  CHECK(text == R"(warn  m\x0d\x0aforged {} name="a\x0a2026 error forged\x1b[0m")");
  const auto json =
      ParseJson("{" + app::FormatLine(LogFormat::kJson, LogLevel::kError, "m\nx", fields) + "}");
  REQUIRE(json);
  CHECK((*json)["level"] == "error");
  CHECK((*json)["msg"] == "m\\x0ax");
  CHECK((*json)["name"] == "a\\x0a2026 error forged\\x1b[0m");
}
