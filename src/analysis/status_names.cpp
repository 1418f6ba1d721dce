#include "vcache/analysis/analysis_service.h"
#include "vcache/core/enum_table.h"

namespace vcache::analysis {

std::string_view CacheStatusName(CacheStatus status) noexcept {
  static constexpr EnumNames<CacheStatus, 4> kNames{{"HIT", "MISS", "COALESCED", "BYPASS"}};
  return kNames.Of(status);
}

std::string_view StageName(Stage stage) noexcept {
  static constexpr EnumNames<Stage, 6> kNames{{"received", "not_known", "waiting_for_replica",
                                               "waiting_for_turn", "sending", "vendor_working"}};
  return kNames.Of(stage);
}

}  // namespace vcache::analysis
