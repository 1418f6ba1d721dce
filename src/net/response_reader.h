#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string_view>

#include "vcache/core/clock.h"
#include "vcache/net/http_client.h"

namespace vcache::net {

/// Collects an answer from libcurl's callbacks. It counts every byte itself: libcurl's limits do
/// not hold for chunked answers (rule C4). One thread; lives as long as the transfer.
class ResponseReader {
 public:
  ResponseReader(const HttpRequest& request, const CurlHttpClientOptions& options)
      : max_body_(request.max_response_bytes != 0 ? request.max_response_bytes
                                                  : options.max_response_bytes),
        max_head_(options.max_header_bytes) {}

  /// A header line with its line end; false when the head is too large.
  bool TakeHeadLine(std::string_view line);
  /// A piece of the body; false when the body is too large.
  bool TakeBody(std::string_view piece);

  bool too_large() const noexcept { return too_large_; }
  bool started() const noexcept { return head_bytes_ > 0; }
  HttpResponse& response() noexcept { return response_; }

 private:
  std::size_t max_body_;
  std::size_t max_head_;
  std::size_t head_bytes_ = 0;
  bool head_done_ = false;
  bool too_large_ = false;
  HttpResponse response_;
};

/// `Retry-After` in seconds or as an HTTP date, at most a day; empty for 0, past or invalid.
std::optional<std::chrono::seconds> ParseRetryAfter(std::string_view value, WallTime now);

}  // namespace vcache::net
