#include "vcache/detection/limited_detector.h"

#include <doctest/doctest.h>

#include <atomic>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "support/fake_clock.h"
#include "support/gate.h"
#include "support/gated_detector.h"

using namespace vcache;
using namespace std::chrono_literals;
using detection::Detection;
using detection::DetectionTask;
using detection::LimitedDetector;
using test::GatedDetector;

namespace {

/// A vendor behind a limit, whose calls wait at a gate until a test lets them go.
struct LimitFixture {
  explicit LimitFixture(detection::LimitOptions options) : limited(vendor, options, clock) {
    vendor->answer = [this](const DetectionTask& task) -> Result<Detection> {
      const int now = ++inside;
      int seen = most;
      while (now > seen && !most.compare_exchange_weak(seen, now)) {
      }
      {
        const std::lock_guard lock(mutex);
        order.emplace_back(task.text);
      }
      gate.Pass();
      --inside;
      if (task.text == "throws") throw std::runtime_error("adapter bug");
      return vendor->Verdict(70);
    };
  }
  ~LimitFixture() {
    for (std::thread& thread : threads) thread.join();
  }

  Result<Detection> Ask(std::string_view text, Deadline deadline = Deadline::Never()) {
    DetectionTask task;
    task.kind = detection::MediaKind::kText;
    task.text = text;
    return limited.Detect(task, deadline);
  }
  /// Asks on a thread of its own, which ends with the bench.
  void Begin(std::string text) {
    threads.emplace_back([this, text = std::move(text)] {
      try {
        const auto answer = Ask(text);
        ++(answer ? answered : refused);
      } catch (const std::runtime_error&) {
        ++threw;
      }
    });
  }

  test::FakeClock clock;
  test::Gate gate;
  std::shared_ptr<GatedDetector> vendor = std::make_shared<GatedDetector>();
  LimitedDetector limited;
  std::atomic<int> inside{0}, most{0}, answered{0}, refused{0}, threw{0};
  std::mutex mutex;
  std::vector<std::string> order;  // guarded by mutex
  std::vector<std::thread> threads;
};

void Join(LimitFixture& bench) {
  for (std::thread& thread : bench.threads) thread.join();
  bench.threads.clear();
}

}  // namespace

TEST_CASE("LimitedDetector: never more calls at once than allowed, and everybody is served") {
  LimitFixture bench({.max_calls = 4});
  for (int i = 0; i < 60; ++i) bench.Begin("text");
  bench.gate.AwaitArrivals(4);
  bench.clock.AwaitWaiters(56);
  CHECK(bench.vendor->calls == 4);
  bench.gate.Open();
  Join(bench);
  CHECK(bench.answered == 60);
  CHECK(bench.most == 4);
  CHECK(bench.vendor->calls == 60);
}

TEST_CASE("LimitedDetector: a call that throws gives its turn back") {
  LimitFixture bench({.max_calls = 2});
  for (int i = 0; i < 20; ++i) bench.Begin("throws");
  bench.gate.AwaitArrivals(2);
  bench.gate.Open();
  Join(bench);
  CHECK(bench.threw == 20);
  CHECK(bench.most <= 2);
  bench.Begin("text");
  bench.Begin("text");
  Join(bench);
  CHECK(bench.answered == 2);
}

TEST_CASE("LimitedDetector: turns are given in the order of arrival") {
  LimitFixture bench({.max_calls = 1});
  std::vector<std::string> arrived;
  for (int i = 0; i < 12; ++i) {
    arrived.push_back(std::to_string(i));
    bench.Begin(arrived.back());
    if (i == 0) bench.gate.AwaitArrivals(1);
    if (i > 0) bench.clock.AwaitWaiters(i);
  }
  bench.gate.Open();
  Join(bench);
  CHECK(bench.order == arrived);
}

TEST_CASE("LimitedDetector: whoever finds the queue full is refused, unasked and unpaid") {
  LimitFixture bench({.max_calls = 1, .max_queue = 2});
  for (int i = 0; i < 3; ++i) bench.Begin("text");
  bench.gate.AwaitArrivals(1);
  bench.clock.AwaitWaiters(2);
  const auto refused = bench.Ask("one too many");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::kOverloaded);
  CHECK(refused.error().charge == Charge::kNone);
  CHECK(refused.error().retry_after == 1s);
  CHECK(refused.error().message.starts_with("fake: "));
  CHECK(bench.vendor->calls == 1);
  bench.gate.Open();
  Join(bench);
  CHECK(bench.answered == 3);
}

TEST_CASE("LimitedDetector: nobody waits past its deadline or the longest wait") {
  for (const bool own : {true, false}) {
    LimitFixture bench({.max_calls = 1, .max_wait = own ? 60s : 5s});
    bench.Begin("text");
    bench.gate.AwaitArrivals(1);
    std::thread late([&] {
      const auto deadline =
          own ? Deadline::After(bench.clock, 5s) : Deadline::After(bench.clock, 60s);
      const auto answer = bench.Ask("late", deadline);
      REQUIRE_FALSE(answer);
      CHECK(answer.error().code == ErrorCode::kOverloaded);
      CHECK(answer.error().charge == Charge::kNone);
      CHECK(answer.error().retry_after == 1s);
    });
    bench.clock.AwaitWaiters(1);
    bench.clock.Advance(5s);
    late.join();
    CHECK(bench.vendor->calls == 1);
    // Whoever left is out of the queue: its turn goes to the next, not to nobody.
    bench.Begin("next");
    bench.clock.AwaitWaiters(1);
    bench.gate.Open();
    Join(bench);
    CHECK(bench.answered == 2);
  }
}
