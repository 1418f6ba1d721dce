#pragma once

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "support/scripted_server.h"
#include "support/string_source.h"
#include "vcache/net/http_client.h"

namespace vcache::test {

using namespace std::chrono_literals;

/// A client on the machine's clock, and a request to a scripted server.
struct Client {
  explicit Client(net::CurlHttpClientOptions options = {}) {
    net::InitHttpClients();
    http = net::MakeCurlHttpClient(std::move(options), clock);
  }
  Result<net::HttpResponse> Send(const net::HttpRequest& request) {
    return http->Send(request, Deadline::Never());
  }

  SystemClock clock;
  std::unique_ptr<net::HttpClient> http;
};

inline net::HttpRequest Post(const std::string& url, std::string body = R"({"a":1})") {
  net::HttpRequest request;
  request.url = url + "/path";
  request.headers = {{"Content-Type", "application/json"}};
  request.body = std::move(body);
  request.timeout = 5s;
  return request;
}

inline net::HttpRequest PostForm(const std::string& url, const std::string& content,
                                 std::uint64_t announced) {
  net::HttpRequest request = Post(url);
  request.headers.clear();
  net::FormField key{"key", "value", {}, 0, "", ""};
  net::FormField file{"media", "", {}, announced, "upload.jpg", "image/jpeg"};
  file.open_file = [content] { return std::make_unique<StringSource>(content, 1000); };
  request.body = std::vector<net::FormField>{key, file};
  return request;
}

inline net::HttpRequest PutFile(const std::string& url, const std::string& content,
                                std::uint64_t announced) {
  net::HttpRequest request = Post(url);
  request.method = "PUT";
  request.headers = {{"Content-Type", "application/octet-stream"}};
  request.body = net::StreamedBody{
      [content] { return std::make_unique<StringSource>(content, 1000); }, announced};
  return request;
}

inline void CheckError(const Result<net::HttpResponse>& result, ErrorCode code, Charge charge) {
  REQUIRE_FALSE(result);
  CHECK(CodeName(result.error().code) == CodeName(code));
  CHECK(ChargeName(result.error().charge) == ChargeName(charge));
  CHECK_FALSE(result.error().message.empty());
}

}  // namespace vcache::test
