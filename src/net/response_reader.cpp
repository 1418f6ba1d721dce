#include "net/response_reader.h"

#include <curl/curl.h>

#include <algorithm>
#include <string>

#include "vcache/core/ascii.h"

namespace vcache::net {
namespace {

constexpr std::chrono::seconds kLongestRetry = std::chrono::hours(24);

std::string_view Trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

}  // namespace

bool ResponseReader::TakeHeadLine(std::string_view line) {
  head_bytes_ += line.size();
  if (head_bytes_ > max_head_) {
    too_large_ = true;
    return false;
  }
  if (line.starts_with("HTTP/")) {
    // A new head: the one before was an interim answer such as 100.
    response_.headers.clear();
    head_done_ = false;
    return true;
  }
  const std::string_view field = Trimmed(line);
  if (field.empty()) {
    head_done_ = true;
    return true;
  }
  const auto colon = field.find(':');
  if (head_done_ || colon == std::string_view::npos) return true;  // a trailer, or not a field
  response_.headers.emplace_back(ToLower(field.substr(0, colon)), Trimmed(field.substr(colon + 1)));
  return true;
}

bool ResponseReader::TakeBody(std::string_view piece) {
  if (piece.size() > max_body_ - response_.body.size()) {
    too_large_ = true;
    return false;
  }
  response_.body.append(piece);
  return true;
}

std::optional<std::chrono::seconds> ParseRetryAfter(std::string_view value, WallTime now) {
  const std::string_view text = Trimmed(value);
  if (text.empty() || text.size() > 64) return std::nullopt;
  std::chrono::seconds wait{0};
  if (text.find_first_not_of("0123456789") == std::string_view::npos) {
    // More than nine digits exceed the clamp and could overflow.
    wait = text.size() > 9 ? kLongestRetry : std::chrono::seconds(std::stoll(std::string(text)));
  } else {
    const std::time_t at = curl_getdate(std::string(text).c_str(), nullptr);
    if (at < 0) return std::nullopt;
    wait =
        std::chrono::ceil<std::chrono::seconds>(std::chrono::system_clock::from_time_t(at) - now);
  }
  if (wait <= std::chrono::seconds::zero()) return std::nullopt;
  return std::min(wait, kLongestRetry);
}

}  // namespace vcache::net
