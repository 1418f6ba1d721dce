#pragma once

#include <string>

#include "vcache/config/settings.h"

namespace vcache::test {

/// An environment that has these variables and no others.
inline config::Environment Having(config::EnvFile values) {
  return config::Layered([](std::string_view) { return std::nullopt; }, std::move(values));
}

}  // namespace vcache::test
