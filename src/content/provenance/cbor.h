#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace vcache::content {

/// A value of CBOR (RFC 8949), as far as we look at it: texts, arrays and maps. All else, numbers
/// and byte strings included, is read over. A view of the bytes that it was read from, which must
/// outlive it: nothing is copied, so a value takes no memory, however many it holds.
struct CborValue {
  enum class Kind { kOther, kText, kArray, kMap };

  Kind kind = Kind::kOther;
  std::string_view text{};    ///< Its first `kMaxCborText` bytes, in whatever encoding.
  std::string_view inside{};  ///< Of an array or a map: its items as they are encoded.

  /// The first item of that name; empty when this is no map or has none. Reads over what is before.
  std::optional<CborValue> Find(std::string_view name) const;
  /// Its text; empty when it is none.
  std::string_view TextOf(std::string_view name) const;
};

inline constexpr int kMaxCborDepth = 16;
inline constexpr std::size_t kMaxCborValues = 4096;
inline constexpr std::size_t kMaxCborText = 1024;

/// Reads the value at the front, whole. Empty when it is malformed, cut off, deeper than
/// `kMaxCborDepth` or of more than `values` values, which are counted down by those that were read.
/// Strings in pieces are refused: no writer of what we read makes them.
std::optional<CborValue> ReadCbor(std::string_view bytes, std::size_t& values);

/// Walks over the items of an array or a map that `ReadCbor` gave; over none of any other value.
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
