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
  /// Writes what is queued, and how many lines were dropped, if any.
  ~SpdlogLogger() override;

  bool Enabled(LogLevel level) const noexcept override { return level >= level_; }
  void Log(LogLevel level, std::string_view message,
           std::span<const LogField> fields) noexcept override;

 private:
  struct State;
  const LogLevel level_;
  const config::LogFormat format_;
  std::unique_ptr<State> state_;
};

/// How one line reads without its time: `info  message name=value ...`, or the members of a
/// JSON object. Apart from the logger so that tests can look at it.
std::string FormatLine(config::LogFormat format, LogLevel level, std::string_view message,
                       std::span<const LogField> fields);

}  // namespace vcache::app
