#include <doctest/doctest.h>

#include <algorithm>
#include <optional>
#include <string>

#include "support/api_fixture.h"
#include "support/credentials.h"
#include "support/fake_entry_store.h"

using namespace vcache;
using cache::ContentKind;
using test::ApiFixture;
using test::Body;
using test::FakeEntryStore;
using test::MakeEntry;
using test::MakeKey;

namespace {

const std::string kImportToken = "0123456789abcdef-token";
const std::string kImportReader = "fedcba9876543210-token";

struct ImportBench {
  explicit ImportBench(const cache::KeySpace& keys = cache::KeySpace()) {
    api::ApiOptions options;
    options.keys = keys;
    options.authenticator = test::Accepting(
        {.admin_tokens = {{"ops", Secret(kImportToken), AccessScope::kAdmin},
                          {"eye", Secret(kImportReader), AccessScope::kAdminRead}}});
    api::BackingStore backing;
    backing.entries = &entries;
    bench.emplace(std::move(options), true, std::move(backing), analysis::BudgetOptions{}, keys);
  }
  http::Response Ask(const std::string& body, const std::string& token = kImportToken) {
    return bench->Send(
        {"POST", "/api/admin/cache/import", {{"Authorization", "Bearer " + token}}, body});
  }
  Json Take(const std::string& body) {
    const auto answer = Ask(body);
    CHECK(answer.status == 200);
    return Body(answer);
  }

  FakeEntryStore entries;
  std::optional<ApiFixture> bench;
};

std::string ImportLine(const cache::CacheKey& key, const std::string& ttl = "60000",
                       const std::string& more = "") {
  return "{\"key\":\"" + key.ToString() + "\",\"ttlMs\":" + ttl + more +
         ",\"value\":" + cache::EncodeEntry(*MakeEntry(key), {.compress_min_bytes = SIZE_MAX}) +
         "}\n";
}

}  // namespace

