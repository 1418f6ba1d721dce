#pragma once

#include <memory>

#include "vcache/config/settings.h"
#include "vcache/core/log.h"

namespace vcache::app {

/// Lines on standard output, as text for people or JSON for machines, through spdlog's asynchronous
/// queue: a blocked output never blocks a request, the oldest lines are dropped and counted instead
/// (rule S7). Every text is escaped, whoever passed it. One per process.
class SpdlogLogger final : public Logger {
 public:
  SpdlogLogger(LogLevel level, config::LogFormat format);
  /// Like `Finish`.
  ~SpdlogLogger() override;

  /// Writes what is queued, and how many lines were dropped, if any. Waits a second at most for an
  /// output that takes nothing, and drops the rest. Lines that come later are dropped.
  void Finish() noexcept;

  bool Enabled(LogLevel level) const noexcept override { return level >= level_; }
  void Log(LogLevel level, LogMessage message, std::span<const LogField> fields) noexcept override;

 private:
  struct State;
  const LogLevel level_;
  const config::LogFormat format_;
  std::unique_ptr<State> state_;
};

/// How one line reads without its time: `info  message name=value ...`, or the members of a
/// JSON object. A text value is escaped by `EscapeForLog`; as text it stands in quotes, with inner
/// ones behind a backslash, unless it is plain printable ASCII without spaces, quotes, `=` and
/// backslashes. So each line gives back exactly the fields that were logged. Apart from the logger
/// so that tests can look at it.
std::string FormatLine(config::LogFormat format, LogLevel level, LogMessage message,
                       std::span<const LogField> fields);

}  // namespace vcache::app
