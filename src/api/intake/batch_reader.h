#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "api/intake/upload_reader.h"
#include "vcache/core/bytes.h"
#include "vcache/core/result.h"
#include "vcache/http/parsing/message.h"

namespace vcache::api {

inline constexpr std::size_t kMostBatchFiles = 20;

/// One file of a batch; its upload is an error where it cannot be analysed.
struct BatchFile {
  std::string file_name;
  Result<Upload> upload;
};

/// Reads the form of `POST /api/analysis/batch`, piece by piece: up to 20 files in fields `files`
/// or `file`, and `type` and `maxAttempts`. The limit of an upload holds for all files together. A
/// file that cannot be analysed does not end the batch. One thread at a time.
class BatchReader {
 public:
  virtual ~BatchReader() = default;

  /// Looks at the head only. Errors: kBadRequest, kLengthRequired, kTooLarge,
  /// kUnsupportedMediaType, kOverloaded.
  static Result<std::unique_ptr<BatchReader>> Open(const http::Request& request,
                                                   const UploadLimits& limits);

  /// Errors end the batch: kBadRequest, kTooLarge.
  virtual Result<void> Take(ByteView piece) = 0;
  /// The files in their order, at least one. Error: kBadRequest.
  virtual Result<std::vector<BatchFile>> Finish() = 0;
};

}  // namespace vcache::api
