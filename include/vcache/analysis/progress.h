#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

namespace vcache::analysis {

/// What happens to a content whose verdict is not there yet.
enum class Stage {
  kReceived,           ///< It is being looked up.
  kNotKnown,           ///< No store has a verdict; a paid call is prepared.
  kWaitingForReplica,  ///< Another replica pays for it.
  kWaitingForTurn,     ///< The vendor has too many calls.
  kSending,            ///< The file is on its way to the vendor.
  kVendorWorking,      ///< The vendor has it.
};
/// `received`, `not_known`, `waiting_for_replica`, `waiting_for_turn`, `sending`, `vendor_working`
std::string_view StageName(Stage stage) noexcept;

struct Progress {
  Stage stage = Stage::kReceived;
  int percent = 0;           ///< Of the file, while it is sent.
  std::uint64_t change = 0;  ///< Grows: of two, the larger one is later.
};

/// Called on any thread, without a lock, perhaps out of order. It must not block.
using OnProgress = std::function<void(const Progress&)>;

}  // namespace vcache::analysis
