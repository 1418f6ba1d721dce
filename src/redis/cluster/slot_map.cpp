#include "redis/cluster/slot_map.h"
#include "vcache/core/parse_number.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace vcache::redis {
namespace {

Error Strange(std::string what) {
  return Error{ErrorCode::kStoreUnavailable, "its reply to CLUSTER SLOTS " + std::move(what)};
}

constexpr std::array<std::uint16_t, 256> MakeCrcTable() {
  std::array<std::uint16_t, 256> table{};
  for (unsigned byte = 0; byte < 256; ++byte) {
    unsigned value = byte << 8U;
    for (int bit = 0; bit < 8; ++bit) {
      value = (value & 0x8000U) != 0 ? (value << 1U) ^ 0x1021U : value << 1U;
    }
    table[byte] = static_cast<std::uint16_t>(value);
  }
  return table;
}

/// A plausible host: a server's announcement is checked like a user's input.
bool IsHost(std::string_view host) {
  constexpr std::size_t kLongestName = 255;
  return !host.empty() && host.size() <= kLongestName &&
         std::all_of(host.begin(), host.end(), [](char c) { return c > ' ' && c < '\x7f'; });
}

template <typename Number>
std::optional<Number> NumberIn(std::string_view text, Number least, Number most) {
  const std::optional<Number> value = ParseNumber<Number>(text);
  return value && *value >= least && *value <= most ? value : std::nullopt;
}

bool IsSlot(const RespReply& reply) {
  return reply.type == RespReply::Type::kInteger && reply.integer >= 0 &&
         reply.integer < static_cast<std::int64_t>(kSlotCount);
}

/// Reads `[host, port, id, ...]`. The host is null or empty when the server does not know it, and
/// `?` when it has no name to announce.
std::optional<NodeAddress> ReadNode(const RespReply& node, std::string_view asked_host) {
  if (!node.is_array() || node.elements.size() < 2) return std::nullopt;
  const RespReply& host = node.elements[0];
  const RespReply& port = node.elements[1];
  if (!host.nil() && !host.is_text()) return std::nullopt;
  if (port.type != RespReply::Type::kInteger || port.integer < 1 || port.integer > 65'535) {
    return std::nullopt;
  }
  NodeAddress address{host.text, static_cast<std::uint16_t>(port.integer)};
  if (address.host.empty() || address.host == "?") address.host = asked_host;
  if (!IsHost(address.host)) return std::nullopt;
  return address;
}

}  // namespace

std::uint16_t Crc16(std::string_view bytes) noexcept {
  static constexpr std::array<std::uint16_t, 256> kTable = MakeCrcTable();
  unsigned crc = 0;
  for (const char c : bytes) {
    crc = ((crc << 8U) & 0xFFFFU) ^ kTable[((crc >> 8U) ^ static_cast<unsigned char>(c)) & 0xFFU];
  }
  return static_cast<std::uint16_t>(crc);
}

std::uint16_t KeySlot(std::string_view key) noexcept {
  if (const std::size_t open = key.find('{'); open != std::string_view::npos) {
    const std::size_t close = key.find('}', open + 1);
    if (close != std::string_view::npos && close > open + 1) {
      key = key.substr(open + 1, close - open - 1);
    }
  }
  return static_cast<std::uint16_t>(Crc16(key) % kSlotCount);
}

Result<SlotMap> SlotMap::Parse(const RespReply& reply, std::string_view asked_host) {
  if (!reply.is_array()) return Strange("is no list");
  SlotMap map;
  for (const RespReply& range : reply.elements) {
    if (auto taken = map.TakeRange(range, asked_host); !taken) return std::move(taken).error();
  }
  if (map.masters_.empty()) return Strange("names no slot");
  map.SortMasters();
  return map;
}

Result<void> SlotMap::TakeRange(const RespReply& range, std::string_view asked_host) {
  const auto& parts = range.elements;
  if (!range.is_array() || parts.size() < 3 || !IsSlot(parts[0]) || !IsSlot(parts[1]) ||
      parts[0].integer > parts[1].integer) {
    return Strange("has a range that is none");
  }
  const auto address = ReadNode(parts[2], asked_host);  // the master; its replicas follow
  if (!address) return Strange("has a server without a usable address");
  const std::size_t place = PlaceOf(*address);
  if (place >= kMaxMasters) return Strange("names more servers than we can talk to");
  for (std::int64_t slot = parts[0].integer; slot <= parts[1].integer; ++slot) {
    std::uint16_t& owner = owners_[static_cast<std::size_t>(slot)];
    if (owner != kNobody) return Strange("gives a slot to two servers");
    owner = static_cast<std::uint16_t>(place);
    ++counts_[place];
  }
  return {};
}

std::size_t SlotMap::PlaceOf(const NodeAddress& address) {
  const auto found = std::find(masters_.begin(), masters_.end(), address);
  if (found != masters_.end()) return static_cast<std::size_t>(found - masters_.begin());
  masters_.push_back(address);
  counts_.push_back(0);
  return masters_.size() - 1;
}

void SlotMap::SortMasters() {
  std::vector<NodeAddress> sorted = masters_;
  std::sort(sorted.begin(), sorted.end());
  std::vector<std::uint16_t> moved_to(masters_.size());
  std::vector<std::size_t> counts(masters_.size());
  for (std::size_t i = 0; i < masters_.size(); ++i) {
    const auto found = std::lower_bound(sorted.begin(), sorted.end(), masters_[i]);
    moved_to[i] = static_cast<std::uint16_t>(found - sorted.begin());
    counts[moved_to[i]] = counts_[i];
  }
  for (std::uint16_t& owner : owners_) {
    if (owner != kNobody) owner = moved_to[owner];
  }
  masters_ = std::move(sorted);
  counts_ = std::move(counts);
}

std::optional<std::size_t> SlotMap::MasterOf(std::uint16_t slot) const noexcept {
  if (slot >= kSlotCount || owners_[slot] == kNobody) return std::nullopt;
  return owners_[slot];
}

std::size_t SlotMap::slots_served() const noexcept {
  return std::accumulate(counts_.begin(), counts_.end(), std::size_t{0});
}

std::optional<Redirect> ParseRedirect(std::string_view error, std::string_view asked_host) {
  const std::size_t first = error.find(' ');
  if (first == std::string_view::npos) return std::nullopt;
  const std::string_view kind = error.substr(0, first);
  if (kind != "MOVED" && kind != "ASK") return std::nullopt;
  error.remove_prefix(first + 1);
  const std::size_t blank = error.find(' ');
  const std::size_t colon = error.rfind(':');  // an IPv6 address has others
  if (blank == std::string_view::npos || colon == std::string_view::npos || colon < blank) {
    return std::nullopt;
  }
  const auto slot = NumberIn<std::uint16_t>(error.substr(0, blank), 0, kSlotCount - 1);
  const auto port = NumberIn<std::uint16_t>(error.substr(colon + 1), 1, 65'535);
  std::string host(error.substr(blank + 1, colon - blank - 1));
  if (host.empty() || host == "?") host = asked_host;
  if (!slot || !port || !IsHost(host)) return std::nullopt;
  return Redirect{*slot, {std::move(host), *port}};
}

}  // namespace vcache::redis
