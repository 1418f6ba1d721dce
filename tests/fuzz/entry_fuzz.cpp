// libFuzzer entry point: whatever a store holds, reading it never crashes and never yields a score
// that is none. Built by hand with clang++ -fsanitize=fuzzer,address and the room's sources.

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "vcache/cache/entry.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view stored(reinterpret_cast<const char*>(data), size);
  const auto entry = vcache::cache::DecodeEntry(stored, vcache::cache::CacheKey{}, true);
  if (entry && !vcache::IsScore(entry->verdict.ai_score)) std::abort();
  return 0;
}
