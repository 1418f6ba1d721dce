#include "redis/cluster/cluster_command.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "redis/cluster/slot_map.h"

using namespace vcache::redis;  // NOLINT: a test

namespace {

CommandPlan PlanOf(std::vector<std::string> words) {
  auto plan = PlanCommand({std::move(words), {}});
  REQUIRE(plan);
  return *std::move(plan);
}

}  // namespace

TEST_CASE("ClusterCommand: the first argument is the key") {
  for (const auto& words : std::vector<std::vector<std::string>>{
           {"GET", "key"}, {"SET", "key", "value", "EX", "1"}, {"HGETALL", "key"}}) {
    const auto plan = PlanOf(words);
    CHECK(plan.merge == Merge::kOnly);
    REQUIRE(plan.parts.size() == 1);
    CHECK(plan.parts[0].slot == KeySlot("key"));
    CHECK(plan.parts[0].command.words == words);
  }
}

TEST_CASE("ClusterCommand: some have no key at all") {
  for (const auto& words : std::vector<std::vector<std::string>>{
           {"PING"}, {"INFO", "memory"}, {"PUBLISH", "channel", "x"}, {"EVAL", "return 1", "0"}}) {
    const auto plan = PlanOf(words);
    REQUIRE(plan.parts.size() == 1);
    CHECK_FALSE(plan.parts[0].slot);
  }
}

TEST_CASE("ClusterCommand: MGET is parted by slot and keeps each key's place") {
  const auto plan = PlanOf({"MGET", "{a}1", "{b}1", "{a}2", "{c}1", "{a}1"});
  CHECK(plan.merge == Merge::kInOrder);
  CHECK(plan.places == 5);
  REQUIRE(plan.parts.size() == 3);
  CHECK(plan.parts[0].command.words == std::vector<std::string>{"MGET", "{a}1", "{a}2", "{a}1"});
  CHECK(plan.parts[0].places == std::vector<std::size_t>{0, 2, 4});
  CHECK(plan.parts[0].slot == KeySlot("a"));
  CHECK(plan.parts[1].places == std::vector<std::size_t>{1});
  CHECK(plan.parts[2].places == std::vector<std::size_t>{3});
  const auto single = SplitByKey(plan.parts[0]);
  REQUIRE(single.size() == 3);
  CHECK(single[1].command.words == std::vector<std::string>{"MGET", "{a}2"});
  CHECK(single[1].places == std::vector<std::size_t>{2});
  CHECK(single[1].slot == KeySlot("a"));
}

TEST_CASE("ClusterCommand: removals are parted and summed") {
  const auto plan = PlanOf({"UNLINK", "{a}1", "{b}1"});
  CHECK(plan.merge == Merge::kSum);
  CHECK(plan.parts.size() == 2);
}

TEST_CASE("ClusterCommand: a script's keys must share a slot") {
  const auto plan = PlanOf({"EVALSHA", "digest", "2", "{a}1", "{a}2", "argument"});
  REQUIRE(plan.parts.size() == 1);
  CHECK(plan.parts[0].slot == KeySlot("a"));
  const auto apart = PlanCommand({{"EVALSHA", "digest", "2", "{a}1", "{b}2"}, {}});
  REQUIRE_FALSE(apart);
  CHECK(apart.error().code == vcache::ErrorCode::kInternal);
  // An argument is no key.
  CHECK(PlanCommand({{"EVALSHA", "digest", "1", "{a}1", "{b}2"}, {}}));
  for (const auto& words :
       std::vector<std::vector<std::string>>{{"EVALSHA"},
                                             {"EVALSHA", "digest"},
                                             {"EVALSHA", "digest", "9", "key"},
                                             {"EVALSHA", "digest", "x", "key"}}) {
    CHECK_FALSE(PlanOf(words).parts[0].slot);  // the server says what is wrong with it
  }
  CHECK_FALSE(PlanCommand({{}, {}}));
}

TEST_CASE("ClusterCommand: a cursor over all masters is read as it was written") {
  const auto start = ScanCursor::Parse("0");
  REQUIRE(start);
  CHECK(start->version == 0);
  CHECK(start->master == 0);
  CHECK(start->inner == "0");
  const ScanCursor cursor{7, 2, "18446744073709551615"};
  const auto again = ScanCursor::Parse(cursor.Text());
  REQUIRE(again);
  CHECK(again->version == 7);
  CHECK(again->master == 2);
  CHECK(again->inner == cursor.inner);
  for (const char* text : {"", "1", "1-", "1-2", "x-2-3", "1-x-3", "-1-2-3"}) {
    CAPTURE(text);
    CHECK_FALSE(ScanCursor::Parse(text));
  }
}
