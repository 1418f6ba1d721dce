#pragma once

#include <string>

#include "vcache/core/clock.h"

namespace vcache::http {

/// A time in the format of `Date`: `Sun, 06 Nov 1994 08:49:37 GMT`. Independent of the locale.
std::string FormatHttpDate(WallTime time);

/// Formats the date and caches it for its second. For one thread.
class DateHeader {
 public:
  const std::string& At(WallTime time);

 private:
  std::chrono::sys_seconds second_{};
  std::string text_;
};

}  // namespace vcache::http
