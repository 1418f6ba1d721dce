#pragma once

#include <memory>

#include "vcache/cache/budget_store.h"
#include "vcache/cache/key_space.h"
#include "vcache/redis/resp_client.h"

namespace vcache::cache {

struct RedisBudgetOptions {
  /// Set for a cluster, where a script may use keys of one hash slot only: the sums get a hash tag.
  bool one_slot_scripts = false;
};

/// Sums in Redis, as docs/cache-format.md specifies; a reservation is one script and one round
/// trip. The client must outlive the store.
std::unique_ptr<BudgetStore> MakeRedisBudgetStore(RedisBudgetOptions options, KeySpace keys,
                                                  redis::RespClient& client);

}  // namespace vcache::cache
