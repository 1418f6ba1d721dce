#include "vcache/config/settings.h"

#include <algorithm>
#include <set>

#include "config/cross_checks.h"
#include "config/values.h"
#include "config/variable.h"

namespace vcache::config {
namespace {

/// What the environment has for a variable, trimmed; empty when that counts as not set.
std::optional<std::string> Given(const Variable& variable, const Environment& environment) {
  const auto raw = environment(variable.doc.name);
  if (!raw) return std::nullopt;
  std::string value(Trim(*raw));
  if (value.empty() && !variable.empty_is_value) return std::nullopt;
  return value;
}

/// A refused value as an error may show it: what stands before the `@` of a URL or in its query may
/// be a password, and URLs that have one are among the things that are refused.
std::string Shown(const Variable& variable, const std::string& value) {
  if (variable.secret) return " (value not shown)";
  std::string text = value;
  if (const std::size_t scheme = text.find("://"); scheme != std::string::npos) {
    if (const std::size_t query = text.find('?'); query != std::string::npos) {
      text.replace(query + 1, std::string::npos, kMasked);
    }
    if (const std::size_t at = text.rfind('@'); at != std::string::npos) {
      text.replace(0, at, kMasked);
    }
  }
  return "=\"" + EscapeForLog(text, 80) + "\"";
}

/// A value as a line of a `.env` file bears it.
std::string Quoted(const std::string& value) {
  if (value.find_first_of(" \t#'\"\\`$\n") == std::string::npos) return value;
  std::string quoted = "\"";
  for (const char c : value) {
    if (c == '"' || c == '\\' || c == '$' || c == '`') quoted += '\\';
    quoted += c;
  }
  return quoted + '"';
}

}  // namespace

Result<Settings> LoadSettings(const Environment& environment) {
  Settings settings;
  std::vector<std::string> complaints;
  std::set<std::string_view> wrong;
  for (const Variable& variable : VariableTable()) {
    const auto value = Given(variable, environment);
    if (!value || variable.read(*value, settings)) continue;
    wrong.insert(variable.doc.name);
    complaints.push_back(std::string(variable.doc.name) + Shown(variable, *value) +
                         " is refused: expected " + variable.expected + ".");
  }
  const auto is_wrong = [&wrong](std::string_view name) { return wrong.count(name) > 0; };
  for (std::string& complaint : CrossCheck(settings, is_wrong)) {
    complaints.push_back(std::move(complaint));
  }
  if (complaints.empty()) return settings;
  std::string message;
  for (const std::string& complaint : complaints) {
    message += (message.empty() ? "" : "\n") + complaint;
  }
  return Error{ErrorCode::kBadConfiguration, std::move(message)};
}

std::vector<VariableInfo> Variables() {
  const Settings defaults;
  std::vector<VariableInfo> all;
  for (const Variable& variable : VariableTable()) {
    all.push_back({variable.doc.name, variable.group, variable.doc.unit, variable.show(defaults),
                   variable.doc.description, variable.secret});
  }
  return all;
}

std::vector<std::string> UnknownNames(const EnvFile& file) {
  const std::vector<Variable>& table = VariableTable();
  std::vector<std::string> unknown;
  for (const auto& [name, value] : file) {
    const auto is_it = [&name = name](const Variable& variable) {
      return variable.doc.name == name;
    };
    if (std::none_of(table.begin(), table.end(), is_it)) unknown.push_back(name);
  }
  return unknown;
}

std::string Describe(const Settings& settings, const Environment& environment) {
  std::string text;
  std::string_view group;
  for (const Variable& variable : VariableTable()) {
    if (variable.group != group) {
      text += (text.empty() ? "# " : "\n# ") + std::string(variable.group) + '\n';
      group = variable.group;
    }
    text += std::string(variable.doc.name) + '=' + Quoted(variable.show(settings));
    if (!Given(variable, environment)) text += "  # default";
    text += '\n';
  }
  return text;
}

}  // namespace vcache::config
