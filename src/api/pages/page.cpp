#include "api/pages/page.h"

namespace vcache::api {
namespace {

/// The strictest policy that allows a style and forms.
constexpr const char* kPolicy =
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'";

}  // namespace

std::string EscapeHtml(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      case '\'':
        escaped += "&#39;";
        break;
      default:
        escaped += c;
    }
  }
  return escaped;
}

void MakePage(http::Response& response, std::string_view title, std::string_view main) {
  response.headers.Set("Content-Type", "text/html; charset=utf-8");
  response.headers.Set("Content-Security-Policy", kPolicy);
  // Under no-referrer browsers would send the forms with `Origin: null`, as if from another site.
  response.headers.Set("Referrer-Policy", "same-origin");
  std::string& page = response.body;
  page =
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<link rel=\"stylesheet\" href=\"/style.css\">\n<title>";
  page += EscapeHtml(title);
  page += "</title>\n</head>\n<body>\n<main>\n";
  page += main;
  page += "</main>\n</body>\n</html>\n";
}

}  // namespace vcache::api
