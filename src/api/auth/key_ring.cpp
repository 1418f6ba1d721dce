#include "api/auth/key_ring.h"

#include <openssl/crypto.h>

#include "vcache/content/content_hasher.h"
#include "vcache/core/bytes.h"

namespace vcache::api {

KeyRing::KeyRing(const std::vector<NamedKey>& keys) {
  for (const NamedKey& key : keys) {
    if (key.value.empty()) continue;
    entries_.push_back(
        {content::DigestOf(AsBytes(key.value.Reveal())), {key.name, key.scope, key.limits}});
  }
}

const KeyRing::Owner* KeyRing::Find(std::string_view candidate) const {
  const content::ContentDigest digest = content::DigestOf(AsBytes(candidate));
  const Owner* found = nullptr;
  for (const Entry& entry : entries_) {
    const bool same = CRYPTO_memcmp(entry.digest.bytes().data(), digest.bytes().data(),
                                    content::kDigestSize) == 0;
    if (same) found = &entry.owner;
  }
  return found;
}

}  // namespace vcache::api
