#include <doctest/doctest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>

#include "unit/config/environments.h"
#include "vcache/config/settings.h"

using namespace vcache;
using namespace vcache::config;
using test::Having;

namespace {

/// What `.env.example` has to be, by the table.
std::string Rendered() {
  std::string text =
      "# VerdictCache: every variable with its default. Copy this file to .env and take the # "
      "away\n"
      "# from what you change; the environment of the process comes before it. A bad value stops\n"
      "# the start and is named; `verdictcache --check-config` shows what is in effect. A secret "
      "NAME\n"
      "# may stand in a file of its own, which NAME_FILE names.\n";
  std::string_view group;
  for (const VariableInfo& variable : Variables()) {
    if (variable.group != group) text += "\n## " + std::string(variable.group) + "\n";
    group = variable.group;
    const std::string unit = variable.unit.empty() ? "" : " (" + std::string(variable.unit) + ")";
    text += "\n# " + std::string(variable.description) + unit + ".\n";
    text += "# " + std::string(variable.name) + "=" + variable.default_value + "\n";
  }
  return text;
}

std::string ReadFile(const char* path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

}  // namespace

TEST_CASE(".env.example: documents exactly the variables and defaults of the code") {
  if (std::getenv("VCACHE_UPDATE_EXAMPLE") != nullptr) {
    std::ofstream(VCACHE_ENV_EXAMPLE) << Rendered();
  }
  INFO("VCACHE_UPDATE_EXAMPLE=1 with this test writes .env.example anew");
  CHECK(ReadFile(VCACHE_ENV_EXAMPLE) == Rendered());
}

TEST_CASE(".env.example: uncommented as a whole, it is the default configuration") {
  std::istringstream lines(ReadFile(VCACHE_ENV_EXAMPLE));
  std::string uncommented;
  for (std::string line; std::getline(lines, line);) {
    const std::size_t equals = line.find('=');
    const bool is_variable = line.starts_with("# ") && equals != std::string::npos &&
                             line.substr(2, equals - 2).find(' ') == std::string::npos;
    if (is_variable) uncommented += line.substr(2) + "\n";
  }
  const auto file = ParseEnvFile(uncommented);
  REQUIRE(file);
  CHECK(file->size() == Variables().size());
  CHECK(UnknownNames(*file).empty());
  const auto settings = LoadSettings(Having(*file));
  REQUIRE(settings);
  const Environment nothing = Having({});
  const Settings defaults;
  CHECK(Describe(*settings, nothing) == Describe(defaults, nothing));
}

TEST_CASE("Variables: each has a unique name, a group, a one-line description") {
  EnvFile seen;
  for (const VariableInfo& variable : Variables()) {
    CAPTURE(variable.name);
    CHECK(seen.emplace(variable.name, "").second);
    CHECK_FALSE(variable.group.empty());
    CHECK(variable.description.size() > 10);
    CHECK(variable.description.find('\n') == std::string_view::npos);
    if (variable.exposure == Exposure::kSecret) CHECK(variable.default_value.empty());
  }
}
