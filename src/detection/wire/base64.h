#pragma once

#include <string>

#include "vcache/core/byte_source.h"
#include "vcache/core/result.h"

namespace vcache::detection {

/// The whole source in base64 with padding (RFC 4648, section 4). Errors: the source's. The caller
/// limits the size.
Result<std::string> Base64Of(ByteSource& source);

}  // namespace vcache::detection
