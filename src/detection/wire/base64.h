#pragma once

#include <string>

#include "vcache/core/byte_source.h"
#include "vcache/core/result.h"

namespace vcache::detection {

/// The whole source in padded base64 (RFC 4648, section 4). The caller limits the size.
Result<std::string> Base64Of(ByteSource& source);

}  // namespace vcache::detection
