#include "detection/vendor_error.h"

#include <string>

namespace vcache::detection {

Error VendorError(std::string_view vendor, ErrorCode code, std::string_view sentence,
                  Charge charge) {
  return Error{code, std::string(vendor) + ": " + std::string(sentence), charge};
}

Error ContentRefused(std::string_view vendor, std::string_view sentence, Charge charge) {
  return ForEverybody(VendorError(vendor, ErrorCode::kVendorRefused, sentence, charge));
}

}  // namespace vcache::detection
