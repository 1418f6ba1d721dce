#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

namespace vcache {

/// Whether a table has a row for each value of an enum that counts from 0, in its order, up to
/// `last`. `key` is the row's member with the value.
template <typename Rows, typename Row, typename Enum>
constexpr bool HasRowForEach(const Rows& rows, Enum Row::*key, Enum last) {
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (static_cast<std::size_t>(rows[i].*key) != i) return false;
  }
  return rows.back().*key == last;
}

/// The names of such an enum's values, in its order.
template <typename Enum, std::size_t kCount>
struct EnumNames {
  constexpr std::string_view Of(Enum value) const { return names[static_cast<std::size_t>(value)]; }
  constexpr std::optional<Enum> Find(std::string_view name) const {
    const auto found = std::find(names.begin(), names.end(), name);
    if (found == names.end()) return std::nullopt;
    return static_cast<Enum>(found - names.begin());
  }

  std::array<std::string_view, kCount> names;
};

}  // namespace vcache
