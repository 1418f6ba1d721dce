#pragma once

#include <string>
#include <string_view>

#include "config/variable.h"

namespace vcache::config {

/// Replaces a secret wherever it would be shown.
inline constexpr std::string_view kMasked = "********";

/// The value in the settings if its variable is harmless. A default is shown unmasked.
std::string ShownValue(const Variable& variable, const Settings& settings);

/// Describes a rejected value, which may be a secret, by size and kinds of characters.
std::string ShapeOf(std::string_view value);

/// A name of a `.env` file, unless it looks like a secret.
std::string ShownName(std::string_view name);

}  // namespace vcache::config
