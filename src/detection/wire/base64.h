#pragma once

#include <string>

#include "vcache/core/byte_source.h"
#include "vcache/core/result.h"

namespace vcache::detection {

/// Everything that the source has, in base64 with padding (RFC 4648, section 4). The errors are the
/// source's. The caller bounds what a source may have.
Result<std::string> Base64Of(ByteSource& source);

}  // namespace vcache::detection
