#include "vcache/cache/trusted_time.h"

#include <doctest/doctest.h>

#include "support/stepped_clock.h"

using namespace vcache;
using namespace std::chrono_literals;
using cache::TrustedTime;

TEST_CASE("TrustedTime: follows a clock that runs evenly, or drifts") {
  test::SteppedClock clock;
  TrustedTime time(clock);
  for (int minutes = 0; minutes < 60; minutes += 4) {
    clock.Advance(24h);
    clock.SetAhead(std::chrono::minutes(minutes));
    CHECK(time.Now().agrees());
    CHECK(time.Now().latest == clock.WallNow());
  }
}

TEST_CASE("TrustedTime: a jump is not believed, and says nothing when it is taken back") {
  test::SteppedClock clock;
  TrustedTime time(clock);
  for (const auto ahead : {240h, -240h}) {
    clock.SetAhead(ahead);
    clock.Advance(10min);
    const auto now = time.Now();
    CHECK_FALSE(now.agrees());
    CHECK(now.latest - now.earliest == 240h);
    CHECK((ahead > 0h ? now.latest : now.earliest) == clock.WallNow());
    clock.SetAhead(0ms);
    clock.Advance(2h);
    CHECK(time.Now().agrees());
    CHECK(time.Now().latest == clock.WallNow());
  }
}

TEST_CASE("TrustedTime: a jump that stays is believed after an hour without another one") {
  test::SteppedClock clock;
  TrustedTime time(clock);
  clock.SetAhead(240h);
  CHECK_FALSE(time.Now().agrees());
  clock.Advance(50min);
  clock.SetAhead(480h);
  CHECK_FALSE(time.Now().agrees());
  clock.Advance(50min);
  CHECK_FALSE(time.Now().agrees());
  clock.Advance(10min);
  CHECK(time.Now().agrees());
  CHECK(time.Now().earliest == clock.WallNow());
}
