#include <doctest/doctest.h>

#include <algorithm>
#include <string>

#include "support/api_fixture.h"
#include "support/credentials.h"
#include "support/fake_entry_store.h"

using namespace vcache;
using namespace std::chrono_literals;
using cache::ContentKind;
using test::ApiFixture;
using test::Body;
using test::FakeEntryStore;
using test::MakeKey;

namespace {

const std::string kEntriesToken = "0123456789abcdef-token";
const std::string kReaderToken = "fedcba9876543210-token";
const std::string kList = "/api/admin/cache/entries";

/// The routes over a store whose entries the test chooses.
struct EntryBench {
  explicit EntryBench(const cache::KeySpace& keys = cache::KeySpace())
      : bench(Options(keys), true, Backing(entries), {}, keys) {}

  static api::ApiOptions Options(const cache::KeySpace& keys) {
    api::ApiOptions options;
    options.keys = keys;
    options.authenticator =
        test::Accepting({.admin_tokens = {{"ops", Secret(kEntriesToken), AccessScope::kAdmin},
                                          {"eye", Secret(kReaderToken), AccessScope::kAdminRead}}});
    return options;
  }
  static api::BackingStore Backing(cache::EntryStore& entries) {
    api::BackingStore backing;
    backing.entries = &entries;
    return backing;
  }
  http::Response Ask(const std::string& method, const std::string& target,
                     const std::string& token = kEntriesToken) {
    return bench.Send({method, target, {{"Authorization", "Bearer " + token}}});
  }

  FakeEntryStore entries;
  ApiFixture bench;
};

}  // namespace

