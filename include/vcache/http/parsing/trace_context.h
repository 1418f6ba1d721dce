#pragma once

#include <string_view>

#include "vcache/http/parsing/message.h"

namespace vcache::http {

/// The `traceparent` of a request, by https://www.w3.org/TR/trace-context/ (level 1). Empty without
/// one, with several, and for one that is malformed: then the request belongs to no trace. The view
/// is valid until the headers change.
std::string_view TraceParentOf(const Headers& headers) noexcept;

/// The trace's id in it, 32 hexadecimal digits; empty for an empty one.
std::string_view TraceIdOf(std::string_view trace_parent) noexcept;

}  // namespace vcache::http
