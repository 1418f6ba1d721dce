#include "vcache/core/time_text.h"

#include <ctime>

namespace vcache {

std::string FormatTime(WallTime time) {
  const std::time_t seconds =
      std::chrono::system_clock::to_time_t(std::chrono::floor<std::chrono::seconds>(time));
  std::tm parts{};
  if (gmtime_r(&seconds, &parts) == nullptr) return "1970-01-01T00:00:00Z";
  char text[32];
  const std::size_t length = std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return {text, length};
}

std::optional<WallTime> ParseTime(std::string_view text) {
  std::tm parts{};
  const std::string copy(text);  // strptime needs the NUL
  const char* end = strptime(copy.c_str(), "%Y-%m-%dT%H:%M:%S", &parts);
  if (end == nullptr) return std::nullopt;
  if (*end == '.') {  // other software writes milliseconds
    ++end;
    while (*end >= '0' && *end <= '9') ++end;
  }
  if (std::string_view(end) != "Z") return std::nullopt;
  // `WallTime` counts nanoseconds in 64 bits and ends in the year 2262; a foreign entry may not.
  constexpr std::time_t kLast = 9'223'372'036;
  const std::time_t seconds = timegm(&parts);
  if (seconds < -kLast || seconds > kLast) return std::nullopt;
  return std::chrono::system_clock::from_time_t(seconds);
}

}  // namespace vcache
