#include "json/json.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <iterator>
#include <set>
#include <utility>
#include <vector>

#include "vcache/core/parse_number.h"

namespace vcache {
namespace {

/// Ends a parse that exceeds a limit; never leaves this file.
struct LimitReached {
  const char* what;
};

/// An ordered object compares each new name with all names before it: 100,000 names would take many
/// seconds. This bound allows 2,000 names in one object and takes 20 ms.
constexpr std::size_t kMaxKeyComparisons = 2'000'000;

Error Malformed(std::string message) {
  return Error{ErrorCode::kBadRequest, std::move(message)};
}

/// Iterates over a text and records how far the parser has read, for error messages.
class ReadPosition {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  ReadPosition(const char* at, std::size_t* read) : at_(at), read_(read) {}
  reference operator*() const { return *at_; }
  ReadPosition& operator++() {
    ++at_;
    ++*read_;
    return *this;
  }
  bool operator==(const ReadPosition& other) const { return at_ == other.at_; }
  bool operator!=(const ReadPosition& other) const { return at_ != other.at_; }

 private:
  const char* at_;
  std::size_t* read_;
};

/// `line 2, column 7`: the place of the last byte read.
std::string PlaceOf(std::string_view text, std::size_t read) {
  const std::string_view before = text.substr(0, read == 0 ? 0 : read - 1);
  const auto lines = std::count(before.begin(), before.end(), '\n');
  const std::size_t start = before.rfind('\n') + 1;  // 0 in the first line
  return "line " + std::to_string(lines + 1) + ", column " +
         std::to_string(before.size() - start + 1);
}

/// The library's reason in our own words, because the library's text quotes the input (rule J5).
/// Only the part before that quote is searched.
std::string_view ReasonOf(std::string_view what) {
  static constexpr std::pair<std::string_view, std::string_view> kReasons[] = {
      {"surrogate U+D800", "a high surrogate (\\ud800 to \\udbff) is not followed by a low one"},
      {"surrogate U+DC00", "a low surrogate (\\udc00 to \\udfff) does not follow a high one"},
      {"4 hex digits", "\\u is not followed by four hexadecimal digits"},
      {"forbidden character after backslash",
       "a backslash stands before a character that needs none"},
      {"control character", "a control character in a string is not escaped"},
      {"ill-formed UTF-8 byte", "a string is not valid UTF-8"},
      {"missing closing quote", "a string does not end"},
      {"invalid number", "a number lacks a digit"},
      {"number overflow", "a number is too large"},
      {"invalid literal", "this is no value"},
      {"unexpected end of input", "the text ends too early"},
      {"expected end of input", "something follows the value"},
      {"invalid BOM", "the byte order mark is broken"},
  };
  what = what.substr(0, what.find("; last read: "));
  for (const auto& [theirs, ours] : kReasons) {
    if (what.find(theirs) != std::string_view::npos) return ours;
  }
  return "another character is expected here";
}

/// Decodes `~1` to a slash and `~0` to a tilde in one pass: `~01` is `~1` (RFC 6901, section 4).
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

/// An array's element; the index has no leading zero (RFC 6901).
const Json* Element(const Json& array, std::string_view index) {
  const auto at = ParseNumber<std::uint32_t>(index);
  if (!at || (index.size() > 1 && index.front() == '0')) return nullptr;
  return *at < array.size() ? &array[*at] : nullptr;
}

}  // namespace

Result<Json> ParseJson(std::string_view text, const JsonLimits& limits) {
  if (text.size() > limits.max_bytes) {
    return Malformed("The JSON is larger than " + std::to_string(limits.max_bytes) + " bytes.");
  }
  std::size_t values = 0;
  std::size_t read = 0;
  std::vector<std::set<std::string, std::less<>>> names;
  std::vector<std::size_t> members;  // number of members of each open object
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
    return Json::parse(ReadPosition(text.data(), &read),
                       ReadPosition(text.data() + text.size(), &read), guard);
  } catch (const LimitReached& reached) {
    return Malformed("The JSON " + std::string(reached.what) + " at " + PlaceOf(text, read) + ".");
  } catch (const nlohmann::json::parse_error& e) {
    return Malformed("The text is not valid JSON at " + PlaceOf(text, e.byte) + ": " +
                     std::string(ReasonOf(e.what())) + ".");
  } catch (const nlohmann::json::exception& e) {
    return Malformed("The text is not valid JSON at " + PlaceOf(text, read) + ": " +
                     std::string(ReasonOf(e.what())) + ".");
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
