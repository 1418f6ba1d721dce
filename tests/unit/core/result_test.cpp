#include "vcache/core/result.h"

#include <doctest/doctest.h>

#include <memory>
#include <set>
#include <string>

#include "vcache/core/deadline.h"

using namespace vcache;

TEST_CASE("Result: holds a value or an error, and moves what cannot be copied") {
  Result<std::unique_ptr<int>> good = std::make_unique<int>(7);
  REQUIRE(good);
  const std::unique_ptr<int> moved = std::move(good).value();
  CHECK(*moved == 7);

  const Result<int> bad = Error{ErrorCode::kNotCached, "nothing known"};
  REQUIRE_FALSE(bad);
  CHECK(bad.error().code == ErrorCode::kNotCached);
  CHECK(bad.error().charge == Charge::kNone);

  const Result<void> fine;
  CHECK(fine);
}

TEST_CASE("ErrorCode: every code has a name of its own") {
  std::set<std::string_view> names;
  for (int code = 0; code <= static_cast<int>(ErrorCode::kIo); ++code) {
    CHECK(names.insert(CodeName(static_cast<ErrorCode>(code))).second);
  }
}

TEST_CASE("Deadline: is only ever shortened, and never wraps") {
  const SystemClock clock;
  const Deadline soon = Deadline::After(clock, std::chrono::milliseconds(5));
  CHECK(Deadline::Never().Shortened(soon).time() == soon.time());
  CHECK(soon.Shortened(Deadline::Never()).time() == soon.time());
  CHECK_FALSE(Deadline::Never().Expired(clock));
  CHECK(Deadline::At(clock.Now()).Expired(clock));
  CHECK(Deadline::At(clock.Now()).Remaining(clock).count() == 0);
}
