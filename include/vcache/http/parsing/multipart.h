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
/// Accepts parameters in any order and case. Empty when malformed or a parameter is repeated.
std::optional<MediaTypeHeader> ParseMediaTypeHeader(std::string_view value);

struct PartHead {
  std::string name;                      ///< Of the form field.
  std::optional<std::string> file_name;  ///< Decoded `filename*`, else `filename`; without path.
  std::string content_type;
};

/// Receives the parts. An error that it returns ends the reading, and the reader returns it.
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

/// Reads `multipart/form-data` (RFC 7578) in pieces of any size (rule H17). Linear time; keeps at
/// most 74 bytes, a possible start of a boundary. Use it from one thread at a time.
class MultipartReader {
 public:
  /// `boundary`: 1 to 70 characters of RFC 2046's set. The sink must outlive the reader.
  MultipartReader(std::string boundary, MultipartSink& sink, MultipartLimits limits = {});
  ~MultipartReader();

  static bool IsBoundary(std::string_view boundary) noexcept;

  /// Errors: kBadRequest when malformed or over a limit, with what and where; the sink's error.
  Result<void> Feed(ByteView data);
  /// Ends the body. Error: kBadRequest without a closing boundary (a truncated upload).
  Result<void> Finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace vcache::http
