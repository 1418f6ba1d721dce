#include <doctest/doctest.h>

#include <string>

#include "integration/cache/sqlite/sqlite_fixture.h"
#include "support/entry_store_conformance.h"

// What administrators see of the local store.

using namespace vcache;         // NOLINT: a test
using namespace vcache::cache;  // NOLINT: a test

TEST_CASE("SqliteStore: keeps every promise of an EntryStore") {
  test::RunEntryStoreConformance([] { return std::make_unique<test::SqliteUnderTest>(); });
}

TEST_CASE("SqliteStore with prefix and secret: keeps every promise of an EntryStore") {
  test::RunEntryStoreConformance([] {
    return std::make_unique<test::SqliteUnderTest>(
        KeySpace({.prefix = "site:", .secret = Secret("a secret of some length")}));
  });
}
