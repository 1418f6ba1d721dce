#include "api/request_controls.h"

#include <utility>

#include "vcache/http/parsing/cache_control.h"

namespace vcache::api {

RequestControls ControlsOf(const http::RequestInfo& request, const analysis::CacheUse& of_mode) {
  const http::CacheControl asked = http::ParseCacheControl(request.headers);
  RequestControls controls{.use = of_mode};
  controls.only_if_cached = asked.only_if_cached;
  if (asked.only_if_cached) {
    controls.use.max_age = asked.max_age;
  } else if (request.may_bypass_cache) {
    controls.use.no_store = of_mode.no_store || asked.no_store;
    controls.use.shadow = of_mode.shadow && !asked.no_store;
    controls.use.max_age = asked.no_cache ? std::chrono::seconds(0) : asked.max_age;
  }
  return controls;
}

bool IsYoungEnough(const analysis::Analysis& found, const analysis::CacheUse& use, WallTime now) {
  if (!use.max_age) return true;
  const WallTime stored = found.entry->stored_at;
  return stored != WallTime{} &&
         std::chrono::floor<std::chrono::seconds>(now - stored) <= *use.max_age;
}

Result<analysis::Analysis> OnlyIfCached(Result<analysis::Analysis> found,
                                        const analysis::CacheUse& use, WallTime now) {
  if (found ? IsYoungEnough(*found, use, now) : found.error().code != ErrorCode::kNotCached) {
    return found;
  }
  return Error{ErrorCode::kOnlyIfCached,
               "No verdict is known for this content, or none as young as asked for, and the "
               "request may be answered from the cache only (only-if-cached)."};
}

}  // namespace vcache::api
