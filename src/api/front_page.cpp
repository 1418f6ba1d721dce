#include <string>

#include "api/routes.h"

namespace vcache::api {
namespace {

/// The page has no script and no style: the strictest policy that allows its forms.
constexpr const char* kPolicy =
    "default-src 'none'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

constexpr const char* kPage = R"(<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>VerdictCache</title>
</head>
<body>
<h1>VerdictCache</h1>
<p>Tells whether an image, a video or a text was made by AI, and pays for each content once.
Send the same thing twice: the first answer says MISS, the second HIT.</p>
<h2>An image or a video</h2>
<form method="post" action="/api/analysis/file" enctype="multipart/form-data">
<p><label>File <input type="file" name="file" accept="image/*,video/*" required></label></p>
<p><button>Analyse the file</button></p>
</form>
<h2>A text</h2>
<form method="post" action="/api/analysis/text">
<p><label for="text">50 characters or more</label></p>
<p><textarea id="text" name="text" rows="8" cols="72" required></textarea></p>
<p><button>Analyse the text</button></p>
</form>
<p><a href="/api/health/ready">What works right now</a></p>
</body>
</html>
)";

http::Response FrontPage(http::Request&) {
  http::Response response;
  response.headers.Add("Content-Type", "text/html; charset=utf-8");
  response.headers.Add("Content-Security-Policy", kPolicy);
  response.headers.Add("Cache-Control", "no-cache");
  // Under no-referrer browsers would send the forms with `Origin: null`, as if from another site.
  response.headers.Add("Referrer-Policy", "same-origin");
  response.body = kPage;
  return response;
}

}  // namespace

void AddFrontPage(http::Router& router) {
  router.Add("GET", "/", FrontPage);
}

}  // namespace vcache::api
