#include "core/json.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <vector>

namespace vcache {
namespace {

/// Thrown by the callback to end a parse that grows over its limits; never leaves this file.
struct LimitReached {
  const char* what;
};

/// Objects that keep their order look for each new name among all before it: 100,000 names in one
/// object would take many seconds. So many comparisons allow 2,000 of them, and take 20 ms.
constexpr std::size_t kMaxKeyComparisons = 2'000'000;

Error Malformed(std::string message) {
  return Error{ErrorCode::kBadRequest, std::move(message)};
}

/// `~1` is a slash, `~0` a tilde, in one pass: `~01` is `~1` (RFC 6901, section 4).
std::string PointerPart(std::string_view escaped) {
  std::string part;
  for (std::size_t at = 0; at < escaped.size(); ++at) {
    if (escaped[at] != '~') {
      part += escaped[at];
    } else {
      part += escaped[++at] == '1' ? '/' : '~';
    }
  }
  return part;
}

/// An array's element by its index: digits without a leading zero, as the RFC writes it.
const Json* Element(const Json& array, std::string_view index) {
  const bool digits = !index.empty() && index.size() <= 9 &&
                      index.find_first_not_of("0123456789") == std::string_view::npos;
  if (!digits || (index.size() > 1 && index.front() == '0')) return nullptr;
  const std::size_t at = std::stoul(std::string(index));
  return at < array.size() ? &array[at] : nullptr;
}

}  // namespace

Result<Json> ParseJson(std::string_view text, const JsonLimits& limits) {
  if (text.size() > limits.max_bytes) {
    return Malformed("The JSON is larger than " + std::to_string(limits.max_bytes) + " bytes.");
  }
  std::size_t values = 0;
  std::vector<std::set<std::string, std::less<>>> names;
  std::vector<std::size_t> members;  // so far, of each object that is open
  std::size_t comparisons = 0;
  const Json::parser_callback_t guard = [&](int depth, Json::parse_event_t event, Json& parsed) {
    using Event = Json::parse_event_t;
    if (event == Event::object_start || event == Event::array_start) {
      if (depth >= limits.max_depth) throw LimitReached{"is nested too deeply"};
      if (limits.refuse_duplicate_keys && event == Event::object_start) names.emplace_back();
      if (event == Event::object_start) members.push_back(0);
    }
    if (event == Event::object_end && limits.refuse_duplicate_keys) names.pop_back();
    if (event == Event::object_end) members.pop_back();
    if (event == Event::key && (comparisons += members.back()++) > kMaxKeyComparisons) {
      throw LimitReached{"has objects of too many fields"};
    }
    if (event == Event::key && limits.refuse_duplicate_keys &&
        !names.back().insert(parsed.get_ref<const std::string&>()).second) {
      throw LimitReached{"names a field twice"};
    }
    if (event != Event::object_end && event != Event::array_end && ++values > limits.max_values) {
      throw LimitReached{"has too many values"};
    }
    return true;
  };
  try {
    Json parsed = Json::parse(text.begin(), text.end(), guard, /*allow_exceptions=*/false);
    if (parsed.is_discarded()) return Malformed("The text is not valid JSON.");
    return parsed;
  } catch (const LimitReached& reached) {
    return Malformed(std::string("The JSON ") + reached.what + ".");
  } catch (const nlohmann::json::exception&) {
    return Malformed("The text is not valid JSON.");  // what() would quote the input
  }
}

std::string DumpJson(const Json& value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

const Json* Find(const Json& object, std::string_view name) {
  if (!object.is_object()) return nullptr;
  for (const auto& [key, value] : object.get_ref<const Json::object_t&>()) {
    if (key == name) return &value;
  }
  return nullptr;
}

const Json* FindPath(const Json& object, std::initializer_list<std::string_view> path) {
  const Json* at = &object;
  for (const std::string_view name : path) {
    at = Find(*at, name);
    if (at == nullptr) return nullptr;
  }
  return at;
}

bool IsJsonPointer(std::string_view text) noexcept {
  if (!text.empty() && text.front() != '/') return false;
  for (std::size_t at = text.find('~'); at != std::string_view::npos; at = text.find('~', at + 1)) {
    if (at + 1 == text.size() || (text[at + 1] != '0' && text[at + 1] != '1')) return false;
  }
  return true;
}

const Json* AtPointer(const Json& value, std::string_view pointer) {
  if (!IsJsonPointer(pointer)) return nullptr;
  const Json* at = &value;
  while (at != nullptr && !pointer.empty()) {
    const std::size_t end = std::min(pointer.find('/', 1), pointer.size());
    const std::string part = PointerPart(pointer.substr(1, end - 1));
    at = at->is_array() ? Element(*at, part) : Find(*at, part);
    pointer.remove_prefix(end);
  }
  return at;
}

std::optional<double> AsNumber(const Json* value) {
  if (value == nullptr || !value->is_number()) return std::nullopt;
  const auto number = value->get<double>();
  if (!std::isfinite(number)) return std::nullopt;
  return number;
}

std::optional<std::int64_t> AsInteger(const Json* value) {
  if (value == nullptr || !value->is_number_integer()) return std::nullopt;
  if (value->is_number_unsigned() && value->get<std::uint64_t>() > INT64_MAX) return std::nullopt;
  return value->get<std::int64_t>();
}

std::optional<std::string> AsString(const Json* value) {
  if (value == nullptr || !value->is_string()) return std::nullopt;
  return value->get_ref<const std::string&>();
}

std::optional<bool> AsBool(const Json* value) {
  if (value == nullptr || !value->is_boolean()) return std::nullopt;
  return value->get<bool>();
}

}  // namespace vcache
