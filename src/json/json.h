#pragma once

// The one door to nlohmann_json; docs/architecture.md says which rooms may use it.
// Everything that the library does unexpectedly (rules J1 to J5) is dealt with here.

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "vcache/core/result.h"

namespace vcache {

/// Objects keep the order in which their fields were set.
using Json = nlohmann::ordered_json;

/// What a parser of foreign text may cost.
struct JsonLimits {
  std::size_t max_bytes = 4 * 1024 * 1024;
  /// Nesting: copying or dumping deeper values would overflow the stack.
  int max_depth = 32;
  /// Objects, arrays, names and scalars together; a value costs up to 27 times its text in memory.
  std::size_t max_values = 200'000;
  /// Where a second key of the same name could smuggle something past a check.
  bool refuse_duplicate_keys = false;
};

/// Parses a whole text. kBadRequest with a message that says what is wrong and where (line, and
/// column in bytes), and never quotes the input. The time that it takes does not grow with the
/// square of an object's members: some 2,000 in one are the most.
Result<Json> ParseJson(std::string_view text, const JsonLimits& limits = {});

/// Writes without ever throwing: bytes that are not UTF-8 become U+FFFD.
std::string DumpJson(const Json& value);

/// The member of an object, or null when `object` is no object or has no such member.
const Json* Find(const Json& object, std::string_view name);
/// Follows member names and array indexes written as a path of names: Find(Find(a, "b"), "c").
const Json* FindPath(const Json& object, std::initializer_list<std::string_view> path);

/// Whether the text is a JSON pointer (RFC 6901): empty, or parts that each begin with `/`, in
/// which
/// `~` is followed by 0 or 1.
bool IsJsonPointer(std::string_view text) noexcept;
/// What a JSON pointer leads to, or null: no such member or index, or no pointer at all.
const Json* AtPointer(const Json& value, std::string_view pointer);

/// Checked conversions: empty when the type or the range is wrong. Never NaN, never rounded.
std::optional<double> AsNumber(const Json* value);
std::optional<std::int64_t> AsInteger(const Json* value);
std::optional<std::string> AsString(const Json* value);
std::optional<bool> AsBool(const Json* value);

}  // namespace vcache
