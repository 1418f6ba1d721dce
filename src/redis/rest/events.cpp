#include "redis/rest/events.h"

#include <utility>

namespace vcache::redis {

RestEventReader::RestEventReader(std::string channel, std::size_t max_message_bytes, Events events)
    : subscribed_("subscribe," + channel + ","),
      message_("message," + channel + ","),
      max_line_(max_message_bytes + message_.size() + 16),
      events_(std::move(events)) {}

bool RestEventReader::Take(std::string_view bytes) {
  while (!bytes.empty()) {
    const std::size_t end = bytes.find_first_of("\r\n");
    const std::string_view piece = bytes.substr(0, end);
    if (piece.size() > max_line_ - line_.size()) return false;
    line_ += piece;
    if (end == std::string_view::npos) return true;
    bytes.remove_prefix(end + 1);
    // The empty line between CR and LF is harmless.
    TakeLine(line_);
    line_.clear();
  }
  return true;
}

void RestEventReader::TakeLine(std::string_view line) {
  constexpr std::string_view kData = "data:";
  if (!line.starts_with(kData)) return;
  line.remove_prefix(kData.size());
  if (line.starts_with(' ')) line.remove_prefix(1);
  if (line.starts_with(message_)) {
    events_.on_message(line.substr(message_.size()));
  } else if (line.starts_with(subscribed_)) {
    events_.on_subscribed();
  }
}

}  // namespace vcache::redis
