#pragma once

#include <cmath>
#include <cstdint>
#include <optional>

#include "json/json.h"
#include "vcache/cache/counters.h"
#include "vcache/core/clock.h"
#include "vcache/core/result.h"
#include "vcache/core/usd.h"
#include "vcache/core/vendor_table.h"
#include "vcache/http/parsing/message.h"

namespace vcache::api {

/// What `GET /api/admin/cache/stats` is asked for besides the totals.
struct SeriesQuery {
  enum class By { kHour, kDay, kMonth };

  By by = By::kDay;
  cache::CounterRange range;  ///< Of hours, or of days, also by month.
  std::optional<cache::ContentKind> kind{};
  std::optional<VendorId> vendor{};
};

/// Empty without parameters. kBadRequest says which parameter is wrong, and how it should be.
Result<std::optional<SeriesQuery>> ReadSeriesQuery(const http::RequestInfo& request, WallTime now);

/// Adds `range`, `series` and `total` to the statistics.
void AddSeries(Json& cache, const SeriesQuery& query, const cache::CounterSeries& series);

/// What vendors charged and failed at: an object with one member for each vendor that was called.
/// Without `kind` each also tells the kinds apart.
Json VendorsJson(const cache::Counters& counters, std::optional<cache::ContentKind> kind);

/// Hits by tier: `{"memory": 3, "redis": 1, "sqlite": 0}`.
Json TiersJson(const cache::Counters& counters, std::optional<cache::ContentKind> kind);

inline double Dollars(std::int64_t micros) {
  return Usd::FromMicros(micros).dollars();
}

/// In per cent, with one decimal.
inline double HitRate(std::int64_t hits, std::int64_t misses) {
  if (hits + misses == 0) return 0;
  const double rate = 100.0 * static_cast<double>(hits) / static_cast<double>(hits + misses);
  return std::round(rate * 10) / 10;
}

inline Json LookupsJson(std::int64_t total, std::int64_t hits) {
  return Json::object({{"total", total}, {"hits", hits}});
}

}  // namespace vcache::api
