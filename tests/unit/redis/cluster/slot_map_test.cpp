#include "redis/cluster/slot_map.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace vcache::redis;  // NOLINT: a test

namespace {

RespReply SlotNumber(std::int64_t number) {
  RespReply reply;
  reply.type = RespReply::Type::kInteger;
  reply.integer = number;
  return reply;
}

RespReply SlotText(std::string text) {
  RespReply reply;
  reply.type = RespReply::Type::kString;
  reply.text = std::move(text);
  return reply;
}

RespReply SlotList(std::vector<RespReply> elements) {
  RespReply reply;
  reply.type = RespReply::Type::kArray;
  reply.elements = std::move(elements);
  return reply;
}

RespReply SlotServer(const std::string& host, std::int64_t port) {
  return SlotList({SlotText(host), SlotNumber(port), SlotText("id"), SlotList({})});
}

RespReply SlotRange(std::int64_t first, std::int64_t last, const std::string& host,
                    std::int64_t port) {
  return SlotList(
      {SlotNumber(first), SlotNumber(last), SlotServer(host, port), SlotServer("replica", 1)});
}

}  // namespace

TEST_CASE("KeySlot: the checksum of the specification's test vector") {
  CHECK(Crc16("123456789") == 0x31C3);
  CHECK(Crc16("") == 0);
  CHECK(KeySlot("foo") == 12182);  // what CLUSTER KEYSLOT says
  CHECK(KeySlot("") == 0);
}

TEST_CASE("KeySlot: what stands between the first braces decides, unless it is nothing") {
  CHECK(KeySlot("{user1000}.following") == KeySlot("{user1000}.followers"));
  CHECK(KeySlot("{user1000}.following") == KeySlot("user1000"));
  CHECK(KeySlot("foo{}{bar}") == Crc16("foo{}{bar}") % kSlotCount);
  CHECK(KeySlot("foo{{bar}}zap") == KeySlot("{bar"));
  CHECK(KeySlot("foo{bar}{zap}") == KeySlot("bar"));
  CHECK(KeySlot("foo{bar") == Crc16("foo{bar") % kSlotCount);
  CHECK(KeySlot("}foo{bar}") == KeySlot("bar"));
  CHECK(KeySlot(std::string_view("a\0{b}", 5)) == KeySlot("b"));
}

TEST_CASE("KeySlot: an entry and its lease, and each family of sums share one") {
  const std::string entry = "site:analysis:" + std::string(64, 'a');
  CHECK(KeySlot("site:lease:{" + entry + "}") == KeySlot(entry));
  for (const char* key : {"site:{stats}:delivered:x", "site:{stats}:day:2026-11-21"}) {
    CHECK(KeySlot(key) == KeySlot("site:{stats}:counters"));
  }
  CHECK(KeySlot("site:{budget}:adjusted:x") == KeySlot("site:{budget}:sapling:2026-11"));
}

