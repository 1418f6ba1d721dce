#include "app/logging/spdlog_logger.h"

#include <doctest/doctest.h>

#include <array>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "json/json.h"

using namespace vcache;
using config::LogFormat;

namespace {

using Fields = std::vector<std::pair<std::string, std::string>>;

int HexValue(char digit) {
  if (digit >= '0' && digit <= '9') return digit - '0';
  return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

/// Takes the escapes of `EscapeForLog` back.
std::string Unescaped(std::string_view text) {
  std::string original;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '\\') {
      original += text[at];
    } else if (text.substr(at).starts_with("\\\\")) {
      original += text[++at];
    } else {
      REQUIRE(text[at + 1] == 'x');
      original += static_cast<char>(HexValue(text[at + 2]) * 16 + HexValue(text[at + 3]));
      at += 3;
    }
  }
  return original;
}

/// What a program reads that takes text lines apart: the fields behind the first `name=`.
class TextLine {
 public:
  explicit TextLine(std::string_view line) : rest_(line) {
    while (!rest_.empty()) {
      if (const auto name = TakeName()) {
        fields_.emplace_back(*name, TakeValue());
      } else {
        rest_.remove_prefix(1);
      }
    }
  }
  const Fields& fields() const { return fields_; }

 private:
  std::optional<std::string> TakeName() {
    if (!rest_.starts_with(' ')) return std::nullopt;
    std::size_t end = 1;
    const auto in_name = [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
    };
    while (end < rest_.size() && in_name(rest_[end])) ++end;
    if (end == 1 || end == rest_.size() || rest_[end] != '=') return std::nullopt;
    std::string name(rest_.substr(1, end - 1));
    rest_.remove_prefix(end + 1);
    return name;
  }

  std::string TakeValue() {
    if (!rest_.starts_with('"')) {
      const std::string value(rest_.substr(0, rest_.find(' ')));
      rest_.remove_prefix(value.size());
      return value;
    }
    std::string quoted;
    rest_.remove_prefix(1);
    while (!rest_.starts_with('"')) {
      REQUIRE_FALSE(rest_.empty());
      const bool inner_quote = rest_.starts_with("\\\"");
      if (inner_quote) rest_.remove_prefix(1);
      const bool pair = !inner_quote && rest_.starts_with("\\\\");
      quoted += rest_.substr(0, pair ? 2 : 1);
      rest_.remove_prefix(pair ? 2 : 1);
    }
    rest_.remove_prefix(1);
    return Unescaped(quoted);
  }

  std::string_view rest_;
  Fields fields_;
};

/// What clients would send to write fields, lines or colours of their own.
std::vector<std::string> HostileTexts() {
  using namespace std::string_literals;
  std::vector<std::string> texts = {
      "\\\" status=200",
      "/a\\\" status=200 client=\"1.2.3.4",
      "p.jpg (000000000000...) kind=analysis saved_usd=999",
      "a=b",
      "=",
      "\"",
      "\\",
      "\\\\\"",
      "\\x0a",
      "x\\",
      "",
      " ",
      "a\tb",
      "a\n2026-11-26T00:00:00.000Z error forged line=1",
      "\r\x1b[2J\x1b]0;title\x07",
      "nul\0byte"s,
      "\x7f",
      "caf\xC3\xA9 \xF0\x9F\x98\x80",
      "broken \xE9\xFF\xC3",
      "nbsp\xC2\xA0status=200",
      "next line\xC2\x85",
      "bidi \xE2\x80\xAEgpj.exe \xE2\x81\xA6",
      "separators \xE2\x80\xA8 \xE2\x80\xA9 \xE3\x80\x80",
      "hidden \xE2\x80\x8B\xC2\xAD\xEF\xBB\xBF\xF3\xA0\x81\x81",
      "\",\"level\":\"error\",\"msg\":\"forged",
      "{}%s%n",
  };
  std::mt19937 random(20261126);  // NOLINT: the same in every run
  constexpr std::string_view kPieces = "\\\"= \nax0{}\x1b\xC2\x85";
  for (int i = 0; i < 2'000; ++i) {
    std::string text;
    for (std::size_t length = random() % 12; length > 0; --length) {
      text += kPieces[random() % kPieces.size()];
    }
    texts.push_back(std::move(text));
  }
  return texts;
}

bool IsPlainToShow(std::string_view line) {
  for (const char c : line) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) return false;
  }
  for (const char* steering :
       {"\xC2\x85", "\xC2\xA0", "\xC2\xAD", "\xE2\x80\xAE", "\xE2\x80\xA8", "\xE2\x80\x8B",
        "\xE2\x81\xA6", "\xEF\xBB\xBF", "\xF3\xA0\x81\x81"}) {
    if (line.find(steering) != std::string_view::npos) return false;
  }
  return true;
}

}  // namespace

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
  const std::string text = app::FormatLine(LogFormat::kText, LogLevel::kWarn, "m {}", fields);
  CHECK(text == R"(warn  m {} name="a\x0a2026 error forged\x1b[0m")");
  const auto json =
      ParseJson("{" + app::FormatLine(LogFormat::kJson, LogLevel::kError, "m x", fields) + "}");
  REQUIRE(json);
  CHECK((*json)["level"] == "error");
  CHECK((*json)["msg"] == "m x");
  CHECK((*json)["name"] == "a\\x0a2026 error forged\\x1b[0m");
}

TEST_CASE("FormatLine: a parser of text lines gets exactly the fields that were logged (S7)") {
  for (const std::string& hostile : HostileTexts()) {
    CAPTURE(hostile);
    const std::array<LogField, 4> fields = {
        {{"path", hostile}, {"status", std::int64_t{404}}, {"file", hostile}, {"gone", true}}};
    const std::string line = app::FormatLine(
        LogFormat::kText, LogLevel::kWarn, "Cache: off (CACHE_MODE=off); nothing is kept", fields);
    CHECK(IsPlainToShow(line));
    CHECK(TextLine(line).fields() ==
          Fields{{"path", hostile}, {"status", "404"}, {"file", hostile}, {"gone", "true"}});
  }
}

TEST_CASE("FormatLine: a parser of JSON lines gets exactly the fields that were logged (S7)") {
  for (const std::string& hostile : HostileTexts()) {
    CAPTURE(hostile);
    const std::array<LogField, 2> fields = {{{"path", hostile}, {"status", std::int64_t{404}}}};
    const std::string line =
        "{" + app::FormatLine(LogFormat::kJson, LogLevel::kInfo, "Request", fields) + "}";
    CHECK(IsPlainToShow(line));
    const auto json = ParseJson(line);
    REQUIRE(json);
    CHECK(json->size() == 4);
    CHECK((*json)["level"] == "info");
    CHECK((*json)["msg"] == "Request");
    CHECK((*json)["status"] == 404);
    CHECK(Unescaped((*json)["path"].get<std::string>()) == hostile);
  }
}
