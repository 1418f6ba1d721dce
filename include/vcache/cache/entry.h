#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "vcache/cache/cache_key.h"
#include "vcache/core/result.h"
#include "vcache/core/usd.h"
#include "vcache/core/verdict.h"

namespace vcache::cache {

/// A verdict with the cache's data about it. Immutable once shared.
struct Entry {
  Verdict verdict;
  CacheKey key;
  WallTime stored_at{};    ///< `WallTime{}`: unknown, in some foreign entries.
  Usd cost{};              ///< Price of the call that made the verdict.
  std::string media_type;  ///< Empty for texts.
  std::uint64_t bytes = 0;
  /// Fingerprint of the vendors, models and options that made the verdict.
  std::string detectors;
  /// Written by other software, which does not record the cost.
  bool foreign = false;
  /// Read from a value of a later format version. Nothing here overwrites that.
  bool newer = false;
  /// When the entry expires. Used only inside stores that keep it in the value: they set it when
  /// they write and clear it when they read. Empty everywhere else.
  std::optional<WallTime> expires_at{};
  /// The id of the paid write that stored it, used as `expires_at` is: two replicas may pay for
  /// equal verdicts in the same second.
  std::string write_id{};
};

using SharedEntry = std::shared_ptr<const Entry>;

struct EntryFormatOptions {
  /// Entries of this size or more are stored as a zstd frame.
  std::size_t compress_min_bytes = 1024;
  /// A larger entry gets its `details` cut to a summary first.
  std::size_t max_bytes = 256 * 1024;
};

/// The stored form of an entry, as docs/cache-format.md specifies it. `stored_as` is the digest
/// that the value names (`KeySpace::StoredDigest`): with `KEY_SECRET` no value reveals a content's
/// own digest. The default is the content's own digest.
std::string EncodeEntry(const Entry& entry, const EntryFormatOptions& options,
                        const content::ContentDigest& stored_as);
std::string EncodeEntry(const Entry& entry, const EntryFormatOptions& options = {});

/// The error of a value of a later format version that this version cannot read.
inline constexpr ErrorCode kNewerVersion = ErrorCode::kNotImplemented;

/// Reads a stored value: compressed or not, ours or of other software. Errors: kStoreCorrupt when
/// it is unreadable or names another content than `key`; kNewerVersion; kNotCached, a miss, for a
/// foreign entry that must not be served (`demo`, no finite score). `accept_demo` accepts the
/// sandbox's own entries, which also carry `demo`. `stored_as`: as for `EncodeEntry`.
Result<Entry> DecodeEntry(std::string_view stored, const CacheKey& key, bool accept_demo,
                          const content::ContentDigest& stored_as);
Result<Entry> DecodeEntry(std::string_view stored, const CacheKey& key, bool accept_demo);

}  // namespace vcache::cache
