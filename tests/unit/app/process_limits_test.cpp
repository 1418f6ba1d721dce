#include "app/process_limits.h"

#include <doctest/doctest.h>

#include <cstdint>

using namespace vcache::app;

TEST_CASE("ConnectionsWithin: leaves room for what else needs descriptors") {
  CHECK(ConnectionsWithin(SIZE_MAX, 4096) == 4096);
  CHECK(ConnectionsWithin(4096 + 1024, 4096) == 4096);
  CHECK(ConnectionsWithin(4096 + 1023, 4096) == 4095);
  CHECK(ConnectionsWithin(4096, 4096) == 3072);
  CHECK(ConnectionsWithin(1024, 4096) == 512);
  CHECK(ConnectionsWithin(1024, 100) == 100);
  CHECK(ConnectionsWithin(64, 4096) == 32);
  CHECK(ConnectionsWithin(63, 4096) == 0);
  CHECK(ConnectionsWithin(0, 1) == 0);
}
