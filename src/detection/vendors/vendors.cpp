#include "vcache/detection/vendors/vendors.h"

#include <utility>

namespace vcache::detection {

std::shared_ptr<Detector> MakeVendor(VendorId id, VendorOptions options, const VendorParts& parts) {
  switch (id) {
#define VCACHE_CASE(name) \
  case VendorId::k##name: \
    return Make##name(std::move(options), parts);
    VCACHE_BUILT_IN_VENDORS(VCACHE_CASE)
#undef VCACHE_CASE
    case VendorId::kCustom:
      break;
  }
  return nullptr;
}

}  // namespace vcache::detection
