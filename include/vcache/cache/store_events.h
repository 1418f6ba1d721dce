#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace vcache::cache {

/// An event that a replica publishes on `vcache:events`. docs/cache-format.md specifies the JSON.
struct StoreEvent {
  enum class Kind {
    kStored,         ///< A verdict was stored under `subject`, a stored name.
    kReleased,       ///< The call for `subject`, a stored name, ended without one.
    kCleared,        ///< Entries that match `subject`, a pattern, were cleared.
    kCountersReset,  ///< The counters were reset.
    kDataLost,       ///< The store lost its data: put back what you know.
  };

  Kind kind = Kind::kStored;
  std::string subject;
  std::optional<std::int64_t> clears{};  ///< kCleared: the count with this clear.
};

/// The channel of a store: `<prefix>vcache:events`, with `@<number>` behind it for a database other
/// than 0. Redis' channels know no databases: without it a clear would reach those of another.
std::string EventChannel(std::string_view prefix, int database);

std::string EncodeEvent(const StoreEvent& event);
/// Empty for a message that is not a known event: other software and newer versions publish too.
std::optional<StoreEvent> DecodeEvent(std::string_view message);

}  // namespace vcache::cache
