#pragma once

#include <memory>

#include "vcache/cache/budget_store.h"
#include "vcache/cache/key_space.h"
#include "vcache/redis/resp_client.h"

namespace vcache::cache {

struct RedisBudgetOptions {
  /// A script may touch keys of one hash slot only, as in a cluster. The windows are then claimed
  /// one after the other, and what was claimed is taken back when a later one does not fit: never
  /// too much is granted, but who asks in that moment may be refused though the last cent would
  /// just have been free for it.
  bool one_slot_scripts = false;
};

/// Sums in a Redis, as docs/cache-format.md specifies: a reservation is one script and one round
/// trip. The client must outlive it.
std::unique_ptr<BudgetStore> MakeRedisBudgetStore(RedisBudgetOptions options, KeySpace keys,
                                                  redis::RespClient& client);

}  // namespace vcache::cache
