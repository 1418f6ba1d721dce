#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "json/json.h"

namespace vcache::detection {

/// A placeholder's name without braces, and what takes its place.
using Value = std::pair<std::string_view, std::string_view>;

/// How a value is written where it stands, so that it cannot mean anything there but itself.
enum class Escape { kNone, kUrl };

/// The template with every `{name}` of these values replaced, in one pass: what a value holds is
/// never looked at again. Braces around any other name stay as they are.
std::string Fill(std::string_view text, std::span<const Value> values, Escape escape);

/// The same in every string of a JSON value; the writer escapes what needs it.
void FillStrings(Json& json, std::span<const Value> values);

/// Percent-encoded but for letters, digits, `-`, `.`, `_` and `~` (RFC 3986, section 2.3).
std::string UrlEscaped(std::string_view text);

/// `https://host:port` of a URL that configuration has checked: everything before its path.
std::string_view OriginOf(std::string_view url);

}  // namespace vcache::detection
