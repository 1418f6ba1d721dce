#include <doctest/doctest.h>

#include <algorithm>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "support/api_fixture.h"
#include "support/credentials.h"
#include "support/fake_entry_store.h"
#include "vcache/http/parsing/body_stream.h"

using namespace vcache;
using test::ApiFixture;
using test::Body;
using test::FakeEntryStore;
using test::MakeKey;
using Kind = http::BodyStream::Step::Kind;

namespace {

const std::string kExportToken = "0123456789abcdef-token";

struct ExportBench {
  explicit ExportBench(const cache::KeySpace& keys = cache::KeySpace()) {
    api::ApiOptions options;
    options.keys = keys;
    options.authenticator = test::AcceptingAdmin(kExportToken);
    api::BackingStore backing;
    backing.entries = &entries;
    bench.emplace(std::move(options), true, std::move(backing), analysis::BudgetOptions{}, keys);
  }
  http::Response Ask(const std::string& query = "") {
    return bench->Send(
        {"GET", "/api/admin/cache/export" + query, {{"Authorization", "Bearer " + kExportToken}}});
  }

  FakeEntryStore entries;
  std::optional<ApiFixture> bench;
};

/// Takes a body as a connection does: asks again when it is woken.
class Taker {
 public:
  explicit Taker(http::BodyStream& stream) : stream_(stream) {
    stream_.Open([wakes = wakes_] { wakes->Note(); });
  }
  /// The next step that brings text, or the end.
  Kind Next(std::string& text) {
    for (;;) {
      std::string piece;
      const auto step = stream_.Produce(piece, false);
      text += piece;
      if (step.kind != Kind::kWait) return step.kind;
      if (!piece.empty()) return step.kind;
      wakes_->Await();
    }
  }
  /// The whole body.
  std::string All() {
    std::string text;
    while (Next(text) == Kind::kWait) {
    }
    return text;
  }

 private:
  /// Outlives the taker: who wakes it may still hold the lock when the taker has all.
  class Wakes {
   public:
    void Note() {
      const std::lock_guard lock(mutex_);
      if (woken_.has_value())
        std::exchange(woken_, std::nullopt)->set_value();
      else
        early_ = true;
    }
    void Await() {
      std::future<void> told;
      {
        const std::lock_guard lock(mutex_);
        if (std::exchange(early_, false)) return;
        told = woken_.emplace().get_future();
      }
      told.get();
    }

   private:
    std::mutex mutex_;
    std::optional<std::promise<void>> woken_;
    bool early_ = false;
  };

  http::BodyStream& stream_;
  const std::shared_ptr<Wakes> wakes_ = std::make_shared<Wakes>();
};

std::vector<Json> Lines(const std::string& text) {
  std::vector<Json> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(*ParseJson(line));
  return lines;
}

}  // namespace

TEST_CASE("export: one line for each entry, and a last one that says that it is complete") {
  ExportBench world;
  for (unsigned i = 0; i < 250; ++i) world.entries.Add(MakeKey(i));
  const auto answer = world.Ask();
  CHECK(answer.status == 200);
  CHECK(test::Header(answer, "Content-Type") == "application/x-ndjson");
  REQUIRE(answer.stream != nullptr);
  const auto lines = Lines(Taker(*answer.stream).All());
  REQUIRE(lines.size() == 251);
  for (std::size_t i = 0; i < 250; ++i) {
    CHECK(lines[i]["key"] == world.entries.kept[i].key.ToString());
    CHECK(lines[i]["kind"] == "analysis");
    CHECK(lines[i]["ttlMs"] == 60'000);
    CHECK(lines[i]["value"]["aiScore"] == 87.5);
    CHECK_FALSE(lines[i].contains("keyed"));
  }
  CHECK(lines.back() == Json::object({{"end", true}, {"entries", 250}}));
}

TEST_CASE("export: nothing more is read before the client has taken what there is") {
  ExportBench world;
  for (unsigned i = 0; i < 350; ++i) world.entries.Add(MakeKey(i));
  const auto answer = world.Ask();
  CHECK(world.entries.queries.size() == 1);  // the first page, before the answer
  Taker taker(*answer.stream);
  std::string text;
  CHECK(taker.Next(text) == Kind::kWait);
  CHECK(Lines(text).size() == 100);
  CHECK(taker.Next(text) == Kind::kWait);
  CHECK(Lines(text).size() == 200);
  text += taker.All();
  CHECK(Lines(text).size() == 351);
  CHECK(world.entries.queries.size() == 4);
}

TEST_CASE("export: large entries do not add up in memory") {
  ExportBench world;
  for (unsigned i = 0; i < 20; ++i) {
    world.entries.Add(MakeKey(i));
    world.entries.kept.back().json = "{\"aiScore\":1,\"x\":\"" + std::string(100'000, 'x') + "\"}";
  }
  const auto answer = world.Ask();
  std::string text;
  Taker taker(*answer.stream);
  taker.Next(text);
  CHECK(text.size() < 400'000);
  text += taker.All();
  CHECK(Lines(text).size() == 21);
}

TEST_CASE("export: a store that fails in the middle leaves no complete file") {
  ExportBench world;
  for (unsigned i = 0; i < 250; ++i) world.entries.Add(MakeKey(i));
  world.entries.fails_after = 150;
  const auto answer = world.Ask();
  REQUIRE(answer.status == 200);
  const auto lines = Lines(Taker(*answer.stream).All());
  CHECK(lines.back()["end"] == false);
  CHECK(lines.back()["code"] == "store_unavailable");
  CHECK(std::none_of(lines.begin(), lines.end(),
                     [](const Json& line) { return line.value("end", false); }));
}

TEST_CASE("export: what is unreadable is left out and counted") {
  ExportBench world;
  world.entries.Add(MakeKey(1));
  world.entries.Add(MakeKey(2));
  world.entries.kept[0].entry = nullptr;
  world.entries.kept[0].json.clear();
  world.entries.kept[1].life_known = false;
  const auto lines = Lines(Taker(*world.Ask().stream).All());
  REQUIRE(lines.size() == 2);
  CHECK(lines[0]["ttlMs"].is_null());
  CHECK(lines[1] == Json::object({{"end", true}, {"entries", 1}, {"unreadable", 1}}));
}

TEST_CASE("export: a selection, and the mark of names that are keyed") {
  ExportBench world(cache::KeySpace({.prefix = "", .secret = Secret("a secret of some length")}));
  world.entries.Add(MakeKey(1));
  world.entries.Add(MakeKey(1, cache::ContentKind::kText));
  const auto lines = Lines(Taker(*world.Ask("?match=text:*").stream).All());
  REQUIRE(lines.size() == 2);
  CHECK(lines[0]["kind"] == "text");
  CHECK(lines[0]["keyed"] == true);
}

TEST_CASE("export: errors before the first line are answers") {
  ExportBench world;
  world.entries.Add(MakeKey(1));
  CHECK(world.Ask("?match=%5B").status == 400);
  CHECK(world.Ask("?limit=5").status == 400);
  CHECK(world.bench->Send({"GET", "/api/admin/cache/export"}).status == 401);
  world.entries.fails_after = 0;
  CHECK(world.Ask().status == 503);
  world.entries.fails_after.reset();
  std::vector<http::Response> open;
  for (int i = 0; i < 4; ++i) open.push_back(world.Ask());
  CHECK(open.back().status == 200);
  CHECK(Body(world.Ask())["code"] == "overloaded");
  open.clear();
  CHECK(world.Ask().status == 200);
}
