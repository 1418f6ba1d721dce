#pragma once

#include <chrono>
#include <optional>

#include "vcache/http/parsing/message.h"

namespace vcache::http {

/// The request directives of `Cache-Control` (RFC 9111 section 5.2.1) that the service knows.
struct CacheControl {
  bool only_if_cached = false;
  bool no_cache = false;
  bool no_store = false;
  std::optional<std::chrono::seconds> max_age{};
};

/// Reads all fields of that name. What is not understood is ignored, as RFC 9111 section 5.2 says:
/// unknown directives, known ones whose argument is missing, malformed or not theirs. Only
/// `only-if-cached` counts with whatever argument: ignored, it would cost money, and the others
/// would if they were not ignored. What follows a malformed quoted string is ignored with it.
CacheControl ParseCacheControl(const Headers& headers);

}  // namespace vcache::http
