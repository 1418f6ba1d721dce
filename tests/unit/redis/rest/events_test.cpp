#include "redis/rest/events.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace vcache::redis;

namespace {

struct HeardEvents {
  explicit HeardEvents(const std::string& channel = "chat", std::size_t most = 100)
      : reader(channel, most,
               {[this] { ++subscribed; },
                [this](std::string_view payload) { messages.emplace_back(payload); }}) {}

  int subscribed = 0;
  std::vector<std::string> messages;
  RestEventReader reader;
};

}  // namespace

TEST_CASE("RestEventReader: a stream as it is documented, cut at every byte, with any line end") {
  for (const std::string end : {"\n", "\r\n", "\r"}) {
    std::string stream;
    for (const char* line : {": hello", "data: subscribe,chat,1", "", "data: message,chat,hello",
                             "", "data:message,chat,how, are you?", "", "event: x", "id: 7",
                             "data: message,other,not ours", "", "data: message,chat,", ""}) {
      stream += line + end;
    }
    for (std::size_t cut = 0; cut <= stream.size(); ++cut) {
      HeardEvents heard;
      CHECK(heard.reader.Take(stream.substr(0, cut)));
      CHECK(heard.reader.Take(stream.substr(cut)));
      CHECK(heard.subscribed == 1);
      CHECK(heard.messages == std::vector<std::string>{"hello", "how, are you?", ""});
    }
  }
}

TEST_CASE("RestEventReader: a channel with commas is told from its payload") {
  HeardEvents heard("a,b");
  CHECK(heard.reader.Take("data: message,a,b,c\ndata: message,a,x\ndata: subscribe,a,b,1\n"));
  CHECK(heard.messages == std::vector<std::string>{"c"});
  CHECK(heard.subscribed == 1);
}

TEST_CASE("RestEventReader: a line beyond every measure ends it (rule R4)") {
  HeardEvents heard;
  CHECK(heard.reader.Take("data: message,chat," + std::string(100, 'x') + "\n"));
  CHECK(heard.messages.size() == 1);
  CHECK_FALSE(heard.reader.Take("data: message,chat," + std::string(200, 'x') + "\n"));
  HeardEvents endless;
  bool taken = true;
  for (int i = 0; taken && i < 10; ++i) taken = endless.reader.Take(std::string(50, 'x'));
  CHECK_FALSE(taken);
}
