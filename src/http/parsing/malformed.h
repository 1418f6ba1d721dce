#pragma once

#include "vcache/core/error.h"

namespace vcache::http {

/// The error of a request that is not HTTP; `message` is a sentence for the client.
inline Error Malformed(const char* message) {
  return Error{ErrorCode::kBadRequest, message};
}

}  // namespace vcache::http
