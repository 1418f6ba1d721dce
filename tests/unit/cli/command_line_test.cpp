#include "cli/command_line.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace vcache::cli;

namespace {

vcache::Result<Request> Parsed(const std::vector<const char*>& arguments) {
  return ParseCommandLine(arguments);
}

}  // namespace

TEST_CASE("vcachectl: knows its commands and their options") {
  CHECK(Parsed({"doctor"})->command == Command::kDoctor);
  CHECK_FALSE(Parsed({"doctor"})->json);
  CHECK(Parsed({"doctor", "--json"})->json);
  CHECK(Parsed({"--version"})->command == Command::kVersion);
  for (const std::vector<const char*>& help : std::vector<std::vector<const char*>>{
           {"--help"}, {"-h"}, {"help"}, {"doctor", "--help"}, {"doctor", "--json", "-h"}}) {
    CHECK(Parsed(help)->command == Command::kHelp);
  }
}

TEST_CASE("vcachectl: names what it does not understand, made harmless") {
  const std::vector<std::pair<std::vector<const char*>, std::string>> wrong = {
      {{}, "name a command"},
      {{"analyse"}, "unknown command \"analyse\""},
      {{"--json"}, "unknown option \"--json\""},
      {{"doctor", "--jason"}, "\"--jason\""},
      {{"doctor", "doctor"}, "\"doctor\""},
      {{"--version", "--json"}, "\"--json\""},
      {{"\x1b[31m"}, "\\x1b[31m"}};
  for (const auto& [arguments, expected] : wrong) {
    CAPTURE(expected);
    const auto refused = Parsed(arguments);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().message.find(expected) != std::string::npos);
    CHECK(refused.error().message.find("--help") != std::string::npos);
  }
}

TEST_CASE("vcachectl: the help names every command, option and exit status") {
  for (const char* word : {"doctor", "--json", "--help", "--version", ".env", "64"}) {
    CHECK(HelpText().find(word) != std::string::npos);
  }
  CHECK(VersionText().starts_with("vcachectl "));
}
