#pragma once

#include <string>

#include "vcache/core/result.h"

namespace vcache::redis {

/// Whether a file of trusted certificates can be used; an empty name stands for the system's, which
/// are taken as they are. Opens no connection. kBadConfiguration; the file is not named, as its
/// name may come from a URL that is a secret.
Result<void> CheckAuthorities(const std::string& ca_file);

}  // namespace vcache::redis
