#pragma once

#include <doctest/doctest.h>

#include <string>

#include "vcache/config/settings.h"

namespace vcache::test {

/// An environment that has these variables and no others.
inline config::Environment Having(config::EnvFile values) {
  return config::Layered([](std::string_view) { return std::nullopt; }, std::move(values));
}

/// The same with ACCESS=open, without which a vendor's credentials need callers that are known.
inline config::Environment HavingOpen(config::EnvFile values) {
  values.emplace("ACCESS", "open");
  return Having(std::move(values));
}

/// The settings that these variables lead to, with ACCESS=open.
inline config::Settings Load(config::EnvFile values) {
  const auto settings = config::LoadSettings(HavingOpen(std::move(values)));
  if (!settings) FAIL(settings.error().message);
  return *settings;
}

/// The lines of the error that these variables lead to, with ACCESS=open.
inline std::string Complaint(config::EnvFile values) {
  const auto settings = config::LoadSettings(HavingOpen(std::move(values)));
  REQUIRE_FALSE(settings);
  CHECK(settings.error().code == ErrorCode::kBadConfiguration);
  return settings.error().message;
}

}  // namespace vcache::test
