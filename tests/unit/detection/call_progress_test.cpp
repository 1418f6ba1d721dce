#include "vcache/detection/call_progress.h"

#include <doctest/doctest.h>

#include <array>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "detection/wire/vendor_request.h"
#include "support/fake_clock.h"
#include "support/gate.h"
#include "support/gated_detector.h"
#include "vcache/core/bytes.h"
#include "vcache/detection/limited_detector.h"

using namespace vcache;

namespace {

/// Keeps what it hears; opens a gate when a call waits for its turn.
class HeardProgress final : public detection::CallProgress {
 public:
  void OnQueued() override {
    Note("queued");
    queued.Open();
  }
  void OnBegun() override { Note("begun"); }
  void OnSent(std::uint64_t bytes, std::uint64_t of) override {
    Note(std::to_string(bytes) + "/" + std::to_string(of));
  }
  std::vector<std::string> heard() {
    const std::lock_guard lock(mutex_);
    return heard_;
  }

  test::Gate queued;

 private:
  void Note(std::string what) {
    const std::lock_guard lock(mutex_);
    heard_.push_back(std::move(what));
  }

  std::mutex mutex_;
  std::vector<std::string> heard_;  // guarded by mutex_
};

}  // namespace

TEST_CASE("LimitedDetector: tells that a call waits for its turn, and that it has it") {
  test::FakeClock clock;
  test::Gate gate;
  const auto vendor = std::make_shared<test::GatedDetector>();
  vendor->answer = [&](const auto&) {
    gate.Pass();
    return vendor->Verdict(70);
  };
  detection::LimitedDetector limited(vendor, {.max_calls = 1}, clock);
  const auto ask = [&](HeardProgress& progress) {
    detection::DetectionTask task;
    task.kind = detection::MediaKind::kText;
    task.progress = &progress;
    CHECK(limited.Detect(task, Deadline::Never()));
  };
  HeardProgress first;
  HeardProgress second;
  std::thread holder([&] { ask(first); });
  gate.AwaitArrivals(1);
  std::thread waiter([&] { ask(second); });
  second.queued.Pass();
  gate.Open();
  holder.join();
  waiter.join();
  CHECK(first.heard() == std::vector<std::string>{"begun"});
  CHECK(second.heard() == std::vector<std::string>{"queued", "begun"});
}

TEST_CASE("FileBody: tells how much of the file has been read for the vendor") {
  content::Spool file;
  REQUIRE(file.Append(AsBytes(std::string_view("0123456789"))));
  HeardProgress progress;
  detection::DetectionTask task;
  task.file = &file;
  task.progress = &progress;
  const auto reader = detection::FileBody(task).open();
  std::array<std::byte, 6> piece{};
  for (const std::size_t count : {6U, 4U, 0U}) CHECK(*reader->Read(piece) == count);
  CHECK(progress.heard() == std::vector<std::string>{"6/10", "10/10", "10/10"});
}
