#pragma once

#include <string>

#include "vcache/core/clock.h"

namespace vcache::http {

/// A moment as the `Date` field has it: `Sun, 06 Nov 1994 08:49:37 GMT`. In no locale but C.
std::string FormatHttpDate(WallTime time);

/// The same, remembered for as long as the second lasts. One thread.
class DateHeader {
 public:
  const std::string& At(WallTime time);

 private:
  std::chrono::sys_seconds second_{};
  std::string text_;
};

}  // namespace vcache::http
