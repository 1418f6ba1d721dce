#include "analysis/negative_cache.h"

#include <doctest/doctest.h>

#include "support/fake_clock.h"
#include "vcache/content/content_hasher.h"
#include "vcache/core/bytes.h"

using namespace vcache;
using namespace std::chrono_literals;
using analysis::NegativeCache;

namespace {

cache::CacheKey KeyOf(int number) {
  return {cache::ContentKind::kText, content::DigestOf(AsBytes(std::to_string(number)))};
}

Error Down() {
  return {ErrorCode::kVendorUnavailable, "down", Charge::kUnknown};
}

}  // namespace

TEST_CASE("NegativeCache: pauses double up to the longest, and a success starts anew") {
  test::FakeClock clock;
  NegativeCache holds({.first = 1s, .longest = 5s}, clock);
  CHECK_FALSE(holds.Find(KeyOf(1)));
  for (const auto pause : {1s, 2s, 4s, 5s, 5s}) {
    CHECK(holds.Begin(KeyOf(1), Down()).retry_after == pause);
    const auto held = holds.Find(KeyOf(1));
    REQUIRE(held);
    CHECK(held->charge == Charge::kNone);
    CHECK(held->retry_after == pause);
    clock.Advance(pause - 1ms);
    CHECK(holds.Find(KeyOf(1))->retry_after == 1s);
    clock.Advance(1ms);
    CHECK_FALSE(holds.Find(KeyOf(1)));
  }
  CHECK_FALSE(holds.Find(KeyOf(2)));
  holds.End(KeyOf(1));
  CHECK(holds.Begin(KeyOf(1), Down()).retry_after == 1s);
}

TEST_CASE("NegativeCache: a failure long ago is forgotten; a longer word of the vendor counts") {
  test::FakeClock clock;
  NegativeCache holds({.first = 1s, .longest = 5s}, clock);
  (void)holds.Begin(KeyOf(1), Down());
  clock.Advance(6s);
  CHECK(holds.Begin(KeyOf(1), Down()).retry_after == 1s);
  Error limited = Down();
  limited.retry_after = 20s;
  CHECK(holds.Begin(KeyOf(2), limited).retry_after == 20s);
  clock.Advance(1s);
  CHECK_FALSE(holds.Find(KeyOf(2)));  // the vendor's breaker is another's concern
}

TEST_CASE("NegativeCache: remembers a bounded number, and 0 turns it off") {
  test::FakeClock clock;
  NegativeCache holds({.max_contents = 3}, clock);
  for (int i = 0; i < 10; ++i) {
    (void)holds.Begin(KeyOf(i), Down());
    clock.Advance(10ms);
  }
  int held = 0;
  for (int i = 0; i < 10; ++i) held += holds.Find(KeyOf(i)) ? 1 : 0;
  CHECK(held == 3);
  CHECK(holds.Find(KeyOf(9)));

  NegativeCache off({.first = 0s}, clock);
  CHECK_FALSE(off.Begin(KeyOf(1), Down()).retry_after);
  CHECK_FALSE(off.Find(KeyOf(1)));
}
