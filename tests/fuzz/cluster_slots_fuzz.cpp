// Replies to CLUSTER SLOTS, and redirections.

#include "fuzz/cheap.h"
#include "redis/cluster/slot_map.h"
#include "redis/resp_codec.h"

using namespace vcache;
using namespace vcache::redis;
using vcache::fuzz::Require;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input = vcache::fuzz::Text(data, size);
  if (const auto redirect = ParseRedirect(input, "asked")) {
    Require(redirect->slot < kSlotCount, "a redirection names a slot");
    Require(redirect->address.port != 0 && !redirect->address.host.empty(), "and a server");
  }
  Require(KeySlot(input) < kSlotCount, "a key has a slot");
  RespDecoder decoder;
  if (!decoder.Feed(input)) return 0;
  const auto reply = decoder.Next({});
  if (!reply || !*reply) return 0;
  vcache::fuzz::RequireCheap(size, 16, [&] {
    const auto map = SlotMap::Parse(**reply, "asked");
    if (!map) return;
    Require(!map->masters().empty() && map->masters().size() <= kMaxMasters, "there are masters");
    std::size_t served = 0;
    for (std::size_t i = 0; i < map->masters().size(); ++i) served += map->SlotsOf(i);
    Require(served == map->slots_served() && served > 0 && served <= kSlotCount, "slots add up");
    for (std::size_t slot = 0; slot < kSlotCount; ++slot) {
      const auto master = map->MasterOf(static_cast<std::uint16_t>(slot));
      Require(!master || *master < map->masters().size(), "a slot's master is one of them");
    }
  });
  return 0;
}
