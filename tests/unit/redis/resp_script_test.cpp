#include <doctest/doctest.h>

#include <array>
#include <string>
#include <utility>
#include <vector>

#include "support/never.h"
#include "vcache/redis/resp_client.h"

using namespace vcache;
using namespace vcache::redis;

namespace {

/// Knows no script at first, keeps what it is sent.
class ScriptClient final : public RespClient {
 public:
  explicit ScriptClient(bool any_bytes) : any_bytes_(any_bytes) {}

  using RespClient::Run;
  Result<std::vector<RespReply>> Run(std::span<const RespCommand> commands, Deadline) override {
    sent.push_back(commands.front().words);
    RespReply reply;
    if (sent.back().front() == "EVALSHA") {
      reply.type = RespReply::Type::kError;
      reply.text = "NOSCRIPT No matching script";
    }
    return std::vector<RespReply>{reply};
  }
  bool available() const noexcept override { return true; }
  bool takes_any_bytes() const noexcept override { return any_bytes_; }

  std::vector<std::vector<std::string>> sent;

 private:
  bool any_bytes_;
};

const std::string kFrame("\x28\xB5\x2F\xFD%\x00", 6);

std::vector<std::vector<std::string>> SentBy(bool any_bytes, const std::string& argument) {
  ScriptClient client(any_bytes);
  const RespScript script("return ARGV[1]");
  const std::array<std::string, 1> keys = {"key"};
  const std::array<std::string, 2> arguments = {argument, "100%"};
  REQUIRE(script.Run(client, keys, arguments, test::kNever));
  return std::move(client.sent);
}

}  // namespace

TEST_CASE("RespScript: by its digest first, by its text when the server does not know it") {
  const auto sent = SentBy(true, "text");
  REQUIRE(sent.size() == 2);
  // sha1sum of the source
  CHECK(sent[0] == std::vector<std::string>{"EVALSHA", "098e0f0d1448c0a81dafe820f66d460eb09263da",
                                            "1", "key", "text", "100%"});
  CHECK(sent[1] == std::vector<std::string>{"EVAL", "return ARGV[1]", "1", "key", "text", "100%"});
}

TEST_CASE("RespScript: bytes travel as they are where they can") {
  const auto sent = SentBy(true, kFrame);
  CHECK(sent[1][1] == "return ARGV[1]");
  CHECK(sent[1][4] == kFrame);
}

TEST_CASE("RespScript: over a client of text, text is sent as it is and other bytes encoded") {
  CHECK(SentBy(false, "text") == SentBy(true, "text"));
  const auto sent = SentBy(false, kFrame);
  REQUIRE(sent.size() == 2);
  CHECK(sent[0][1] != "098e0f0d1448c0a81dafe820f66d460eb09263da");
  CHECK(sent[1][1].ends_with("\nreturn ARGV[1]"));
  CHECK(sent[1][3] == "key");
  CHECK(sent[1][4] == std::string("(%B5/%FD%25\0", 12));
  CHECK(sent[1][5] == "100%25");
}
