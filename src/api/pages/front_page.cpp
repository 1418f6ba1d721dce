#include <string>

#include "api/pages/page.h"
#include "api/pages/pages.h"
#include "api/pages/static_text.h"
#include "api/pages/texts.h"

namespace vcache::api {
namespace {

constexpr const char* kForms = R"(<h1>VerdictCache</h1>
<p>Tells whether an image, a video or a text was made by AI, and pays for each content once.
Send the same thing twice: the second time it is answered from the cache.</p>
<h2>An image or a video</h2>
<form method="post" action="/api/analysis/file" enctype="multipart/form-data">
<p><label>File <input type="file" name="file" accept="image/*,video/*" required></label></p>
<p><button>Analyse the file</button></p>
</form>
<h2>A text</h2>
<form method="post" action="/api/analysis/text">
<p><label for="text">50 characters or more</label></p>
<p><textarea id="text" name="text" rows="8" required></textarea></p>
<p><button>Analyse the text</button></p>
</form>
<p><a href="/api/health/ready">What works right now</a></p>
)";

constexpr const char* kDemo =
    "<p class=\"demo\" role=\"note\">This service is on trial: a sandbox makes its verdicts up, "
    "and "
    "nothing is paid for.</p>\n";

http::Response FrontPage(bool demo) {
  http::Response response;
  response.headers.Add("Cache-Control", "no-cache");
  MakePage(response, "VerdictCache", (demo ? kDemo : std::string()) + kForms);
  return response;
}

}  // namespace

void AddFrontPage(http::Router& router, bool demo) {
  router.Add("GET", "/", [demo](http::Request&) { return FrontPage(demo); });
  router.Add("GET", "/style.css",
             [text = StaticText(StyleText(), "text/css; charset=utf-8")](http::Request& request) {
               return StaticTextResponse(request, text);
             });
}

}  // namespace vcache::api
