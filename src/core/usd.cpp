#include "vcache/core/usd.h"

#include <algorithm>

#include "vcache/core/parse_number.h"

namespace vcache {
namespace {

constexpr std::size_t kPlaces = 6;

}  // namespace

std::optional<Usd> Usd::Parse(std::string_view text) {
  const std::size_t point = text.find('.');
  std::string digits(text.substr(0, point));
  const std::string_view places = point == std::string_view::npos ? "0" : text.substr(point + 1);
  if (digits.empty() || places.empty() || places.size() > kPlaces) return std::nullopt;
  digits.append(places).append(kPlaces - places.size(), '0');
  if (digits.find_first_not_of("0123456789") != std::string::npos) return std::nullopt;
  const auto micros = ParseNumber<std::int64_t>(digits);
  return micros ? std::optional(FromMicros(*micros)) : std::nullopt;
}

std::string Usd::ToText(std::size_t least_places) const {
  std::string text = std::to_string(micros_);
  text.insert(0, kPlaces + 1 - std::min(text.size(), kPlaces + 1), '0');
  const std::size_t point = text.size() - kPlaces;
  const std::size_t needed = std::max(text.find_last_not_of('0') + 1, point + least_places);
  text.erase(std::max(needed, point));
  if (text.size() > point) text.insert(point, 1, '.');
  return text;
}

}  // namespace vcache
