#include "http/server/response_writer.h"

#include <httplib.h>

#include <algorithm>
#include <cstring>

// The library was compiled with these three; without them its types have another layout here, which
// silently corrupts memory (rule H1).
#if !defined(CPPHTTPLIB_OPENSSL_SUPPORT) || !defined(CPPHTTPLIB_ZLIB_SUPPORT) || \
    !defined(CPPHTTPLIB_BROTLI_SUPPORT)
#error "compile with the flags of `pkg-config --cflags cpp-httplib`"
#endif
static_assert(std::string_view(CPPHTTPLIB_VERSION) == "0.11.4",
              "read docs/adr/2026-11-21-own-the-sockets.md before using another version");

namespace vcache::http {
namespace {

/// An in-memory connection: gives the library a request head, and collects what it writes.
class MemoryStream final : public httplib::Stream {
 public:
  MemoryStream(std::string_view request, const httplib::Response* const& response,
               const ResponseWriter::Send& send)
      : request_(request), response_(response), send_(send) {}

  bool is_readable() const override { return true; }
  bool is_writable() const override { return true; }

  ssize_t read(char* into, std::size_t size) override {
    const std::size_t count = std::min(size, request_.size());
    std::memcpy(into, request_.data(), count);
    request_.remove_prefix(count);
    return static_cast<ssize_t>(count);
  }

  ssize_t write(const char* data, std::size_t size) override {
    // The library writes the head first and then the body, recognised by its address: both leave in
    // one send (rule H18), without a copy of the body.
    if (response_ != nullptr && data == response_->body.data() && !sent_) {
      SendNow({data, size});
    } else {
      head_.append(data, size);
    }
    return static_cast<ssize_t>(size);
  }

  void get_remote_ip_and_port(std::string&, int& port) const override { port = 0; }
  void get_local_ip_and_port(std::string&, int& port) const override { port = 0; }
  // The library answers 500 to sockets of FD_SETSIZE and above; it needs no socket here.
  socket_t socket() const override { return 0; }

  void Flush() {
    if (!sent_ && !head_.empty()) SendNow({});
  }
  bool sent() const noexcept { return sent_; }

 private:
  void SendNow(std::string_view body) {
    sent_ = true;
    send_(head_, body);
  }

  std::string_view request_;
  const httplib::Response* const& response_;
  const ResponseWriter::Send& send_;
  std::string head_;
  bool sent_ = false;
};

bool HasNoBody(int status) {
  return status == 204 || status == 304 || status < 200;
}

}  // namespace

class ResponseWriter::Library final : public httplib::Server {
 public:
  Library() {
    set_pre_routing_handler([this](const httplib::Request&, httplib::Response& out) {
      Fill(out);
      return HandlerResponse::Handled;
    });
    // Only std::bad_alloc reaches this; the library's default would send what() (rule H23).
    set_exception_handler([](const httplib::Request&, httplib::Response& out, std::exception_ptr) {
      out.status = 500;
    });
    set_post_routing_handler([this](const httplib::Request& request, httplib::Response& out) {
      RemoveAdditions(request, out);
    });
  }

  bool Run(const RequestLine& line, const Respond& respond, const Send& send) {
    respond_ = &respond;
    response_ = nullptr;
    const std::string_view request =
        line.head_only ? "HEAD / HTTP/1.1\r\n\r\n" : "GET / HTTP/1.1\r\n\r\n";
    MemoryStream stream(request, response_, send);
    bool closed = false;
    const bool written = process_request(stream, false, closed, nullptr);
    response_ = nullptr;
    stream.Flush();
    return written && stream.sent();
  }

 private:
  bool process_and_close_socket(socket_t) override { return false; }

  void Fill(httplib::Response& out) {
    Response response = (*respond_)();
    out.status = response.status;
    // It adds, never replaces, and drops values with line breaks (rule H24), as intended.
    for (const auto& [name, value] : response.headers.fields()) out.set_header(name, value);
    keep_alive_ = response.headers.Get("Keep-Alive").value_or("");
    is_stream_ = response.stream != nullptr;
    if (!HasNoBody(response.status) && !is_stream_) out.body = std::move(response.body);
  }

  void RemoveAdditions(const httplib::Request& request, httplib::Response& out) {
    out.headers.erase("Keep-Alive");
    if (!keep_alive_.empty()) out.set_header("Keep-Alive", keep_alive_);
    if (request.method == "HEAD") out.headers.erase("Accept-Ranges");
    if (HasNoBody(out.status) || is_stream_) out.headers.erase("Content-Length");
    response_ = &out;
  }

  const Respond* respond_ = nullptr;
  const httplib::Response* response_ = nullptr;
  std::string keep_alive_;  // of this answer
  bool is_stream_ = false;  // the same; its body follows
};

ResponseWriter::ResponseWriter() : library_(std::make_unique<Library>()) {}
ResponseWriter::~ResponseWriter() = default;

bool ResponseWriter::Exchange(const RequestLine& line, const Respond& respond, const Send& send) {
  return library_->Run(line, respond, send);
}

}  // namespace vcache::http
