#pragma once

#include "vcache/analysis/analysis_service.h"
#include "vcache/http/parsing/message.h"

namespace vcache::api {

/// What the `Cache-Control` of a request asks for, as far as its caller may ask it.
struct RequestControls {
  analysis::CacheUse use{};
  /// Answer what is known or nothing; wins over `no-cache` and `no-store`. Anybody may ask for it.
  bool only_if_cached = false;

  /// Whether a stored verdict could be the answer.
  bool may_use_stored() const noexcept {
    if (use.ignores_stored()) return false;
    return only_if_cached || !use.max_age || use.max_age->count() > 0;
  }
};

/// `no-cache`, `no-store` and `max-age` of a caller that may not are ignored, as HTTP lets a cache
/// do: browsers send them when a page is reloaded. `of_mode` is what `CACHE_MODE` asks for all.
RequestControls ControlsOf(const http::RequestInfo& request, const analysis::CacheUse& of_mode);

/// Whether a verdict that was found is as young as `max-age` wants it.
bool IsYoungEnough(const analysis::Analysis& found, const analysis::CacheUse& use, WallTime now);

/// What was found, or kOnlyIfCached where nothing is known that is young enough.
Result<analysis::Analysis> OnlyIfCached(Result<analysis::Analysis> found,
                                        const analysis::CacheUse& use, WallTime now);

}  // namespace vcache::api