TEST_CASE("import: each entry once; a second import changes nothing") {
  ImportBench world;
  std::string body;
  for (unsigned i = 0; i < 1'300; ++i) body += ImportLine(MakeKey(i));
  body += "{\"end\":true,\"entries\":1300}\n";
  Json report = world.Take(body);
  CHECK(report["imported"] == 1'300);
  CHECK(report["kept"] == 0);
  CHECK(report["refused"] == 0);
  CHECK(report["complete"] == true);
  CHECK(report["errors"].empty());
  REQUIRE(world.entries.kept.size() == 1'300);
  CHECK(world.entries.kept.front().key == MakeKey(0));
  CHECK(world.entries.kept.front().ttl == std::chrono::seconds(60));
  CHECK(world.entries.kept.front().entry->verdict.ai_score == 87.5);
  CHECK(*std::max_element(world.entries.merged.begin(), world.entries.merged.end()) <= 500);
  CHECK(world.entries.merged.size() >= 3);
  report = world.Take(body);
  CHECK(report["imported"] == 0);
  CHECK(report["kept"] == 1'300);
}

TEST_CASE("import: a damaged line is refused with its number, and the others are taken") {
  ImportBench world;
  const auto refused = [&](const std::string& line, const std::string& reason) {
    CAPTURE(line.substr(0, 200));
    const Json report =
        world.Take("\n" + ImportLine(MakeKey(1)) + line + "\n" + ImportLine(MakeKey(2)));
    CHECK(report["refused"] == 1);
    CHECK(report["complete"] == false);
    CHECK(report["errors"][0]["line"] == 3);
    CHECK(report["errors"][0]["reason"].get<std::string>().find(reason) != std::string::npos);
    CHECK(world.entries.kept.size() == 2);
  };
  const std::string good = ImportLine(MakeKey(3));
  const auto with = [&](std::string from, const std::string& to) {
    std::string line = good.substr(0, good.size() - 1);
    return line.replace(line.find(from), from.size(), to);
  };
  refused(good.substr(0, good.size() / 2), "JSON");
  refused("[]", "object");
  refused(with("\"key\":\"analysis:", "\"key\":\"user:"), "64");
  refused(with("\"ttlMs\":60000", "\"ttlMs\":0"), "ttlMs");
  refused(with("\"ttlMs\":60000", "\"ttlMs\":\"1\""), "ttlMs");
  refused(with("\"ttlMs\":60000", "\"ttlMs\":604800001"), "CACHE_TTL_ANALYSIS");
  refused(with("\"ttlMs\":60000,", ""), "ttlMs");
  refused(with("\"ttlMs\":60000", "\"ttlMs\":60000,\"kind\":\"text\""), "kind");
  refused(with("\"ttlMs\":60000", "\"ttlMs\":60000,\"life\":1"), "life");
  refused(with("\"ttlMs\":60000", "\"ttlMs\":60000,\"ttlMs\":60000"), "twice");
  refused(with("\"ttlMs\":60000", "\"ttlMs\":60000,\"keyed\":true"), "KEY_SECRET");
  refused(with("\"aiScore\":87.5", "\"aiScore\":187.5"), "");
  refused(with("\"aiScore\":87.5", "\"demo\":true,\"aiScore\":87.5"), "demonstration");
  refused(with("\"v\":1", "\"v\":2"), "newer");
  refused(with("\"sha256\":\"", "\"sha256\":\"0"), "another content");
  refused(std::string(600'000, 'x'), "512 KiB");
  refused("{\"key\":\"" + MakeKey(4).ToString() + "\",\"ttlMs\":5,\"value\":7}", "object");
}

TEST_CASE("import: of many refusals twenty are shown, and all are counted") {
  ImportBench world;
  std::string body;
  for (int i = 0; i < 30; ++i) body += "x\r\n";
  const Json report = world.Take(body);
  CHECK(report["refused"] == 30);
  REQUIRE(report["errors"].size() == 20);
  CHECK(report["errors"][19]["line"] == 20);
}

TEST_CASE("import: of two lines with one key the newer verdict counts") {
  ImportBench world;
  cache::Entry newer = *MakeEntry(MakeKey(1), 12);
  newer.stored_at += std::chrono::seconds(1);
  const std::string line = "{\"key\":\"" + MakeKey(1).ToString() +
                           "\",\"ttlMs\":1000,\"value\":" + cache::EncodeEntry(newer) + "}";
  const Json report = world.Take(ImportLine(MakeKey(1)) + line);  // without a last line break
  CHECK(report["imported"] == 1);
  CHECK(report["kept"] == 1);
  CHECK(world.entries.kept[0].entry->verdict.ai_score == 12);
}

TEST_CASE("import: an entry of other software without an end gets its kind's life") {
  ImportBench world;
  const auto text = MakeKey(1, ContentKind::kText);
  const std::string line =
      "{\"key\":\"" + text.ToString() + "\",\"ttlMs\":null,\"value\":{\"aiScore\":12}}";
  CHECK(world.Take(line)["imported"] == 1);
  CHECK(world.entries.kept[0].ttl == std::chrono::seconds(2'592'000));
  CHECK(world.entries.kept[0].entry->foreign);
}

TEST_CASE("import: with a secret, plain keys become keyed ones") {
  const cache::KeySpace keys({.prefix = "", .secret = Secret("a secret of some length")});
  ImportBench world(keys);
  CHECK(world.Take(ImportLine(MakeKey(1)))["imported"] == 1);
  CHECK(world.entries.kept[0].key.digest == keys.StoredDigest(MakeKey(1)));
  // One that is keyed already stays as it is.
  CHECK(world.Take(ImportLine(MakeKey(2), "5000", ",\"keyed\":true"))["imported"] == 1);
  CHECK(world.entries.kept[1].key == MakeKey(2));
}

TEST_CASE("import: who may, and what it needs") {
  ImportBench world;
  CHECK(world.Ask(ImportLine(MakeKey(1)), kImportReader).status == 403);
  CHECK(world.bench->Send({"POST", "/api/admin/cache/import"}).status == 401);
  CHECK(world.Ask("").status == 411);
  CHECK(world.entries.kept.empty());
  world.entries.fails_after = 0;
  const auto away = world.Ask(ImportLine(MakeKey(1)));
  CHECK(away.status == 503);
  CHECK(Body(away)["error"].get<std::string>().find("Send the same again") != std::string::npos);
  world.entries.fails_after.reset();
  CHECK(world.Take(ImportLine(MakeKey(1)))["imported"] == 1);  // none is counted as under way
}
