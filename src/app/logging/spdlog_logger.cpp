#include "app/logging/spdlog_logger.h"

#include <spdlog/async.h>
#include <spdlog/async_logger.h>
#include <spdlog/details/null_mutex.h>
#include <spdlog/sinks/base_sink.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <string>
#include <type_traits>

#include "app/logging/log_output.h"
#include "json/json.h"

namespace vcache::app {
namespace {

constexpr std::size_t kQueuedLines = 8192;
constexpr std::size_t kMaxText = 2048;
/// How long the process's end waits for a blocked output.
constexpr std::chrono::milliseconds kLastWait{1'000};

/// Only the queue's one thread writes, so it needs no lock.
class OutputSink final : public spdlog::sinks::base_sink<spdlog::details::null_mutex> {
 public:
  void GiveUpAfter(std::chrono::milliseconds time) noexcept { output_.GiveUpAfter(time); }

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    spdlog::memory_buf_t line;
    formatter_->format(message, line);
    output_.Write({line.data(), line.size()});
  }
  void flush_() override {}

 private:
  LogOutput output_{STDOUT_FILENO};
};

spdlog::level::level_enum SpdlogLevel(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return spdlog::level::debug;
    case LogLevel::kInfo:
      return spdlog::level::info;
    case LogLevel::kWarn:
      return spdlog::level::warn;
    case LogLevel::kError:
      return spdlog::level::err;
  }
  return spdlog::level::err;
}

/// spdlog's `warning` would not align.
std::string_view LevelText(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return "debug";
    case LogLevel::kInfo:
      return "info";
    case LogLevel::kWarn:
      return "warn";
    case LogLevel::kError:
      return "error";
  }
  return "error";
}

std::string NumberText(double value) {
  std::array<char, 32> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  return {digits.data(), end};
}

/// Printable ASCII other than space, `"`, `=` and `\`: a value may hold it without quotes.
bool IsBare(char c) {
  return c > ' ' && c <= '~' && c != '"' && c != '=' && c != '\\';
}

/// A text for `name=`: quoted unless all its characters are bare, with backslashes before quotes
/// and backslashes. Unescaped, it is the logged text.
std::string FieldText(std::string_view text) {
  if (!text.empty() && text.size() <= kMaxText && std::all_of(text.begin(), text.end(), IsBare)) {
    return std::string(text);
  }
  std::string quoted = "\"";
  for (const char c : EscapeForLog(text, kMaxText)) {
    if (c == '"') quoted += '\\';
    quoted += c;
  }
  return quoted + '"';
}

std::string ValueText(const LogField& field) {
  return std::visit(
      [](const auto& value) -> std::string {
        using Value = std::decay_t<decltype(value)>;
        if constexpr (std::is_same_v<Value, std::string_view>) return FieldText(value);
        if constexpr (std::is_same_v<Value, bool>) return value ? "true" : "false";
        if constexpr (std::is_same_v<Value, double>) return NumberText(value);
        if constexpr (std::is_same_v<Value, std::int64_t>) return std::to_string(value);
      },
      field.value);
}

Json ValueJson(const LogField& field) {
  return std::visit(
      [](const auto& value) -> Json {
        if constexpr (std::is_same_v<std::decay_t<decltype(value)>, std::string_view>) {
          return EscapeForLog(value, kMaxText);
        } else {
          return value;
        }
      },
      field.value);
}

}  // namespace

std::string FormatLine(config::LogFormat format, LogLevel level, LogMessage message,
                       std::span<const LogField> fields) {
  if (format == config::LogFormat::kText) {
    std::string line(LevelText(level));
    line.resize(6, ' ');
    line += message.text();
    for (const LogField& field : fields) {
      line += ' ';
      line += field.name;
      line += '=';
      line += ValueText(field);
    }
    return line;
  }
  Json object = Json::object();
  object["level"] = LevelText(level);
  object["msg"] = message.text();
  for (const LogField& field : fields) object[std::string(field.name)] = ValueJson(field);
  const std::string whole = DumpJson(object);
  return whole.substr(1, whole.size() - 2);
}

struct SpdlogLogger::State {
  std::shared_ptr<OutputSink> sink = std::make_shared<OutputSink>();
  std::shared_ptr<spdlog::details::thread_pool> queue;
  std::shared_ptr<spdlog::async_logger> logger;
};

SpdlogLogger::SpdlogLogger(LogLevel level, config::LogFormat format)
    : level_(level), format_(format), state_(std::make_unique<State>()) {
  state_->queue = std::make_shared<spdlog::details::thread_pool>(kQueuedLines, 1);
  state_->logger = std::make_shared<spdlog::async_logger>(
      "verdictcache", state_->sink, state_->queue, spdlog::async_overflow_policy::overrun_oldest);
  state_->logger->set_level(spdlog::level::trace);
  state_->logger->set_pattern(format == config::LogFormat::kText
                                  ? "%Y-%m-%dT%H:%M:%S.%eZ %v"
                                  : R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ",%v})",
                              spdlog::pattern_time_type::utc);
  // The default handler would write to standard error, which may block too.
  state_->logger->set_error_handler([](const std::string&) {});
}

SpdlogLogger::~SpdlogLogger() {
  Finish();
  state_->logger.reset();
}

void SpdlogLogger::Finish() noexcept {
  if (state_->queue == nullptr) return;
  const std::size_t dropped = state_->queue->overrun_counter();
  if (dropped > 0) {
    Warn("Log lines were dropped because the output was too slow",
         {{"lines", static_cast<std::int64_t>(dropped)}});
  }
  state_->sink->GiveUpAfter(kLastWait);
  // Joins the writer after it wrote the queue. The lines' references to the logger are gone then,
  // so this object, not the writer's thread, destroys it.
  state_->queue.reset();
}

void SpdlogLogger::Log(LogLevel level, LogMessage message,
                       std::span<const LogField> fields) noexcept {
  try {
    const std::string line = FormatLine(format_, level, message, fields);
    // An argument, because text is never a format.
    state_->logger->log(SpdlogLevel(level), "{}", line);
  } catch (...) {
    // Out of memory: the line is lost, the request goes on.
  }
}

}  // namespace vcache::app