TEST_CASE("entries: a listing tells what each is worth and how long it lives") {
  EntryBench world;
  const auto key = MakeKey(1);
  world.entries.Add(key, 90s);
  world.bench.clock.Advance(30s);
  const Json body = Body(world.Ask("GET", kList, kReaderToken));
  CHECK(body["count"] == 1);
  CHECK(body["nextCursor"].is_null());
  const Json& entry = body["entries"][0];
  CHECK(entry["key"] == key.ToString());
  CHECK(entry["kind"] == "analysis");
  CHECK(entry["ttlSeconds"] == 90);
  CHECK(entry["ageSeconds"] == 30);
  CHECK(entry["storedAt"] == "2026-01-01T00:00:00Z");
  CHECK(entry["bytes"] == 61'720);
  CHECK(entry["mediaType"] == "image/jpeg");
  CHECK(entry["costUsd"] == 0.01);
  CHECK(entry["vendors"] == Json::array({"sightengine"}));
  CHECK(entry["aiScore"] == 87.5);
  CHECK(entry["verdict"]["key"] == "likely_ai");
  CHECK(entry["storedBytes"].get<int>() > 100);
}

TEST_CASE("entries: what is unreadable says why, and what is unknown is null") {
  EntryBench world;
  cache::KeptEntry damaged;
  damaged.key = MakeKey(1);
  damaged.problem = "The entry is no JSON object.";
  damaged.life_known = false;
  world.entries.kept = {damaged};
  const Json entry = Body(world.Ask("GET", kList))["entries"][0];
  CHECK(entry["unreadable"] == "The entry is no JSON object.");
  CHECK(entry["ttlSeconds"].is_null());
  CHECK_FALSE(entry.contains("aiScore"));
}

TEST_CASE("entries: pages lead on to the next by their cursor") {
  EntryBench world;
  for (unsigned i = 0; i < 250; ++i) world.entries.Add(MakeKey(i));
  CHECK(Body(world.Ask("GET", kList))["count"] == 100);  // unless told otherwise
  std::string cursor;
  std::size_t seen = 0;
  for (int page = 0; page < 3; ++page) {
    const Json body = Body(world.Ask("GET", kList + "?limit=90&cursor=" + cursor));
    seen += body["count"].get<std::size_t>();
    cursor = body["nextCursor"].is_null() ? "" : body["nextCursor"].get<std::string>();
  }
  CHECK(seen == 250);
  CHECK(cursor.empty());
  CHECK(Body(world.Ask("GET", kList + "?limit=1000"))["count"] == 250);
}

TEST_CASE("entries: match takes the patterns of a clear, and the first digits of a hash") {
  EntryBench world;
  const auto asked = [&](const std::string& match) {
    CHECK(world.Ask("GET", kList + "?match=" + match).status == 200);
    return world.entries.queries.back().pattern.text();
  };
  CHECK(asked("analysis:*") == "analysis:*");
  CHECK(asked("text:ab*") == "text:ab*");
  CHECK(asked("ab12") == "*:ab12*");
  const std::string hash(64, 'a');
  CHECK(asked(hash) == "*:" + hash);
  CHECK(asked("text:" + hash) == "text:" + hash);
}

TEST_CASE("entries: a wrong question is named, and the store is not asked") {
  EntryBench world;
  const auto refused = [&](const std::string& query, const std::string& named) {
    CAPTURE(query);
    const auto answer = world.Ask("GET", kList + query);
    CHECK(answer.status == 400);
    CHECK(Body(answer)["error"].get<std::string>().find(named) != std::string::npos);
  };
  refused("?limit=0", "1 to 1000");
  refused("?limit=1001", "1 to 1000");
  refused("?limit=ten", "1 to 1000");
  refused("?match=%5B", "lower-case");
  refused("?match=", "1 to 128");
  refused("?match=" + std::string(300, 'a'), "1 to 128");
  refused("?match=AB", "lower-case");
  refused("?pattern=*", "\"pattern\"");
  refused("?limit=1&limit=2", "limit");
  refused("/analysis:12", "64");
  refused("/user:" + std::string(64, 'a'), "64");
  refused("/analysis:" + std::string(64, 'A'), "64");
  CHECK(world.entries.queries.empty());
}

TEST_CASE("entries: one shows the whole stored verdict") {
  EntryBench world;
  const auto file = MakeKey(1);
  const auto text = MakeKey(2, ContentKind::kText);
  world.entries.Add(file);
  world.entries.Add(text);
  const Json body = Body(world.Ask("GET", kList + "/" + file.ToString(), kReaderToken));
  CHECK(body["entry"]["key"] == file.ToString());
  CHECK(body["entry"]["stored"]["aiScore"] == 87.5);
  CHECK(body["entry"]["stored"]["cache"]["costMicros"] == 10'000);
  CHECK(Body(world.Ask("GET", kList + "/" + text.digest.ToHex()))["entry"]["kind"] == "text");
  CHECK(world.Ask("GET", kList + "/" + MakeKey(3).ToString()).status == 404);
  const auto unknown = world.Ask("GET", kList + "/" + MakeKey(3).ToString());
  CHECK(Body(unknown)["code"] == "not_cached");
}

TEST_CASE("entries: with a secret one is found by its stored name and by the content's hash") {
  const cache::KeySpace keys({.prefix = "", .secret = Secret("a secret of some length")});
  EntryBench world(keys);
  const auto key = MakeKey(1);
  const cache::CacheKey stored{key.kind, keys.StoredDigest(key)};
  world.entries.Add(stored);
  for (const auto& name : {key.ToString(), stored.ToString()}) {
    CAPTURE(name);
    CHECK(Body(world.Ask("GET", kList + "/" + name))["entry"]["key"] == stored.ToString());
  }
  CHECK(world.Ask("GET", kList + "?match=ab12").status == 400);
  CHECK(world.Ask("GET", kList + "?match=" + key.digest.ToHex()).status == 200);
  CHECK(world.entries.queries.back().pattern.text() == "*:" + stored.digest.ToHex());
}

TEST_CASE("entries: one is removed by its key or its hash, with a warning that says who") {
  for (const bool by_hash : {false, true}) {
    CAPTURE(by_hash);
    EntryBench world;
    const auto said = Body(world.bench.SendText(ApiFixture::Text()));
    const std::string key = said["cache"]["key"];
    const std::string name = by_hash ? key.substr(key.find(':') + 1) : key;
    CHECK(world.Ask("DELETE", kList + "/" + name, kReaderToken).status == 403);
    CHECK(world.Ask("DELETE", kList + "/" + name + "?dryRun=1").status == 400);
    CHECK(test::Header(world.bench.SendText(ApiFixture::Text()), "X-Cache") == "HIT");
    const auto removed = world.Ask("DELETE", kList + "/" + name);
    CHECK(removed.status == 200);
    CHECK(Body(removed)["removed"] == 1);
    const auto lines = world.bench.logger.lines();
    CHECK(std::any_of(lines.begin(), lines.end(), [](const auto& line) {
      return line.level == LogLevel::kWarn && line.message == "Cache entry removed" &&
             line.fields.find("caller=admin:ops") != std::string::npos;
    }));
    CHECK(test::Header(world.bench.SendText(ApiFixture::Text()), "X-Cache") == "MISS");
    CHECK(world.Ask("DELETE", kList + "/" + name).status == 200);
    CHECK(world.Ask("DELETE", kList + "/" + name).status == 404);
  }
}

TEST_CASE("entries: without a store, and while it is away") {
  EntryBench world;
  world.entries.Add(MakeKey(1));
  world.entries.fails_after = 0;
  const auto away = world.Ask("GET", kList);
  CHECK(away.status == 503);
  CHECK(Body(away)["code"] == "store_unavailable");
  api::ApiOptions options = EntryBench::Options(cache::KeySpace());
  ApiFixture none(options);
  const auto answer = none.Send({"GET", kList, {{"Authorization", "Bearer " + kEntriesToken}}});
  CHECK(answer.status == 404);
  CHECK(Body(answer)["error"].get<std::string>().find("CACHE_DIR") != std::string::npos);
}

TEST_CASE("test/cache: a sample that says whether it is all, and a GET that clears nothing") {
  EntryBench world;
  for (unsigned i = 0; i < 30; ++i) world.entries.Add(MakeKey(i));
  const Json body = Body(world.Ask("GET", "/api/test/cache?action=stats", kReaderToken));
  CHECK(body["totalKeys"] == 30);
  CHECK(body["isComplete"] == true);
  CHECK(body["sampleKeys"].size() == 10);
  CHECK(body["estimatedMemory"].get<std::size_t>() == 30 * world.entries.kept.front().stored_bytes);
  CHECK(body["timestamp"] == "2026-01-01T00:00:00Z");
  const auto refused = world.Ask("GET", "/api/test/cache?action=clear");
  CHECK(refused.status == 405);
  CHECK(Body(refused)["error"].get<std::string>().find("POST /api/cache/clear-all") !=
        std::string::npos);
  CHECK(world.Ask("GET", "/api/test/cache?action=flush").status == 400);
  CHECK(world.bench.Send({"GET", "/api/test/cache"}).status == 401);
  for (unsigned i = 30; i < 10'001; ++i) world.entries.Add(MakeKey(i));
  CHECK(Body(world.Ask("GET", "/api/test/cache"))["isComplete"] == false);
}
