#include "config/values.h"

#include <algorithm>

#include "vcache/core/ascii.h"
#include "vcache/core/parse_number.h"

namespace vcache::config {
namespace {

constexpr std::int64_t kMicros = 1'000'000;
constexpr std::size_t kPlaces = 6;

}  // namespace

std::string_view Trim(std::string_view text) noexcept {
  constexpr std::string_view kBlank = " \t\r\n";
  const std::size_t begin = text.find_first_not_of(kBlank);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlank) - begin + 1);
}

std::optional<std::int64_t> ParseWhole(std::string_view text) noexcept {
  if (!std::all_of(text.begin(), text.end(), IsDigit)) return std::nullopt;
  return ParseNumber<std::int64_t>(text);
}

std::optional<std::int64_t> ParseUsd(std::string_view text) noexcept {
  const std::size_t point = text.find('.');
  const auto dollars = ParseWhole(text.substr(0, point));
  if (!dollars || *dollars > INT64_MAX / kMicros - 1) return std::nullopt;
  if (point == std::string_view::npos) return *dollars * kMicros;
  const std::string_view places = text.substr(point + 1);
  auto micros = ParseWhole(places);
  if (!micros || places.size() > kPlaces) return std::nullopt;
  for (std::size_t i = places.size(); i < kPlaces; ++i) *micros *= 10;
  return *dollars * kMicros + *micros;
}

std::string FormatUsd(std::int64_t micros) {
  std::string places = std::to_string(micros % kMicros);
  places.insert(0, kPlaces - places.size(), '0');
  places.erase(places.find_last_not_of('0') + 1);
  const std::string dollars = std::to_string(micros / kMicros);
  return places.empty() ? dollars : dollars + "." + places;
}

std::optional<std::vector<std::string>> ParseList(std::string_view text) {
  std::vector<std::string> parts;
  while (true) {
    const std::size_t comma = text.find(',');
    const std::string_view part = Trim(text.substr(0, comma));
    if (part.empty()) return std::nullopt;
    parts.emplace_back(part);
    if (comma == std::string_view::npos) return parts;
    text.remove_prefix(comma + 1);
  }
}

std::string JoinList(const std::vector<std::string>& parts) {
  std::string joined;
  for (const std::string& part : parts) joined += (joined.empty() ? "" : ",") + part;
  return joined;
}

bool IsToken(std::string_view text) noexcept {
  const auto is_token_character = [](char c) {
    return c > ' ' && c < 0x7F &&
           std::string_view("\"(),/:;<=>?@[\\]{}").find(c) == std::string::npos;
  };
  return !text.empty() && std::all_of(text.begin(), text.end(), is_token_character);
}

bool IsPath(std::string_view text) noexcept {
  return std::none_of(text.begin(), text.end(),
                      [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

bool IsCredential(std::string_view text) noexcept {
  return text.size() <= 512 && IsVisible(text);
}

}  // namespace vcache::config
