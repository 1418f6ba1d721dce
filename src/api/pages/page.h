#pragma once

#include <string>
#include <string_view>

#include "vcache/http/parsing/message.h"

namespace vcache::api {

/// A text as part of a page: it stays a text, whatever it holds.
std::string EscapeHtml(std::string_view text);

/// Turns an answer into a page with this title and main part (HTML). The page has no script; its
/// style comes from `/style.css`, and its forms may be sent to this service only.
void MakePage(http::Response& response, std::string_view title, std::string_view main);

}  // namespace vcache::api
