#pragma once

#include <string>

#include "vcache/core/result.h"

namespace vcache::redis {

/// Whether a file of trusted certificates can be used; an empty name means the system's, unchecked.
/// Opens no connection. Error: kBadConfiguration, without the file's name, which may come from a
/// secret URL.
Result<void> CheckAuthorities(const std::string& ca_file);

}  // namespace vcache::redis
