#include "detection/wire/placeholders.h"

#include <algorithm>

#include "vcache/core/hex.h"

namespace vcache::detection {
namespace {

const Value* StartOf(std::string_view text, std::span<const Value> values) {
  const auto found = std::find_if(values.begin(), values.end(), [text](const Value& value) {
    const std::string_view name = value.first;
    return text.size() >= name.size() + 2 && text.substr(1, name.size()) == name &&
           text[name.size() + 1] == '}';
  });
  return found == values.end() ? nullptr : &*found;
}

}  // namespace

bool IsPlainId(std::string_view id) {
  constexpr std::size_t kMaxId = 128;
  return !id.empty() && id.size() <= kMaxId && id != "." && id != ".." && PercentEncode(id) == id;
}

std::string_view OriginOf(std::string_view url) {
  const std::size_t scheme = url.find("://");
  if (scheme == std::string_view::npos) return url;
  return url.substr(0, std::min(url.find_first_of("/?#", scheme + 3), url.size()));
}

std::string Fill(std::string_view text, std::span<const Value> values, Escape escape) {
  std::string filled;
  while (!text.empty()) {
    const std::size_t brace = std::min(text.find('{'), text.size());
    filled += text.substr(0, brace);
    text.remove_prefix(brace);
    if (text.empty()) break;
    if (const Value* value = StartOf(text, values)) {
      filled += escape == Escape::kUrl ? PercentEncode(value->second) : std::string(value->second);
      text.remove_prefix(value->first.size() + 2);
    } else {
      filled += '{';
      text.remove_prefix(1);
    }
  }
  return filled;
}

void FillStrings(Json& json, std::span<const Value> values) {
  if (json.is_string()) {
    json = Fill(json.get_ref<const std::string&>(), values, Escape::kNone);
  } else if (json.is_structured()) {
    for (Json& inner : json) FillStrings(inner, values);
  }
}

}  // namespace vcache::detection
