#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <variant>

namespace vcache {

/// `kError`: a person must act (money, data). `kWarn`: degraded but serving. `kInfo`: the life
/// cycle and one line per request. `kDebug`: off in production.
enum class LogLevel { kDebug, kInfo, kWarn, kError };

/// The words of a log line: a literal, checked by the compiler. Data goes into fields, so that a
/// client cannot forge the words or fields of a line.
class LogMessage {
 public:
  template <std::size_t N>
  consteval LogMessage(const char (&words)[N]) : text_(words, N - 1) {  // NOLINT: implicit
    // No quotes, no control characters, and nothing that reads like a field (`name=`).
    for (std::size_t i = 0; i + 1 < N; ++i) {
      const bool plain = words[i] >= ' ' && words[i] <= '~' && words[i] != '"' && words[i] != '\\';
      const bool names_field = words[i] == '=' && i > 0 && IsNameCharacter(words[i - 1]);
      if (!plain || names_field) throw "not the words of a log line";
    }
  }

  constexpr std::string_view text() const noexcept { return text_; }

 private:
  static constexpr bool IsNameCharacter(char c) noexcept {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  }

  std::string_view text_;
};

/// One piece of data of a log line. The name is a literal of `a-z`, `0-9` and `_`; the logger
/// escapes the value. Both views must live until `Logger::Log` returns.
struct LogField {
  std::string_view name;
  std::variant<std::string_view, std::int64_t, double, bool> value;
};

/// Logs what happened: constant words, and data in fields. Never content, keys, tokens or whole
/// headers. Thread-safe; never blocks on the output and never throws.
class Logger {
 public:
  virtual ~Logger() = default;

  virtual bool Enabled(LogLevel level) const noexcept = 0;
  virtual void Log(LogLevel level, LogMessage message,
                   std::span<const LogField> fields) noexcept = 0;

  void Debug(LogMessage message, std::initializer_list<LogField> fields = {}) noexcept {
    if (Enabled(LogLevel::kDebug)) Log(LogLevel::kDebug, message, {fields.begin(), fields.size()});
  }
  void Info(LogMessage message, std::initializer_list<LogField> fields = {}) noexcept {
    if (Enabled(LogLevel::kInfo)) Log(LogLevel::kInfo, message, {fields.begin(), fields.size()});
  }
  void Warn(LogMessage message, std::initializer_list<LogField> fields = {}) noexcept {
    if (Enabled(LogLevel::kWarn)) Log(LogLevel::kWarn, message, {fields.begin(), fields.size()});
  }
  void Error(LogMessage message, std::initializer_list<LogField> fields = {}) noexcept {
    if (Enabled(LogLevel::kError)) Log(LogLevel::kError, message, {fields.begin(), fields.size()});
  }
};

/// Drops everything. Shared, stateless.
Logger& NullLogger() noexcept;

/// A client's text, made harmless for a log line or a sentence. A backslash becomes two. Control
/// characters, escape codes, line breaks, characters that steer the display and bytes that are not
/// UTF-8 become `\xNN`. At most `max_bytes` of the text are used, with `...` after a cut; uncut
/// results are unambiguous.
std::string EscapeForLog(std::string_view text, std::size_t max_bytes = 120);

/// The first `max_bytes` of a text in whole characters, with `...` after a cut.
std::string CutForLog(std::string_view text, std::size_t max_bytes = 120);

}  // namespace vcache
