#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <variant>

namespace vcache {

/// `kError` wakes somebody (money, data), `kWarn` is degraded but serving, `kInfo` is the life
/// cycle and one line per request, `kDebug` is off in production.
enum class LogLevel { kDebug, kInfo, kWarn, kError };

/// The words of a log line: a literal, which the compiler checks. Data cannot get into it, so that
/// nobody who sends data can write words or fields of a line; it goes into fields.
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

/// One piece of data of a log line. The name is a literal of `a-z`, `0-9` and `_`; the value is
/// escaped by the logger, so pass it as it came. Both views must live until `Logger::Log` returns.
struct LogField {
  std::string_view name;
  std::variant<std::string_view, std::int64_t, double, bool> value;
};

/// Where the parts of the service say what happened: constant words, and data in fields. Never
/// content, keys, tokens or whole headers.
/// All calls are safe from any thread, never block on the output and never throw.
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

/// A logger that drops everything. Shared, stateless.
Logger& NullLogger() noexcept;

/// What a user sent, made harmless for a log line or a sentence (rule S7): a backslash becomes
/// two; control characters, escape codes, line breaks, characters that steer the display and bytes
/// that are not UTF-8 become `\xNN`. Each result has one original, unless it was cut: at most
/// `max_bytes` of the text are taken, with `...` behind then.
std::string EscapeForLog(std::string_view text, std::size_t max_bytes = 120);

/// The front of a text for a field of a log line: at most `max_bytes` and whole characters, with
/// `...` behind when that cut it. The logger escapes it.
std::string CutForLog(std::string_view text, std::size_t max_bytes = 120);

}  // namespace vcache
