#pragma once

#include <curl/curl.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/curl_easy.h"
#include "vcache/core/result.h"
#include "vcache/net/http_client.h"

namespace vcache::net {

/// The body of one request. libcurl reads every byte through a callback and cannot rewind, so it
/// cannot send a body twice (rule C1), and the bytes taken are counted (rule C2). Lives as long as
/// the transfer; one thread.
class RequestBody {
 public:
  RequestBody(const HttpRequest& request, CURL* easy) : request_(request), easy_(easy) {}
  RequestBody(const RequestBody&) = delete;
  RequestBody& operator=(const RequestBody&) = delete;

  /// Opens the files and sets libcurl's callbacks. kIo when a file does not open.
  Result<void> Attach();

  bool empty() const noexcept { return request_.body.index() == 0; }
  /// Whether libcurl took any byte of the body, sent or not.
  bool touched() const noexcept { return taken_ > 0; }
  /// Why a source failed, if one did.
  const std::optional<Error>& failure() const noexcept { return failure_; }

 private:
  /// A text or a file; read once, front to back.
  struct Part {
    RequestBody* body;
    std::string_view text;
    std::unique_ptr<ByteSource> file;
    std::uint64_t left = 0;
  };

  Result<void> AttachText(const std::string& text);
  Result<void> AttachForm(const std::vector<FormField>& fields);
  Result<void> AttachFile(const StreamedBody& file);
  void AttachRaw(Part& part);
  std::size_t Read(Part& part, char* into, std::size_t size) noexcept;
  static std::size_t OnRead(char* into, std::size_t size, std::size_t count, void* part) noexcept;

  const HttpRequest& request_;
  CURL* const easy_;
  std::vector<std::unique_ptr<Part>> parts_;
  CurlMime form_;  // reads from parts_, so it is destroyed before them
  std::uint64_t taken_ = 0;
  std::optional<Error> failure_;
};

}  // namespace vcache::net
