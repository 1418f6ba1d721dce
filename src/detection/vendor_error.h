#pragma once

#include <string_view>

#include "vcache/core/error.h"

namespace vcache::detection {

/// An error whose one sentence begins with the vendor's name.
Error VendorError(std::string_view vendor, ErrorCode code, std::string_view sentence,
                  Charge charge);

/// The vendor cannot judge this content. `sentence` is for the client: no variable, nothing of the
/// account.
Error ContentRefused(std::string_view vendor, std::string_view sentence, Charge charge);

}  // namespace vcache::detection
