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

/// One piece of data of a log line. Both views must live until `Logger::Log` returns.
struct LogField {
  std::string_view name;
  std::variant<std::string_view, std::int64_t, double, bool> value;
};

/// Where the parts of the service say what happened. The message is a constant sentence or a short
/// composed one; data goes into fields. Never content, keys, tokens or whole headers.
/// All calls are safe from any thread, never block on the output and never throw.
class Logger {
 public:
  virtual ~Logger() = default;

  virtual bool Enabled(LogLevel level) const noexcept = 0;
  virtual void Log(LogLevel level, std::string_view message,
                   std::span<const LogField> fields) noexcept = 0;

  void Debug(std::string_view message, std::initializer_list<LogField> fields = {}) noexcept {
    if (Enabled(LogLevel::kDebug)) Log(LogLevel::kDebug, message, {fields.begin(), fields.size()});
  }
  void Info(std::string_view message, std::initializer_list<LogField> fields = {}) noexcept {
    if (Enabled(LogLevel::kInfo)) Log(LogLevel::kInfo, message, {fields.begin(), fields.size()});
  }
  void Warn(std::string_view message, std::initializer_list<LogField> fields = {}) noexcept {
    if (Enabled(LogLevel::kWarn)) Log(LogLevel::kWarn, message, {fields.begin(), fields.size()});
  }
  void Error(std::string_view message, std::initializer_list<LogField> fields = {}) noexcept {
    if (Enabled(LogLevel::kError)) Log(LogLevel::kError, message, {fields.begin(), fields.size()});
  }
};

/// A logger that drops everything. Shared, stateless.
Logger& NullLogger() noexcept;

/// What a user sent, made harmless for a log line (rule S7): control characters, escape codes,
/// line breaks and bytes that are not UTF-8 become `\xNN`, and at most `max_bytes` of the text are
/// taken, with `...` behind when that cut it.
std::string EscapeForLog(std::string_view text, std::size_t max_bytes = 120);

}  // namespace vcache
