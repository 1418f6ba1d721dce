#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "vcache/core/clock.h"

namespace vcache::cache {

/// Calls for a content that were charged, or perhaps, and brought no verdict. It holds the content
/// back on all replicas; each further such call doubles the pause.
struct ChargedFailure {
  std::vector<std::string> vendors{};  ///< Whose calls these were.
  std::chrono::seconds pause{0};
  WallTime until{};  ///< The end of the pause.
};

/// The longest pause. The failure is remembered as long again: then the next one is a first one.
inline constexpr std::chrono::hours kLongestChargedPause{6};

/// The stored form, as docs/cache-format.md specifies it.
std::string EncodeChargedFailure(const ChargedFailure& failure);
/// Empty when it is unreadable. Nothing in it is longer than the service writes it.
std::optional<ChargedFailure> DecodeChargedFailure(std::string_view stored);

}  // namespace vcache::cache
