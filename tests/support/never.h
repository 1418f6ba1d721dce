#pragma once

#include "vcache/core/deadline.h"

namespace vcache::test {

/// For calls whose deadline is not what a test is about.
inline const Deadline kNever = Deadline::Never();

}  // namespace vcache::test
