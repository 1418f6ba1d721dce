#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "vcache/core/bytes.h"
#include "vcache/core/result.h"

namespace vcache::http {

/// A media type with its parameters, as in `Content-Type: multipart/form-data; boundary=x`.
struct MediaTypeHeader {
  std::string type;  ///< Lower case, `type/subtype`.
  std::optional<std::string> boundary;
  std::optional<std::string> charset;
};
/// Parameters in any order and case, quoted or not; empty when malformed or a parameter is
/// repeated.
std::optional<MediaTypeHeader> ParseMediaTypeHeader(std::string_view value);

/// The head of one part.
struct PartHead {
  std::string name;                      ///< Of the form field.
  std::optional<std::string> file_name;  ///< `filename*` decoded, else `filename`; no path is kept.
  std::string content_type;
};

/// What becomes of the parts. An error returned here ends the reading and is returned by it.
class MultipartSink {
 public:
  virtual ~MultipartSink() = default;
  virtual Result<void> OnPart(const PartHead& head) = 0;
  /// A piece of the current part's content; valid during the call only.
  virtual Result<void> OnData(ByteView data) = 0;
  virtual Result<void> OnPartEnd() = 0;
};

struct MultipartLimits {
  std::size_t max_parts = 32;
  std::size_t max_header_lines = 8;
  std::size_t max_header_line_bytes = 1024;
};

/// Reads `multipart/form-data` (RFC 7578) piece by piece, whatever the pieces (rule H17): linear
/// time, no copy of content except what a boundary may begin in (at most 74 bytes), memory
/// independent of the input. One thread at a time.
class MultipartReader {
 public:
  /// `boundary` as in the header: 1 to 70 characters of RFC 2046's set. The sink must outlive it.
  MultipartReader(std::string boundary, MultipartSink& sink, MultipartLimits limits = {});
  ~MultipartReader();

  static bool IsBoundary(std::string_view boundary) noexcept;

  /// kBadRequest when malformed or over a limit, with what and where; or the sink's error.
  Result<void> Feed(ByteView data);
  /// The body is over: kBadRequest when the closing boundary did not come (a truncated upload must
  /// never pass for a whole one).
  Result<void> Finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace vcache::http
