#include "vcache/core/thread_pool.h"

#include <doctest/doctest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "support/gate.h"

using namespace vcache;

namespace {

/// What ran, in order.
class Order {
 public:
  ThreadPool::Task Note(std::string name) {
    return [this, name = std::move(name)] {
      const std::lock_guard lock(mutex_);
      names_ += name;
    };
  }
  std::string names() const {
    const std::lock_guard lock(mutex_);
    return names_;
  }

 private:
  mutable std::mutex mutex_;
  std::string names_;
};

}  // namespace

TEST_CASE("ThreadPool: clients' tasks run in turn, those of one client in order") {
  Order order;
  test::Gate gate;
  ThreadPool pool(1, 100);
  REQUIRE(pool.Submit([&] { gate.Pass(); }));
  gate.AwaitArrivals(1);
  for (const char* task : {"1", "2", "3", "4"}) REQUIRE(pool.Submit(order.Note(task), "crowd"));
  for (const char* task : {"a", "b"}) REQUIRE(pool.Submit(order.Note(task), "single"));
  CHECK(pool.crowded());
  gate.Open();
  pool.Stop();
  CHECK(order.names() == "1a2b34");
  CHECK_FALSE(pool.crowded());
}

TEST_CASE("ThreadPool: each client has a queue of its own that can be full") {
  test::Gate gate;
  std::atomic<int> ran{0};
  const auto count = [&] { ++ran; };
  ThreadPool pool(1, 2);
  REQUIRE(pool.Submit([&] { gate.Pass(); }, "crowd"));
  gate.AwaitArrivals(1);
  CHECK(pool.Submit(count, "crowd"));
  CHECK(pool.Submit(count, "crowd"));
  CHECK_FALSE(pool.Submit(count, "crowd"));
  CHECK(pool.Continue(count, "crowd"));  // work that was taken in before goes on
  CHECK(pool.Submit(count, "single"));
  gate.Open();
  pool.Stop();
  CHECK(ran == 4);
}

TEST_CASE("ThreadPool: a thread starts only when none is free, up to the limit") {
  test::Gate gate;
  ThreadPool pool(2, 10);
  CHECK(pool.threads() == 0);
  for (int i = 0; i < 4; ++i) REQUIRE(pool.Submit([&] { gate.Pass(); }));
  gate.AwaitArrivals(2);
  CHECK(pool.threads() == 2);
  gate.Open();
  pool.Stop();
}

TEST_CASE("ThreadPool: threads that nobody needs any more end, but one, and start again") {
  std::array<test::Gate, 3> gates;
  ThreadPool pool(8, 10, std::chrono::milliseconds(1));
  for (test::Gate& gate : gates) {
    for (int i = 0; i < 8; ++i) REQUIRE(pool.Submit([&] { gate.Pass(); }));
    gate.AwaitArrivals(8);
    CHECK(pool.threads() == 8);
    gate.Open();
    while (pool.threads() > 1) std::this_thread::yield();
  }
  std::atomic<bool> ran = false;
  CHECK(pool.Submit([&] { ran = true; }));
  pool.Stop();
  CHECK(ran);
}
