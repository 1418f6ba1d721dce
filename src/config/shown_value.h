#pragma once

#include <string>
#include <string_view>

#include "config/variable.h"

namespace vcache::config {

/// What secrets look like wherever they are shown.
inline constexpr std::string_view kMasked = "********";

/// The value in the settings as far as its variable is declared harmless. A default is shown as it
/// is: everybody can read it in the documentation.
std::string ShownValue(const Variable& variable, const Settings& settings);

/// What may be said of a value that was refused, which may be anything, also a password that was
/// meant for another variable: its size and what kinds of characters it has.
std::string ShapeOf(std::string_view value);

/// A name of a `.env` file; one that looks like the line of a secret is not shown.
std::string ShownName(std::string_view name);

}  // namespace vcache::config
