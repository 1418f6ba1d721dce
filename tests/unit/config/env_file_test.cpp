#include <doctest/doctest.h>

#include <cstdlib>

#include "vcache/config/settings.h"

using namespace vcache;
using namespace vcache::config;
using namespace std::string_literals;

namespace {

EnvFile Parse(std::string_view text) {
  auto file = ParseEnvFile(text);
  REQUIRE(file);
  return *std::move(file);
}

std::string MessageOf(std::string_view text) {
  const auto file = ParseEnvFile(text);
  REQUIRE_FALSE(file);
  CHECK(file.error().code == ErrorCode::kBadConfiguration);
  return file.error().message;
}

}  // namespace

TEST_CASE("ParseEnvFile: names, values, comments and blank lines") {
  CHECK(Parse("").empty());
  CHECK(Parse("# only\n\n   # comments\n").empty());
  CHECK(Parse("A=1\nB = two words \n\texport C=3\nexport\tD=4\nE=\n_f2=x") ==
        EnvFile{{"A", "1"}, {"B", "two words"}, {"C", "3"}, {"D", "4"}, {"E", ""}, {"_f2", "x"}});
}

TEST_CASE("ParseEnvFile: a byte order mark and CRLF do not count") {
  CHECK(Parse("\xEF\xBB\xBF"
              "A=1\r\nB='2'\r\n\r\nC=3\r\n") == EnvFile{{"A", "1"}, {"B", "2"}, {"C", "3"}});
}

TEST_CASE("ParseEnvFile: a comment behind a value needs white space before its sign") {
  CHECK(
      Parse("A=1 # one\nB=a#b\nC=#c\nD= # nothing\nE=a#b\t#c\nF='x' # y\nG=\"x\"") ==
      EnvFile{
          {"A", "1"}, {"B", "a#b"}, {"C", "#c"}, {"D", ""}, {"E", "a#b"}, {"F", "x"}, {"G", "x"}});
}

TEST_CASE("ParseEnvFile: quotes as shells know them") {
  CHECK(Parse("A='a # \\n \"b\" '").at("A") == "a # \\n \"b\" ");
  CHECK(Parse(R"(A=" a # 'b' ")").at("A") == " a # 'b' ");
  CHECK(Parse(R"(A="q\"b\\s\$d\`t\nn\x")").at("A") == "q\"b\\s$d`t\nn\\x");
  CHECK(Parse("A=''").at("A").empty());
  CHECK(Parse("A=it's").at("A") == "it's");
  CHECK(Parse("A=$HOME=`id`").at("A") == "$HOME=`id`");  // nothing is expanded
}

TEST_CASE("ParseEnvFile: every bad line is told by its number and not quoted") {
  CHECK(MessageOf("A=1\nhunter2\n") == ".env: line 2: no \"=\"");
  CHECK(MessageOf("=x").starts_with(".env: line 1: no name"));
  CHECK(MessageOf("1A=x").starts_with(".env: line 1: no name"));
  CHECK(MessageOf("A B=x").starts_with(".env: line 1: no name"));
  CHECK(MessageOf("export 1=x").starts_with(".env: line 1: no name"));
  CHECK(MessageOf("A=1\nB='open") == ".env: line 2: a quote that is not closed on its line");
  CHECK(MessageOf("A=\"open\\\"") == ".env: line 1: a quote that is not closed on its line");
  CHECK(MessageOf("A='x'y") == ".env: line 1: text behind the closing quote");
  CHECK(MessageOf("A='x'#y") == ".env: line 1: text behind the closing quote");
  CHECK(MessageOf("A=a\0b"s) == ".env: line 1: a NUL character");
  CHECK(MessageOf("A=1\n\n# c\nA=2\n") == ".env: line 4: A again, after line 1");
  // What looks like a line of a secret is not shown, be it called a name.
  CHECK(MessageOf("c2VjcmV0IHNlY3JldA==\nc2VjcmV0IHNlY3JldA==") ==
        ".env: line 2: (a name of 18 characters, letters, digits) again, after line 1");
  const std::string both = MessageOf("hunter2\nOK=1\nB='hunter2\n");
  CHECK(both == ".env: line 1: no \"=\"\n.env: line 3: a quote that is not closed on its line");
}

TEST_CASE("Layered: the file fills in what the first does not have, be it empty") {
  const Environment first = [](std::string_view name) -> std::optional<std::string> {
    if (name == "SET") return "environment";
    if (name == "EMPTY") return "";
    return std::nullopt;
  };
  const Environment both = Layered(first, {{"SET", "file"}, {"EMPTY", "file"}, {"FILE", "file"}});
  CHECK(both("SET") == "environment");
  CHECK(both("EMPTY") == "");
  CHECK(both("FILE") == "file");
  CHECK_FALSE(both("NEITHER"));
}

TEST_CASE("ParseEnvFile: of a file that is no .env the first lines are named, the others counted") {
  std::string text;
  for (int line = 0; line < 100'000; ++line) text += "no assignment\n";
  const auto file = ParseEnvFile(text);
  REQUIRE_FALSE(file);
  const std::string& message = file.error().message;
  CHECK(message.starts_with(".env: line 1: no \"=\"\n.env: line 2: "));
  CHECK(message.ends_with("\n.env: line 20: no \"=\"\n.env: 99980 more lines are wrong"));
}

TEST_CASE("ProcessEnvironment: tells not set from empty") {
  setenv("VCACHE_TEST_VARIABLE", "x", 1);
  CHECK(ProcessEnvironment()("VCACHE_TEST_VARIABLE") == "x");
  setenv("VCACHE_TEST_VARIABLE", "", 1);
  CHECK(ProcessEnvironment()("VCACHE_TEST_VARIABLE") == "");
  unsetenv("VCACHE_TEST_VARIABLE");
  CHECK_FALSE(ProcessEnvironment()("VCACHE_TEST_VARIABLE"));
}

TEST_CASE("UnknownNames: names what no variable is called") {
  CHECK(UnknownNames({{"PORT", "1"}, {"MAX_UPLOADS_MB", "1"}, {"port", "1"}}) ==
        std::vector<std::string>{"MAX_UPLOADS_MB", "port"});
  CHECK(UnknownNames({{"c2VjcmV0IHNlY3JldA", ""}, {std::string(64, 'A'), ""}}) ==
        std::vector<std::string>{"(a name of 64 characters, letters)",
                                 "(a name of 18 characters, letters, digits)"});
}

TEST_CASE("HoldsSecrets: a value is one unless its variable is declared harmless") {
  CHECK_FALSE(HoldsSecrets({}));
  CHECK_FALSE(HoldsSecrets({{"PORT", "1"}, {"ADMIN_TOKEN", " "}, {"ADMIN_TOKN", "hunter2"}}));
  CHECK_FALSE(HoldsSecrets({{"SAPLING_BASE_URL", "https://a.example/v1"}}));
  for (const char* name : {"ADMIN_TOKEN", "REDIS_URL", "COPYLEAKS_EMAIL", "CUSTOM_BODY"}) {
    CHECK(HoldsSecrets({{"PORT", "1"}, {name, "x"}}));
  }
  CHECK(HoldsSecrets({{"CUSTOM_URL", "https://a.example/?key=x"}}));
}
