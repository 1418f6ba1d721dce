#include "api/uuid.h"

#include "vcache/core/hex.h"
#include "vcache/core/random_id.h"

namespace vcache::api {

std::string MakeUuid() {
  std::string text = RandomId();
  text[12] = '4';
  text[16] = "89ab"[HexValue(text[16]) & 3];
  for (const std::size_t at : {8U, 13U, 18U, 23U}) text.insert(at, 1, '-');
  return text;
}

}  // namespace vcache::api
