#include "vcache/redis/ping_schedule.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <vector>

using namespace vcache;  // NOLINT: a test
using namespace std::chrono_literals;
using redis::PingSchedule;

TEST_CASE("PingSchedule: alone, a connection pings an interval after its last use") {
  const PingSchedule alone{.interval = 60s};
  CHECK(alone.Due(SteadyTime(7s)) == SteadyTime(67s));
  CHECK(alone.Due(SteadyTime(67s)) == SteadyTime(127s));
}

TEST_CASE("PingSchedule: together, connections send one ping an interval, each in its turn") {
  std::vector<SteadyTime> pings;
  for (std::size_t turn = 0; turn < 3; ++turn) {
    const PingSchedule shared{.interval = 60s, .turn = turn, .turns = 3};
    SteadyTime last_use(std::chrono::milliseconds(1'234 * (turn + 1)));
    for (int i = 0; i < 20; ++i) {
      const SteadyTime due = shared.Due(last_use);
      CHECK(due - last_use >= 60s);
      CHECK(due - last_use < 4 * 60s);
      if (i > 0) CHECK(due - last_use == 3 * 60s);
      pings.push_back(last_use = due);
    }
  }
  std::sort(pings.begin(), pings.end());
  for (std::size_t i = 1; i < pings.size(); ++i) CHECK(pings[i] - pings[i - 1] >= 60s);
}

TEST_CASE("PingSchedule: a turn that comes too early after a use is left out") {
  const PingSchedule second{.interval = 60s, .turn = 1, .turns = 2};
  CHECK(second.Due(SteadyTime(0s)) == SteadyTime(60s));
  CHECK(second.Due(SteadyTime(1ms)) == SteadyTime(180s));
  CHECK(second.Due(SteadyTime(120s)) == SteadyTime(180s));
}
