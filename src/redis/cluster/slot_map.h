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

// Redis Cluster's parting of keys into hash slots, and of slots among servers:
// https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/

inline constexpr std::size_t kSlotCount = 16'384;
/// Masters of one cluster, at most: each has a connection with a thread.
inline constexpr std::size_t kMaxMasters = 128;

/// CRC-16/XMODEM, as the specification's appendix A has it.
std::uint16_t Crc16(std::string_view bytes) noexcept;

/// The slot of a key. When it has a `{` and a `}` behind it with something in between, only what
/// stands between the first such two counts.
std::uint16_t KeySlot(std::string_view key) noexcept;

struct NodeAddress {
  std::string host;
  std::uint16_t port = 0;

  friend auto operator<=>(const NodeAddress&, const NodeAddress&) = default;
};

/// Who serves which slot; a plain value.
class SlotMap {
 public:
  /// Reads the reply to CLUSTER SLOTS. A server that does not say its own host is the one that was
  /// asked: `asked_host`. kStoreUnavailable, with what is wrong, when it is no such reply, names no
  /// slot at all, one twice, or more than `kMaxMasters` servers.
  static Result<SlotMap> Parse(const RespReply& reply, std::string_view asked_host);

  /// In a fixed order.
  const std::vector<NodeAddress>& masters() const noexcept { return masters_; }
  /// The place in `masters()` of the slot's master; empty when nobody serves it.
  std::optional<std::size_t> MasterOf(std::uint16_t slot) const noexcept;
  /// How many slots the master at this place serves.
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

/// What `-MOVED 3999 127.0.0.1:6381` and `-ASK ...` say.
struct Redirect {
  std::uint16_t slot = 0;
  NodeAddress address;
};

/// Empty when the text of the error is no such thing. `asked_host` as for `SlotMap::Parse`.
std::optional<Redirect> ParseRedirect(std::string_view error, std::string_view asked_host);

}  // namespace vcache::redis
