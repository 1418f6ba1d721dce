#pragma once

#include <optional>
#include <vector>

#include "vcache/content/content_digest.h"
#include "vcache/core/result.h"
#include "vcache/http/parsing/message.h"

namespace vcache::api {

/// The SHA-256 that `Content-Digest` and `Repr-Digest` (RFC 9530) state; empty: neither states one.
/// Both cover the bytes of the body as they are sent, also of a form: requests have no content
/// coding, so content and representation are the same. Other algorithms are ignored. Errors:
/// kBadRequest for a malformed field (a dictionary of byte sequences, RFC 8941), and for digests
/// that contradict each other.
Result<std::optional<content::ContentDigest>> StatedDigest(const http::Headers& headers);

}  // namespace vcache::api
