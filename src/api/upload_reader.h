#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "vcache/content/content_digest.h"
#include "vcache/content/media/media_identity.h"
#include "vcache/content/spool.h"
#include "vcache/core/result.h"
#include "vcache/http/parsing/message.h"

namespace vcache::api {

/// One image or video that arrived whole: hashed and spooled on the way in.
struct Upload {
  content::ContentDigest digest;
  content::MediaIdentity media;
  std::shared_ptr<const content::Spool> spool;
  std::string file_name;
};

struct UploadLimits {
  std::uint64_t max_bytes = 0;
  content::SpoolOptions spool;
};

/// Reads the body of `POST /api/analysis/file`: multipart with one field `file`, or the raw bytes
/// with an `image/...`, `video/...` or `application/octet-stream` type. What the request's head
/// already decides is refused before a byte of the body is read (rule H6); size and first bytes are
/// checked while it arrives, and what only the whole file tells when it is there. Errors:
/// kBadRequest, kLengthRequired, kTooLarge, kUnsupportedMediaType, kIo and those of the body.
Result<Upload> ReadUpload(http::Request& request, const UploadLimits& limits);

}  // namespace vcache::api
