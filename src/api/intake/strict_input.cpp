#include "api/intake/strict_input.h"

#include <algorithm>
#include <utility>

#include "vcache/core/hex.h"
#include "vcache/core/log.h"
#include "vcache/core/parse_number.h"

namespace vcache::api {
namespace {

/// Further names are only counted.
constexpr std::size_t kNamesShown = 8;

template <typename Names>
std::string Quoted(const Names& names) {
  std::string list;
  std::size_t shown = 0;
  for (const auto& name : names) {
    if (shown++ == kNamesShown) return list + " and more";
    if (!list.empty()) list += ", ";
    list += '"' + EscapeForLog(name, 64) + '"';
  }
  return list;
}

/// The decoded names of a query or form; a malformed escape stays unchanged.
std::vector<std::string> NamesOf(std::string_view encoded) {
  std::vector<std::string> names;
  while (!encoded.empty()) {
    const std::string_view pair = encoded.substr(0, encoded.find('&'));
    encoded.remove_prefix(std::min(pair.size() + 1, encoded.size()));
    if (pair.empty()) continue;
    const std::string_view name = pair.substr(0, pair.find('='));
    names.push_back(PercentDecode(name, true).value_or(std::string(name)));
  }
  return names;
}

}  // namespace

std::optional<Error> RefuseQuery(const http::RequestInfo& request) {
  const std::vector<std::string> names = NamesOf(request.query);
  if (names.empty()) return std::nullopt;
  return Error{ErrorCode::kBadRequest,
               "This route takes no parameters in the URL, and nothing was done; it has " +
                   Quoted(names) + ". Send what you mean in the body."};
}

std::optional<Error> RefuseUnknownParameters(const http::RequestInfo& request,
                                             std::initializer_list<std::string_view> known) {
  std::vector<std::string> unknown = NamesOf(request.query);
  std::erase_if(unknown, [&](const std::string& name) {
    return std::find(known.begin(), known.end(), name) != known.end();
  });
  return RefuseUnknown("parameter", unknown, known);
}

std::optional<Error> RefuseUnknown(std::string_view where, const std::vector<std::string>& unknown,
                                   std::initializer_list<std::string_view> known) {
  if (unknown.empty()) return std::nullopt;
  return Error{ErrorCode::kBadRequest, "Unknown " + std::string(where) +
                                           (unknown.size() == 1 ? " " : "s ") + Quoted(unknown) +
                                           "; nothing was done. Known: " + Quoted(known) + "."};
}

std::optional<Error> RefuseUnknownMembers(const Json& object,
                                          std::initializer_list<std::string_view> known) {
  std::vector<std::string> unknown;
  for (const auto& [name, value] : object.get_ref<const Json::object_t&>()) {
    if (std::find(known.begin(), known.end(), name) == known.end()) unknown.push_back(name);
  }
  return RefuseUnknown("member", unknown, known);
}

Result<std::string> OnlyFormField(std::string_view encoded, std::string_view name) {
  std::vector<std::string> names = NamesOf(encoded);
  std::erase(names, name);
  if (auto refusal = RefuseUnknown("form field", names, {name})) return *std::move(refusal);
  Result<std::optional<std::string>> value = http::FormValue(encoded, name);
  if (!value) return std::move(value).error();
  if (!*value) {
    return Error{ErrorCode::kBadRequest, "The form needs a field \"" + std::string(name) + "\"."};
  }
  return **std::move(value);
}

Result<std::size_t> NumberParameter(const http::RequestInfo& request, std::string_view name,
                                    std::size_t usual, std::size_t most) {
  const auto text = http::FormValue(request.query, name);
  if (!text) return text.error();
  if (!*text) return usual;
  const auto number = ParseNumber<std::size_t>(**text);
  if (!number || *number < 1 || *number > most) {
    return Error{ErrorCode::kBadRequest, "The parameter " + std::string(name) +
                                             " must be a whole number from 1 to " +
                                             std::to_string(most) + "."};
  }
  return *number;
}

}  // namespace vcache::api
