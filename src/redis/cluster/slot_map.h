#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "vcache/core/result.h"
#include "vcache/redis/resp_reply.h"

namespace vcache::redis {

// Redis Cluster's hash slots and their servers:
// https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/

inline constexpr std::size_t kSlotCount = 16'384;
/// The most masters in a cluster: each has a connection with a thread.
inline constexpr std::size_t kMaxMasters = 128;

/// CRC-16/XMODEM, as in appendix A of the specification.
std::uint16_t Crc16(std::string_view bytes) noexcept;

/// The slot of a key. If the key has a `{` and, after it, a `}` with text in between, only the text
/// between the first two counts.
std::uint16_t KeySlot(std::string_view key) noexcept;

struct NodeAddress {
  std::string host;
  std::uint16_t port = 0;

  friend auto operator<=>(const NodeAddress&, const NodeAddress&) = default;
};

/// The servers of the slots.
class SlotMap {
 public:
  /// Reads the reply to CLUSTER SLOTS. A server without a host of its own is at `asked_host`, the
  /// host that was asked. kStoreUnavailable when the reply is malformed, names no slot, names a
  /// slot twice, or has more than `kMaxMasters` servers.
  static Result<SlotMap> Parse(const RespReply& reply, std::string_view asked_host);

  /// In a fixed order.
  const std::vector<NodeAddress>& masters() const noexcept { return masters_; }
  /// The index in `masters()` of the slot's master; empty without one.
  std::optional<std::size_t> MasterOf(std::uint16_t slot) const noexcept;
  std::size_t SlotsOf(std::size_t master) const noexcept { return counts_[master]; }
  std::size_t slots_served() const noexcept;

  friend bool operator==(const SlotMap&, const SlotMap&) = default;

 private:
  SlotMap() { owners_.fill(kNobody); }
  Result<void> TakeRange(const RespReply& range, std::string_view asked_host);
  std::size_t PlaceOf(const NodeAddress& address);
  void SortMasters();

  static constexpr std::uint16_t kNobody = 0xFFFF;
  std::vector<NodeAddress> masters_;
  std::vector<std::size_t> counts_;
  std::array<std::uint16_t, kSlotCount> owners_{};
};

/// A parsed `-MOVED 3999 127.0.0.1:6381` or `-ASK ...`.
struct Redirect {
  std::uint16_t slot = 0;
  NodeAddress address;
};

/// Empty when the error is not a redirection. `asked_host`: as for `SlotMap::Parse`.
std::optional<Redirect> ParseRedirect(std::string_view error, std::string_view asked_host);

}  // namespace vcache::redis
