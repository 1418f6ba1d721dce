#pragma once

#include <functional>
#include <vector>

#include "api/routes.h"
#include "vcache/analysis/analysis_service.h"

namespace vcache::api {

/// As `AnalysisService::FindLater` and `FindManyLater`, but with `LOOKUP_SCOPE=own` a content that
/// the sender has not had analysed is not known to it: kNotCached. Nothing is known while
/// `CACHE_MODE` is off or shadow. Called once, on any thread. The
/// request must outlive the call.
void FindForReader(const SharedState& state, const http::Request& request,
                   const cache::CacheKey& key,
                   std::function<void(Result<analysis::Analysis>)> found);
void FindManyForReader(const SharedState& state, const http::Request& request,
                       std::vector<cache::CacheKey> keys,
                       std::function<void(std::vector<Result<analysis::Analysis>>)> found);

}  // namespace vcache::api
