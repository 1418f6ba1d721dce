#include "api/pages/pages.h"
#include "api/pages/static_text.h"
#include "api/pages/texts.h"

namespace vcache::api {

void AddSpecification(http::Router& router) {
  router.Add("GET", "/openapi.json",
             [text = StaticText(SpecificationText(), "application/json")](http::Request& request) {
               http::Response response = StaticTextResponse(request, text);
               // Tools on pages of other sites may read it: it is public, and the same for all.
               response.headers.Add("Access-Control-Allow-Origin", "*");
               return response;
             });
}

}  // namespace vcache::api
