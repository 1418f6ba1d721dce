#pragma once

#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "vcache/net/http_client.h"

namespace vcache::test {

/// An HTTP client without a network: keeps what is sent, answers what a test put in line.
class FakeHttpClient final : public net::HttpClient {
 public:
  /// A request as it would have travelled: files read to their end.
  struct Sent {
    net::HttpRequest request;
    std::string text;  ///< The body, when it is one text or a file.
    std::vector<std::pair<std::string, std::string>> form;
  };

  void Reply(int status, std::string body,
             std::vector<std::pair<std::string, std::string>> headers = {}) {
    net::HttpResponse response;
    response.status = status;
    response.body = std::move(body);
    for (const auto& [name, value] : headers) {
      if (name == "retry-after") response.retry_after = std::chrono::seconds(std::stoi(value));
    }
    response.headers = std::move(headers);
    replies_.emplace_back(std::move(response));
  }
  void Fail(Error error) { replies_.emplace_back(std::move(error)); }

  Result<net::HttpResponse> Send(const net::HttpRequest& request, Deadline) override {
    const std::lock_guard lock(mutex_);
    sent_.push_back(Read(request));
    if (replies_.empty()) {
      return Error{ErrorCode::kInternal, "FakeHttpClient: no reply in line", Charge::kNone};
    }
    auto reply = std::move(replies_.front());
    replies_.pop_front();
    return reply;
  }

  const std::vector<Sent>& sent() const { return sent_; }
  /// How many, also while calls run.
  std::size_t count() {
    const std::lock_guard lock(mutex_);
    return sent_.size();
  }

 private:
  static Sent Read(const net::HttpRequest& request) {
    Sent sent{request, {}, {}};
    if (const auto* text = std::get_if<std::string>(&request.body)) sent.text = *text;
    if (const auto* file = std::get_if<net::StreamedBody>(&request.body)) {
      sent.text = ReadToEnd(*file->open());
    }
    const auto* form = std::get_if<std::vector<net::FormField>>(&request.body);
    if (form == nullptr) return sent;
    for (const net::FormField& field : *form) {
      sent.form.emplace_back(field.name,
                             field.open_file ? ReadToEnd(*field.open_file()) : field.value);
    }
    return sent;
  }

  static std::string ReadToEnd(ByteSource& source) {
    std::string content;
    std::byte piece[1000];
    for (auto read = source.Read(piece); read && *read > 0; read = source.Read(piece)) {
      content.append(reinterpret_cast<const char*>(piece), *read);
    }
    return content;
  }

  std::mutex mutex_;
  std::deque<Result<net::HttpResponse>> replies_;  // guarded by mutex_
  std::vector<Sent> sent_;                         // guarded by mutex_ while calls run
};

}  // namespace vcache::test
