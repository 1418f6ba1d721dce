#include "core/json.h"

#include <cmath>
#include <set>
#include <vector>

namespace vcache {
namespace {

/// Thrown by the callback to end a parse that grows over its limits; never leaves this file.
struct LimitReached {
  const char* what;
};

Error Malformed(std::string message) {
  return Error{ErrorCode::kBadRequest, std::move(message)};
}

}  // namespace

Result<Json> ParseJson(std::string_view text, const JsonLimits& limits) {
  if (text.size() > limits.max_bytes) {
    return Malformed("The JSON is larger than " + std::to_string(limits.max_bytes) + " bytes.");
  }
  std::size_t values = 0;
  std::vector<std::set<std::string, std::less<>>> names;
  const Json::parser_callback_t guard = [&](int depth, Json::parse_event_t event, Json& parsed) {
    using Event = Json::parse_event_t;
    if (event == Event::object_start || event == Event::array_start) {
      if (depth >= limits.max_depth) throw LimitReached{"is nested too deeply"};
      if (limits.refuse_duplicate_keys && event == Event::object_start) names.emplace_back();
    }
    if (event == Event::object_end && limits.refuse_duplicate_keys) names.pop_back();
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
