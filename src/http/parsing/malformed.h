#pragma once

#include "vcache/core/error.h"

namespace vcache::http {

/// What a parser answers to a request that is no HTTP; `message` is a sentence for the client.
inline Error Malformed(const char* message) {
  return Error{ErrorCode::kBadRequest, message};
}

}  // namespace vcache::http
