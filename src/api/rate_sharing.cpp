#include "vcache/api/rate_sharing.h"

namespace vcache::api {
namespace {

constexpr std::chrono::seconds kBetweenExchanges{10};
/// How soon others hear of a caller after a quiet time.
constexpr std::chrono::seconds kBetweenLooks{1};
/// A script cannot take many more fields of one hash (Lua's stack has 8,000 places).
constexpr std::size_t kMostChanges = 2'000;
constexpr std::chrono::seconds kStoreTime{5};

}  // namespace

void RateSharing::Start() {
  task_.Start(kBetweenLooks, [this] { return Exchange(); });
}

std::chrono::milliseconds RateSharing::Exchange() {
  if (!store_.available()) return kBetweenLooks;
  const auto changes = limits_.TakeChanges(kMostChanges);
  if (changes.empty()) return kBetweenLooks;
  // What may have been added is not sent again: nobody is limited twice for one request.
  const auto sums = store_.Exchange(changes, Deadline::After(clock_, kStoreTime));
  if (sums) limits_.Learn(changes, *sums);
  return kBetweenExchanges;
}

}  // namespace vcache::api
