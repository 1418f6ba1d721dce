#pragma once

// The only user of nlohmann_json; docs/architecture.md says which rooms may include it. It handles
// the library's pitfalls (rules J1 to J5).

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "vcache/core/result.h"

namespace vcache {

/// Objects keep the order of insertion.
using Json = nlohmann::ordered_json;

/// Limits for parsing foreign text.
struct JsonLimits {
  std::size_t max_bytes = 4 * 1024 * 1024;
  /// Copying or dumping deeper values would overflow the stack.
  int max_depth = 32;
  /// Objects, arrays, names and scalars together. A value takes up to 27 times its text in memory.
  std::size_t max_values = 200'000;
  /// Set it where a duplicate key could bypass a check.
  bool refuse_duplicate_keys = false;
};

/// Parses a whole text. Error: kBadRequest, with what is wrong and where (line, and column in
/// bytes); it never quotes the input. An object may have about 2,000 members, which bounds the
/// quadratic cost.
Result<Json> ParseJson(std::string_view text, const JsonLimits& limits = {});

/// Never throws: bytes that are not UTF-8 become U+FFFD.
std::string DumpJson(const Json& value);

/// The member, or null when `object` is not an object or lacks it.
const Json* Find(const Json& object, std::string_view name);
/// Follows member names: Find(Find(a, "b"), "c").
const Json* FindPath(const Json& object, std::initializer_list<std::string_view> path);

/// Whether the text is a JSON pointer (RFC 6901): empty, or parts that each begin with `/`, where 0
/// or 1 follows each `~`.
bool IsJsonPointer(std::string_view text) noexcept;
/// The value at a JSON pointer, or null: no such member or index, or an invalid pointer.
const Json* AtPointer(const Json& value, std::string_view pointer);

/// Checked conversions: empty for a wrong type or range. Never NaN, never rounded.
std::optional<double> AsNumber(const Json* value);
std::optional<std::int64_t> AsInteger(const Json* value);
std::optional<std::string> AsString(const Json* value);
std::optional<bool> AsBool(const Json* value);

}  // namespace vcache
