#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace vcache::content {

/// A CBOR value (RFC 8949): a text, an array or a map. The parser skips all other values, numbers
/// and byte strings included. A view: the parsed bytes must outlive it, and nothing is copied.
struct CborValue {
  enum class Kind { kOther, kText, kArray, kMap };

  Kind kind = Kind::kOther;
  std::string_view text{};    ///< Its first `kMaxCborText` bytes, in any encoding.
  std::string_view inside{};  ///< The encoded items of an array or a map.

  /// The first item of that name; empty when this is no map or has none.
  std::optional<CborValue> Find(std::string_view name) const;
  /// The text of that item; empty when it is no text.
  std::string_view TextOf(std::string_view name) const;
};

inline constexpr int kMaxCborDepth = 16;
inline constexpr std::size_t kMaxCborValues = 4096;
inline constexpr std::size_t kMaxCborText = 1024;

/// Reads the whole value at the front. Empty when it is malformed, cut off, deeper than
/// `kMaxCborDepth` or of more than `values` values. Counts `values` down. Refuses strings in
/// pieces: no known writer makes them.
std::optional<CborValue> ReadCbor(std::string_view bytes, std::size_t& values);

/// Iterates over the items of an array or a map from `ReadCbor`; over no items for other values.
class CborWalk {
 public:
  explicit CborWalk(const CborValue& value)
      : rest_(value.inside), is_map_(value.kind == CborValue::Kind::kMap) {}

  struct Item {
    std::string_view name;  ///< In a map; empty where the key is no text.
    CborValue value;
  };
  std::optional<Item> Next();

 private:
  std::string_view rest_;
  bool is_map_;
};

}  // namespace vcache::content
