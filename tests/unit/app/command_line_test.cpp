#include "app/command_line.h"

#include <doctest/doctest.h>

#include <array>

using namespace vcache::app;

TEST_CASE("ParseCommandLine: knows its arguments and names the one it does not") {
  CHECK(*ParseCommandLine({}) == Command::kServe);
  const std::array<const char*, 1> check = {"--check-config"};
  CHECK(*ParseCommandLine(check) == Command::kCheckConfig);
  const std::array<const char*, 1> help = {"--help"};
  CHECK(*ParseCommandLine(help) == Command::kHelp);
  const std::array<const char*, 2> wrong = {"--version", "--verison"};
  const auto refused = ParseCommandLine(wrong);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message.find("--verison") != std::string::npos);
}
