#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "vcache/core/clock.h"
#include "vcache/core/error.h"

namespace vcache::cache {

// A failed call as the value of its lease: `!` and the error as JSON. docs/cache-format.md
// specifies it.

inline constexpr char kFailureMark = '!';

/// The failure in a lease's value, if any, with the rest of its pause at `now`. That is 1 s to 60
/// s, because the clocks of replicas differ. The message is escaped and cut: it comes from the
/// store.
std::optional<Error> FailureOf(std::string_view value, WallTime now);
/// `error.retry_after` must be set.
std::string EncodeFailure(const Error& error, WallTime now);

}  // namespace vcache::cache
