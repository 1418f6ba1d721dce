#include "api/uuid.h"

#include <string_view>

#include "vcache/core/random_id.h"

namespace vcache::api {

std::string MakeUuid() {
  std::string id = RandomId();
  id[12] = '4';                                                            // the version
  id[16] = "89ab"[std::string_view("0123456789abcdef").find(id[16]) % 4];  // the variant
  for (const std::size_t dash : {8, 13, 18, 23}) id.insert(dash, 1, '-');
  return id;
}

}  // namespace vcache::api
