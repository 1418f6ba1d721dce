#include "vcache/config/settings.h"

#include <algorithm>
#include <array>
#include <set>

#include "config/cross_checks.h"
#include "config/shown_value.h"
#include "config/url.h"
#include "config/values.h"
#include "config/variable.h"
#include "vcache/core/ascii.h"

namespace vcache::config {
namespace {

/// The variable's trimmed value; empty when it counts as not set.
std::optional<std::string> Given(const Variable& variable, const Environment& environment) {
  const auto raw = environment(variable.doc.name);
  if (!raw) return std::nullopt;
  std::string value(Trim(*raw));
  if (value.empty() && !variable.empty_is_value) return std::nullopt;
  return value;
}

const Variable* FindVariable(std::string_view name) {
  const std::vector<Variable>& table = VariableTable();
  const auto found = std::find_if(table.begin(), table.end(), [name](const Variable& variable) {
    return variable.doc.name == name;
  });
  return found == table.end() ? nullptr : &*found;
}

std::string Quoted(const std::string& value) {
  if (value.find_first_of(" \t#'\"\\`$\n") == std::string::npos) return value;
  std::string quoted = "\"";
  for (const char c : value) {
    if (c == '"' || c == '\\' || c == '$' || c == '`') quoted += '\\';
    quoted += c;
  }
  return quoted + '"';
}

/// Why a value of the process environment is rejected: the same line in a `.env` file would mean
/// another value. Empty without such a reason. Docker's --env-file passes on everything after `=`:
/// KEY_SECRET in quotes would be another secret, and the whole cache would be lost.
std::string OtherReading(const Variable& variable, const Environment& process) {
  const auto raw = process(variable.doc.name);
  if (!raw) return {};
  const std::string_view value = Trim(*raw);
  const bool quoted = value.size() >= 2 && value.front() == value.back() &&
                      (value.front() == '"' || value.front() == '\'');
  if (quoted) {
    return "in the environment the quotes around it are part of the value, in .env they are not; "
           "take them away (docker --env-file keeps them)";
  }
  const auto as_line = ParseEnvFile(std::string(variable.doc.name) + "=" + std::string(value));
  if (!as_line || as_line->size() != 1) return {};
  const std::string_view other = Trim(as_line->begin()->second);
  if (other.empty() || other == value) return {};
  Settings ignored;
  if (!variable.read(value, ignored) || !variable.read(other, ignored)) return {};
  return "in the environment the # in it is part of the value, in .env it begins a comment; take "
         "the comment away, or write the value into .env, in quotes (docker --env-file keeps "
         "comments)";
}

/// Where hosting platforms say under which name they publish the service: Render, Railway, Koyeb
/// and Azure. Set by them and by nobody else, so they are no settings of ours.
constexpr std::array<std::string_view, 4> kPlatformHosts = {
    "RENDER_EXTERNAL_HOSTNAME", "RAILWAY_PUBLIC_DOMAIN", "KOYEB_PUBLIC_DOMAIN", "WEBSITE_HOSTNAME"};

std::vector<std::string> PlatformHosts(const Environment& process) {
  std::vector<std::string> hosts;
  for (const std::string_view name : kPlatformHosts) {
    const auto host = process(name);
    if (host && IsHost(Trim(*host))) hosts.push_back(ToLower(Trim(*host)));
  }
  return hosts;
}

constexpr std::string_view kFileSuffix = "_FILE";

}  // namespace

ByVendor<VendorSettings> DefaultVendors() {
  ByVendor<VendorSettings> settings;
  for (const VendorInfo& vendor : kVendors) {
    settings[vendor.id] = {
        "", {}, std::string(vendor.base_url), vendor.timeout, vendor.cost, vendor.max_concurrency};
  }
  return settings;
}

std::map<std::string, std::string> SecretFileVariables() {
  std::map<std::string, std::string> names;
  for (const Variable& variable : VariableTable()) {
    if (variable.exposure != Exposure::kSecret) continue;
    names.emplace(variable.doc.name + std::string(kFileSuffix), variable.doc.name);
  }
  return names;
}

Result<Settings> LoadSettings(const Environment& process, const EnvFile& file,
                              const EnvFile& secrets) {
  Settings settings;
  std::vector<std::string> complaints;
  std::set<std::string_view> wrong;
  const Environment environment = Layered(secrets, process, file);
  settings.access.platform_hosts = PlatformHosts(process);
  for (const Variable& variable : VariableTable()) {
    const auto value = Given(variable, environment);
    if (!value) continue;
    const bool has_own_file = secrets.count(variable.doc.name) > 0;
    std::string why = has_own_file ? std::string() : OtherReading(variable, process);
    if (why.empty() && variable.read(*value, settings)) continue;
    if (why.empty()) why = "expected " + variable.expected;
    wrong.insert(variable.doc.name);
    complaints.push_back(std::string(variable.doc.name) + " is refused (" + ShapeOf(*value) +
                         "): " + why + ".");
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
                   variable.doc.description, variable.exposure});
  }
  return all;
}

std::vector<std::string> UnknownNames(const EnvFile& file) {
  const auto with_files = SecretFileVariables();
  std::vector<std::string> unknown;
  for (const auto& [name, value] : file) {
    if (FindVariable(name) == nullptr && with_files.count(name) == 0)
      unknown.push_back(ShownName(name));
  }
  return unknown;
}

bool HoldsSecrets(const EnvFile& file) {
  return std::any_of(file.begin(), file.end(), [](const auto& line) {
    const auto& [name, value] = line;
    const Variable* variable = FindVariable(name);
    if (variable == nullptr || Trim(value).empty()) return false;
    // A URL's secret is in its user or its query.
    return variable->exposure == Exposure::kSecret ||
           (variable->exposure == Exposure::kOrigin &&
            value.find_first_of("?@") != std::string::npos);
  });
}

std::string Describe(const Settings& settings, const Environment& environment) {
  std::string text;
  std::string_view group;
  for (const Variable& variable : VariableTable()) {
    if (variable.group != group) {
      text += (text.empty() ? "# " : "\n# ") + std::string(variable.group) + '\n';
      group = variable.group;
    }
    text += std::string(variable.doc.name) + '=' + Quoted(ShownValue(variable, settings));
    if (!Given(variable, environment)) text += "  # default";
    text += '\n';
  }
  return text;
}

}  // namespace vcache::config
