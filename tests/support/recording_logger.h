#pragma once

#include <mutex>
#include <string>
#include <vector>

#include "vcache/core/log.h"

namespace vcache::test {

/// Keeps every line, so that a test can look for what must be (or must never be) in the log.
class RecordingLogger final : public Logger {
 public:
  struct Line {
    LogLevel level;
    std::string message;
    std::string fields;  ///< ` name=value name=value`
  };

  bool Enabled(LogLevel) const noexcept override { return true; }
  void Log(LogLevel level, LogMessage message, std::span<const LogField> fields) noexcept override {
    Line line{level, std::string(message.text()), {}};
    for (const LogField& field : fields) {
      line.fields.append(" ").append(field.name).append("=");
      std::visit(
          [&](const auto& value) {
            if constexpr (std::is_same_v<std::decay_t<decltype(value)>, std::string_view>) {
              line.fields += value;
            } else {
              line.fields += std::to_string(value);
            }
          },
          field.value);
    }
    const std::lock_guard lock(mutex_);
    lines_.push_back(std::move(line));
  }

  std::vector<Line> lines() const {
    const std::lock_guard lock(mutex_);
    return lines_;
  }
  std::size_t Count(LogLevel level) const {
    std::size_t count = 0;
    for (const Line& line : lines()) count += line.level == level ? 1U : 0U;
    return count;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<Line> lines_;  // guarded by mutex_
};

}  // namespace vcache::test
