#pragma once

#include <string>
#include <string_view>

#include "vcache/analysis/job_board.h"
#include "vcache/cache/cache_key.h"
#include "vcache/core/clock.h"
#include "vcache/http/parsing/message.h"

namespace vcache::api {

/// Whether the client asks for a job in place of a long wait: `Prefer: respond-async` (RFC 7240).
bool PrefersAsync(const http::Headers& headers);

/// `analysis-<64 hex>` or `text-<64 hex>`: one job for each content.
std::string JobId(const cache::CacheKey& key);
/// kNotFound for what cannot be a job's id.
Result<cache::CacheKey> KeyOfJob(std::string_view id);

/// 202 with the job's place.
http::Response AcceptedResponse(const cache::CacheKey& key);

/// The job's state as JSON, with the verdict or the problem at its end.
http::Response JobResponse(const cache::CacheKey& key, const analysis::JobView& view,
                           const http::RequestInfo& request, const Clock& clock);
/// The same as one server-sent event.
std::string JobEvent(const cache::CacheKey& key, const analysis::JobView& view,
                     const http::RequestInfo& request, const Clock& clock);

}  // namespace vcache::api
