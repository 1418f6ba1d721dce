#pragma once

#include "analysis/single_flight.h"
#include "vcache/core/mutex.h"
#include "vcache/detection/call_progress.h"

namespace vcache::analysis {

/// Tells a flight how far its paid call is. With several vendors: how far the fastest is; it never
/// goes back.
class FlightProgress final : public detection::CallProgress {
 public:
  /// A text is so short that it is not said to be sent.
  FlightProgress(Flight& flight, bool has_file) : flight_(flight), has_file_(has_file) {}

  void OnQueued() override { Advance(Stage::kWaitingForTurn, 0); }
  void OnBegun() override { Advance(has_file_ ? Stage::kSending : Stage::kVendorWorking, 0); }
  void OnSent(std::uint64_t bytes, std::uint64_t of) override {
    if (bytes >= of) return Advance(Stage::kVendorWorking, 0);
    Advance(Stage::kSending, static_cast<int>(bytes * 100 / of));
  }

 private:
  void Advance(Stage stage, int percent) {
    {
      const MutexLock lock(mutex_);
      const int rank = static_cast<int>(stage) * 1000 + percent;
      if (rank <= rank_) return;
      rank_ = rank;
    }
    flight_.Report(stage, percent);
  }

  Flight& flight_;
  const bool has_file_;
  Mutex mutex_;
  int rank_ VCACHE_GUARDED_BY(mutex_) = 0;
};

}  // namespace vcache::analysis
