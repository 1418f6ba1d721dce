#include "vcache/core/random_id.h"

#include <sys/random.h>

#include <array>
#include <cstdlib>

#include "vcache/core/hex.h"

namespace vcache {

std::string RandomId() {
  std::array<unsigned char, 16> bytes;
  // getrandom(2) fills requests of up to 256 bytes completely and without interruption.
  if (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) {
    std::abort();
  }
  return ToHex(std::as_bytes(std::span(bytes)));
}

}  // namespace vcache
