#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "vcache/content/content_digest.h"
#include "vcache/core/access.h"

namespace vcache::api {

/// Keys by their SHA-256. Immutable and thread-safe.
class KeyRing {
 public:
  explicit KeyRing(const std::vector<NamedKey>& keys);

  struct Owner {
    std::string name;
    AccessScope scope;
    CallerLimits limits;
  };
  /// Whose key this is; null for nobody's. The candidate's hash is compared with that of every key
  /// and to the last byte, so the time tells nothing of the keys.
  const Owner* Find(std::string_view candidate) const;

 private:
  struct Entry {
    content::ContentDigest digest;
    Owner owner;
  };
  std::vector<Entry> entries_;
};

}  // namespace vcache::api
