#pragma once

#include <string_view>

#include "vcache/core/error.h"

namespace vcache::detection {

/// A failure in one sentence that begins with the vendor's name.
Error VendorError(std::string_view vendor, ErrorCode code, std::string_view sentence,
                  Charge charge);

/// The vendor does not judge this content, for a reason that lies in it and that its sender may
/// read: `sentence` names no variable and nothing of our account.
Error ContentRefused(std::string_view vendor, std::string_view sentence, Charge charge);

}  // namespace vcache::detection
