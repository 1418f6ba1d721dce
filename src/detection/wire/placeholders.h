#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "json/json.h"

namespace vcache::detection {

/// A placeholder's name without braces, and its value.
using Value = std::pair<std::string_view, std::string_view>;

/// How a value is escaped, so that it stays plain data in its place.
enum class Escape { kNone, kUrl };

/// Replaces every `{name}` of these values in one pass, never within a value. Other braces stay.
std::string Fill(std::string_view text, std::span<const Value> values, Escape escape);

/// Does the same in every string of a JSON value; the JSON writer escapes.
void FillStrings(Json& json, std::span<const Value> values);

/// Whether an id of a vendor may stand in a path unescaped, and chooses no other path.
bool IsPlainId(std::string_view id);

/// `https://host:port` of a URL that the configuration has checked.
std::string_view OriginOf(std::string_view url);

}  // namespace vcache::detection
