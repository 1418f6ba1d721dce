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

/// A complete image or video, hashed and spooled during the upload.
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

/// Reads the body of `POST /api/analysis/file`: multipart with one field `file`, or raw bytes of
/// type `image/...`, `video/...` or `application/octet-stream`. Checks the head before the body
/// (rule H6), size and first bytes during it, the whole file at the end. Errors: kBadRequest,
/// kLengthRequired, kTooLarge, kUnsupportedMediaType, kIo and those of the body.
Result<Upload> ReadUpload(http::Request& request, const UploadLimits& limits);

}  // namespace vcache::api
