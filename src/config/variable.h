#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "vcache/config/settings.h"

namespace vcache::config {

/// What documentation says of a variable.
struct Doc {
  std::string name;
  std::string_view unit;
  std::string description;
};

/// One variable: everything that reading, documenting and showing it needs, so that the three
/// cannot disagree. Its default is what `Settings` says.
struct Variable {
  Doc doc;
  std::string_view group = {};
  /// A value is a secret unless its variable is declared harmless.
  Exposure exposure = Exposure::kSecret;
  /// Set but empty is a value of its own, not "not set".
  bool empty_is_value = false;
  /// What it may hold, as it follows "expected".
  std::string expected;
  /// Whether the text is a value; if so, it is in the settings.
  std::function<bool(std::string_view text, Settings& settings)> read;
  /// The value in the settings as one would write it.
  std::function<std::string(const Settings& settings)> show;
};

/// Declares that the values of a variable may be shown to whoever reads the log.
inline Variable Harmless(Variable variable) {
  variable.exposure = Exposure::kWhole;
  return variable;
}

/// Declares that of its values, which are URLs, the part up to the host and port may be shown.
inline Variable HarmlessOrigin(Variable variable) {
  variable.exposure = Exposure::kOrigin;
  return variable;
}

/// The table, in the order of the documentation.
const std::vector<Variable>& VariableTable();

/// The part of it that says what may be spent.
std::vector<Variable> BudgetVariables();
/// What a request's head may be, and what a page of another site may send in it.
std::vector<Variable> HttpVariables();
std::vector<Variable> SharedStoreVariables();
std::vector<Variable> CallVariables();
/// The vendors of the table but the one by configuration.
std::vector<Variable> VendorVariables();

/// A variable of any type. `field` maps settings to the member, `parse` a text to an optional
/// value, `show` a value to its text.
template <typename Field, typename Parse, typename Show>
Variable MakeVariable(const Doc& doc, std::string expected, Field field, Parse parse, Show show) {
  using Value = std::remove_cvref_t<decltype(field(std::declval<Settings&>()))>;
  Variable variable;
  variable.doc = doc;
  variable.expected = std::move(expected);
  variable.read = [field, parse](std::string_view text, Settings& settings) {
    auto value = parse(text);
    if (value) field(settings) = Value(*std::move(value));
    return value.has_value();
  };
  variable.show = [field, show](const Settings& settings) { return show(field(settings)); };
  return variable;
}

}  // namespace vcache::config
