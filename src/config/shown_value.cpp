#include "config/shown_value.h"

#include <algorithm>

#include "config/url.h"
#include "vcache/core/ascii.h"

namespace vcache::config {
namespace {

/// Longer than every variable's name, and shorter than most keys.
constexpr std::size_t kLongestName = 48;

/// A class of characters, and its name in a shape.
struct Kind {
  bool (*is_one)(char);
  std::string_view name;
};

constexpr Kind kKinds[] = {
    {IsAlpha, "letters"},
    {IsDigit, "digits"},
    {[](char c) { return c == ' '; }, "spaces"},
    {[](char c) { return c > ' ' && c < 0x7F && !IsAlpha(c) && !IsDigit(c); }, "punctuation"},
    {[](char c) { return static_cast<unsigned char>(c) < ' ' || c == 0x7F; }, "control characters"},
    {[](char c) { return static_cast<unsigned char>(c) > 0x7F; }, "bytes beyond ASCII"}};

std::string KindsIn(std::string_view value) {
  std::string kinds;
  for (const Kind& kind : kKinds) {
    if (std::none_of(value.begin(), value.end(), kind.is_one)) continue;
    kinds += (kinds.empty() ? "" : ", ") + std::string(kind.name);
  }
  return kinds;
}

std::string PartsOf(const Url& url) {
  std::string parts = url.scheme == "https" ? "an https URL" : "an http URL";
  if (url.has_user) parts += ", with a user";
  if (url.has_query) parts += ", with a query";
  if (url.has_fragment) parts += ", with a fragment";
  return parts;
}

}  // namespace

std::string OriginOnly(std::string_view url) {
  const std::size_t scheme = url.find("://");
  if (scheme == std::string_view::npos) return std::string(kMasked);
  const std::string_view behind = url.substr(scheme + 3);
  const std::size_t end = std::min(behind.find_first_of("/?#"), behind.size());
  // Parse strictly: the result must be only a host and a port.
  const auto parsed = ParseUrl(url.substr(0, scheme + 3 + end));
  if (!parsed) return std::string(kMasked);
  return Origin(*parsed) + (end == behind.size() ? "" : "/\xE2\x80\xA6");
}

std::string ShownValue(const Variable& variable, const Settings& settings) {
  std::string value = variable.show(settings);
  if (value.empty() || variable.exposure == Exposure::kWhole) return value;
  static const Settings kDefaults;
  if (value == variable.show(kDefaults)) return value;
  return variable.exposure == Exposure::kOrigin ? OriginOnly(value) : std::string(kMasked);
}

std::string ShapeOf(std::string_view value) {
  const auto url = ParseUrl(value);
  return std::to_string(value.size()) + (value.size() == 1 ? " character, " : " characters, ") +
         (url ? PartsOf(*url) : KindsIn(value));
}

std::string ShownName(std::string_view name) {
  const auto is_lower = [](char c) { return c >= 'a' && c <= 'z'; };
  const auto is_upper = [](char c) { return c >= 'A' && c <= 'Z'; };
  const bool mixed = std::any_of(name.begin(), name.end(), is_lower) &&
                     std::any_of(name.begin(), name.end(), is_upper);
  if (!mixed && name.size() <= kLongestName) return std::string(name);
  return "(a name of " + ShapeOf(name) + ")";
}

}  // namespace vcache::config
