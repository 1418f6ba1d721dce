#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "vcache/config/settings.h"

namespace vcache::config {

struct Doc {
  std::string name;
  std::string_view unit;
  std::string description;
};

/// One variable: reading, documenting and showing it must agree. `Settings` has its default.
struct Variable {
  Doc doc;
  std::string_view group = {};
  /// Secret unless its variable is declared harmless.
  Exposure exposure = Exposure::kSecret;
  /// Set but empty is a value, not "not set".
  bool empty_is_value = false;
  /// The allowed values, as text after "expected".
  std::string expected;
  /// Reads the text into the settings; false when it is no allowed value.
  std::function<bool(std::string_view text, Settings& settings)> read;
  /// The value in the settings, in the variable's notation.
  std::function<std::string(const Settings& settings)> show;
};

/// Declares that logs may show the variable's values.
inline Variable Harmless(Variable variable) {
  variable.exposure = Exposure::kWhole;
  return variable;
}

/// Declares that logs may show the scheme, host and port of the variable's URLs.
inline Variable HarmlessOrigin(Variable variable) {
  variable.exposure = Exposure::kOrigin;
  return variable;
}

const std::vector<Variable>& VariableTable();

/// Who may use the service, and under which names.
std::vector<Variable> AccessVariables();
/// How much one caller may ask for.
std::vector<Variable> RateVariables();
std::vector<Variable> HistoryVariables();
/// Where alerts are sent.
std::vector<Variable> AlertVariables();
/// The variables of the spending limits.
std::vector<Variable> BudgetVariables();
/// The variables of request heads and of other origins' pages.
std::vector<Variable> HttpVariables();
std::vector<Variable> SharedStoreVariables();
std::vector<Variable> CallVariables();
/// The vendors of the table but the one by configuration.
std::vector<Variable> VendorVariables();
/// `CUSTOM_*`: a vendor by configuration, in the order of the documentation.
std::vector<Variable> CustomVariables();

/// The member of the settings that a variable has: `field` points to it or returns it.
template <typename Field>
auto& FieldOf(const Field& field, auto& settings) {
  return field(settings);
}
template <typename Part, typename Value>
auto& FieldOf(Value Part::*field, auto& settings) {
  using Owner = std::conditional_t<std::is_const_v<std::remove_reference_t<decltype(settings)>>,
                                   const Part, Part>;
  const auto parts =
      std::tie(settings.server, settings.access, settings.rates, settings.history, settings.audit,
               settings.cache, settings.redis, settings.calls, settings.detection,
               settings.detection.custom, settings.budget, settings.alerts);
  return std::get<Owner&>(parts).*field;
}
template <typename Field>
using ValueOf =
    std::remove_cvref_t<decltype(FieldOf(std::declval<Field>(), std::declval<Settings&>()))>;

/// A variable of any type: `parse` returns an optional value, `show` its text.
template <typename Field, typename Parse, typename Show>
Variable MakeVariable(const Doc& doc, std::string expected, Field field, Parse parse, Show show) {
  using Value = ValueOf<Field>;
  Variable variable;
  variable.doc = doc;
  variable.expected = std::move(expected);
  variable.read = [field, parse](std::string_view text, Settings& settings) {
    auto value = parse(text);
    if (value) FieldOf(field, settings) = Value(*std::move(value));
    return value.has_value();
  };
  variable.show = [field, show](const Settings& settings) {
    return show(FieldOf(field, settings));
  };
  return variable;
}

}  // namespace vcache::config
