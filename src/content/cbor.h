#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace vcache::content {

/// A value of CBOR (RFC 8949), as far as we look at it: texts, arrays and maps. All else, numbers
/// and byte strings included, is read over.
struct CborValue {
  enum class Kind { kOther, kText, kArray, kMap };

  Kind kind = Kind::kOther;
  std::string text;  ///< Its first `kMaxCborText` bytes, in whatever encoding.
  std::vector<CborValue> items;
  /// Of a map: the name of each item; empty where the key is no text.
  std::vector<std::string> names;

  /// The item of that name; null when this is no map or has none.
  const CborValue* Find(std::string_view name) const;
  /// Its text; empty when it is none.
  std::string_view TextOf(std::string_view name) const;
};

inline constexpr int kMaxCborDepth = 16;
inline constexpr std::size_t kMaxCborValues = 4096;
inline constexpr std::size_t kMaxCborText = 1024;

/// Reads the value at the front. Empty when it is malformed, cut off or over the limits above.
/// Strings in pieces are refused: no writer of what we read makes them.
std::optional<CborValue> ReadCbor(std::string_view bytes);

}  // namespace vcache::content