TEST_CASE("SlotMap: reads who serves which slot") {
  const auto map = SlotMap::Parse(
      SlotList({SlotRange(10'923, 16'383, "c", 3), SlotRange(0, 5'460, "a", 1),
                SlotRange(5'461, 10'000, "b", 2), SlotRange(10'001, 10'922, "a", 1)}),
      "asked");
  REQUIRE(map);
  REQUIRE(map->masters().size() == 3);
  CHECK(map->masters()[0] == NodeAddress{"a", 1});
  CHECK(map->masters()[2] == NodeAddress{"c", 3});
  CHECK(map->MasterOf(0) == 0);
  CHECK(map->MasterOf(5'460) == 0);
  CHECK(map->MasterOf(5'461) == 1);
  CHECK(map->MasterOf(10'500) == 0);
  CHECK(map->MasterOf(16'383) == 2);
  CHECK(map->slots_served() == kSlotCount);
  CHECK(map->SlotsOf(0) == 5'461 + 922);
}

TEST_CASE("SlotMap: the same map in another order is the same map") {
  const auto one =
      SlotMap::Parse(SlotList({SlotRange(0, 9, "b", 1), SlotRange(10, 19, "a", 1)}), "asked");
  const auto two =
      SlotMap::Parse(SlotList({SlotRange(10, 19, "a", 1), SlotRange(0, 9, "b", 1)}), "asked");
  const auto other =
      SlotMap::Parse(SlotList({SlotRange(0, 9, "a", 1), SlotRange(10, 19, "b", 1)}), "asked");
  REQUIRE(one);
  CHECK(*one == *two);
  CHECK_FALSE(*one == *other);
}

TEST_CASE("SlotMap: slots that nobody serves are nobody's") {
  const auto map = SlotMap::Parse(SlotList({SlotRange(5, 7, "a", 1)}), "asked");
  REQUIRE(map);
  CHECK_FALSE(map->MasterOf(4));
  CHECK(map->MasterOf(5) == 0);
  CHECK_FALSE(map->MasterOf(8));
  CHECK_FALSE(map->MasterOf(16'384));
  CHECK(map->slots_served() == 3);
}

TEST_CASE("SlotMap: a server without a host is the one that was asked") {
  RespReply without = SlotRange(0, 1, "", 7);
  CHECK(SlotMap::Parse(SlotList({without}), "10.0.0.1")->masters()[0].host == "10.0.0.1");
  without.elements[2].elements[0] = RespReply();  // null, as Redis 7 says it
  CHECK(SlotMap::Parse(SlotList({without}), "::1")->masters()[0] == NodeAddress{"::1", 7});
  without.elements[2].elements[0] = SlotText("?");
  CHECK(SlotMap::Parse(SlotList({without}), "name")->masters()[0].host == "name");
}

TEST_CASE("SlotMap: replies that no cluster gives are refused") {
  RespReply no_server = SlotRange(0, 1, "a", 1);
  no_server.elements.resize(2);
  RespReply no_port = SlotRange(0, 1, "a", 1);
  no_port.elements[2].elements.resize(1);
  RespReply port_text = SlotRange(0, 1, "a", 1);
  port_text.elements[2].elements[1] = SlotText("1");
  std::vector<RespReply> crowd;
  for (std::int64_t i = 0; i <= static_cast<std::int64_t>(kMaxMasters); ++i) {
    crowd.push_back(SlotRange(i, i, "a", i + 1));
  }
  const std::vector<RespReply> hostile = {
      SlotText("OK"),
      SlotNumber(1),
      SlotList({}),
      SlotList({SlotText("0")}),
      SlotList({SlotRange(0, 16'384, "a", 1)}),
      SlotList({SlotRange(-1, 5, "a", 1)}),
      SlotList({SlotRange(6, 5, "a", 1)}),
      SlotList({SlotRange(0, 5, "a", 0)}),
      SlotList({SlotRange(0, 5, "a", 65'536)}),
      SlotList({SlotRange(0, 5, "a", 1), SlotRange(5, 6, "b", 1)}),
      SlotList({SlotRange(0, 5, "a b", 1)}),
      SlotList({SlotRange(0, 5, "a\nb", 1)}),
      SlotList({SlotRange(0, 5, std::string(300, 'a'), 1)}),
      SlotList({no_server}),
      SlotList({no_port}),
      SlotList({port_text}),
      SlotList(crowd),
  };
  for (std::size_t i = 0; i < hostile.size(); ++i) {
    CAPTURE(i);
    const auto map = SlotMap::Parse(hostile[i], "asked");
    REQUIRE_FALSE(map);
    CHECK(map.error().code == vcache::ErrorCode::kStoreUnavailable);
  }
  crowd.pop_back();
  CHECK(SlotMap::Parse(SlotList(crowd), "asked"));
}

TEST_CASE("Redirect: slot and address, of IPv6 too") {
  const auto moved = ParseRedirect("MOVED 3999 127.0.0.1:6381", "asked");
  REQUIRE(moved);
  CHECK(moved->slot == 3999);
  CHECK(moved->address == NodeAddress{"127.0.0.1", 6381});
  CHECK(ParseRedirect("ASK 0 fe80::1:6381", "asked")->address == NodeAddress{"fe80::1", 6381});
  CHECK(ParseRedirect("ASK 1 :6381", "asked")->address == NodeAddress{"asked", 6381});
  CHECK(ParseRedirect("MOVED 1 ?:1", "asked")->address == NodeAddress{"asked", 1});
  for (const char* text :
       {"", "MOVED", "MOVED 1", "MOVED 1 host", "MOVED x host:1", "MOVED -1 host:1",
        "MOVED 16384 host:1", "MOVED 1 host:0", "MOVED 1 host:65536", "MOVED 1 host:1x",
        "MOVED 1 ho st:1", "MOVED:1", "ERR 1 host:1", "MOVED 99999999999 host:1"}) {
    CAPTURE(text);
    CHECK_FALSE(ParseRedirect(text, "asked"));
  }
}
