#pragma once

#include <memory>

#include "vcache/config/settings.h"
#include "vcache/core/log.h"

namespace vcache::app {

/// Lines on standard output, as text or JSON, through spdlog's asynchronous queue. A blocked output
/// never blocks a request: the oldest lines are dropped and counted (rule S7). One per process;
/// thread-safe.
class SpdlogLogger final : public Logger {
 public:
  SpdlogLogger(LogLevel level, config::LogFormat format);
  ~SpdlogLogger() override;

  /// Writes the queue and the number of dropped lines. Waits at most a second for a blocked output.
  /// Drops later lines.
  void Finish() noexcept;

  bool Enabled(LogLevel level) const noexcept override { return level >= level_; }
  void Log(LogLevel level, LogMessage message, std::span<const LogField> fields) noexcept override;

 private:
  struct State;
  const LogLevel level_;
  const config::LogFormat format_;
  std::unique_ptr<State> state_;
};

/// One line without its time: `info  message name=value ...`, or the members of a JSON object.
/// `EscapeForLog` escapes text values. In the text format a value is quoted, with backslashes
/// before inner quotes, unless it is printable ASCII without spaces, quotes, `=` and backslashes.
/// So the logged fields can be read back exactly. Public for tests.
std::string FormatLine(config::LogFormat format, LogLevel level, LogMessage message,
                       std::span<const LogField> fields);

}  // namespace vcache::app
