#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "vcache/analysis/analysis_service.h"
#include "vcache/content/content_digest.h"
#include "vcache/content/media/media_identity.h"
#include "vcache/content/spool.h"
#include "vcache/core/bytes.h"
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

/// The upload as what is analysed, under its name.
analysis::Content ContentOf(Upload upload);

struct UploadLimits {
  std::uint64_t max_bytes = 0;
  content::SpoolOptions spool;
  std::shared_ptr<content::SpoolBudget> budget;  ///< Of all uploads; null: no limits.
  std::string client;                            ///< Whose part of that budget it is.
};

/// Reads the body of `POST /api/analysis/file`, piece by piece: multipart with one field `file`, or
/// raw bytes of type `image/...`, `video/...` or `application/octet-stream`. One thread at a time.
class UploadReader {
 public:
  virtual ~UploadReader() = default;

  /// Looks at the head only (rule H6). Errors: kBadRequest, kLengthRequired, kTooLarge,
  /// kUnsupportedMediaType, kOverloaded.
  static Result<std::unique_ptr<UploadReader>> Open(const http::Request& request,
                                                    const UploadLimits& limits);

  /// The next piece of the body: hashed, spooled, its size and first bytes checked. Errors:
  /// kBadRequest, kTooLarge, kUnsupportedMediaType, kOverloaded, kIo.
  virtual Result<void> Take(ByteView piece) = 0;
  /// The upload, once the body is complete; checks the whole file. Errors as of `Take`.
  virtual Result<Upload> Finish() = 0;
};

}  // namespace vcache::api
