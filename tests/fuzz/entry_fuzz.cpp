// Whatever a store holds, reading it never crashes and never yields a score that is none.
#include "fuzz/cheap.h"
#include "vcache/cache/entry.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const vcache::cache::CacheKey key{};
  vcache::fuzz::RequireCheap(size, 128, [&] {
    const auto entry = vcache::cache::DecodeEntry(vcache::fuzz::Text(data, size), key, true);
    vcache::fuzz::Require(!entry || vcache::IsScore(entry->verdict.ai_score), "a score is one");
  });
  return 0;
}
