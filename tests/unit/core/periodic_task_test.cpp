#include "vcache/core/periodic_task.h"

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>

#include "support/fake_clock.h"
#include "support/gate.h"

using namespace vcache;
using namespace std::chrono_literals;

TEST_CASE("PeriodicTask: the first round comes after the first pause, each next after its own") {
  test::FakeClock clock;
  std::atomic<int> rounds{0};
  PeriodicTask task(clock);
  task.Start(10s, [&] { return ++rounds == 1 ? 20'000ms : 30'000ms; });
  clock.AwaitWaiters(1);
  clock.Advance(9s);
  clock.AwaitWaiters(1);
  CHECK(rounds == 0);
  clock.Advance(1s);
  while (rounds < 1) clock.AwaitWaiters(0);
  clock.AwaitWaiters(1);
  clock.Advance(19s);
  CHECK(rounds == 1);
  clock.Advance(1s);
  while (rounds < 2) clock.AwaitWaiters(0);
  task.Stop();
  CHECK(rounds == 2);
}

TEST_CASE("PeriodicTask: a stop ends a pause at once, and the task can start again") {
  test::FakeClock clock;
  std::atomic<int> rounds{0};
  PeriodicTask task(clock);
  const auto round = [&] {
    ++rounds;
    return std::chrono::milliseconds(1h);
  };
  task.Stop();  // of a task that was never started
  for (int started = 1; started <= 2; ++started) {
    task.Start(1h, round);
    task.Start(0ms, round);  // it runs already
    clock.AwaitWaiters(1);
    task.Stop();
    CHECK(rounds == 0);
  }
}

TEST_CASE("PeriodicTask: a stop waits for the round that has begun") {
  test::FakeClock clock;
  test::Gate gate;
  std::atomic<bool> ended{false};
  {
    PeriodicTask task(clock);
    task.Start(0ms, [&] {
      gate.Pass();
      ended = true;
      return std::chrono::milliseconds(1h);
    });
    gate.AwaitArrivals(1);
    gate.Open();
  }
  CHECK(ended);
}
