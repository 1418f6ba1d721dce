#pragma once

#include <cstdint>

namespace vcache::cache {

/// The lower bits of the shared store's count of clears hold the clears; the bits above them hold a
/// random epoch, drawn by the replica that finds no count. A store that lost its data and has
/// counted on since thus never shows the count that a replica saw before.
inline constexpr int kClearBits = 24;

/// The epoch of a count; 0 without one.
constexpr std::int64_t EpochOf(std::int64_t clears) noexcept {
  return clears >> kClearBits;
}

/// Whether a replica that saw the count `seen` may have missed a clear, now that it is `now`. A new
/// epoch without a clear is a store that lost its data: no reason to drop copies.
constexpr bool MayHaveMissedClear(std::int64_t seen, std::int64_t now) noexcept {
  if (seen == now) return false;
  const bool same_epoch = EpochOf(seen) == EpochOf(now);
  return same_epoch || (now & ((std::int64_t{1} << kClearBits) - 1)) != 0;
}

}  // namespace vcache::cache
