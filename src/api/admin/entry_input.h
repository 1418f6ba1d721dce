#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "vcache/api/api.h"
#include "vcache/cache/entry_store.h"
#include "vcache/core/result.h"
#include "vcache/http/parsing/message.h"

namespace vcache::api {

/// What the service keeps. Error: kNotFound without a store that can tell.
Result<cache::EntryStore*> EntriesOf(const ApiParts& parts);

/// The pattern of stored names that the parameter `match` selects: a pattern as for a clear, or the
/// first digits of a hash; everything without one. Error: kBadRequest.
Result<cache::KeyPattern> MatchParameter(const http::RequestInfo& request,
                                         const cache::KeySpace& keys);

/// The stored keys that the end of a path may mean, the likeliest first: `analysis:<hash>`,
/// `text:<hash>` or a hash alone, as a listing shows it or, with `KEY_SECRET`, as content hash.
/// Error: kBadRequest.
Result<std::vector<cache::CacheKey>> KeysMeant(std::string_view tail, const cache::KeySpace& keys);

}  // namespace vcache::api
