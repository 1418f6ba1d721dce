#pragma once

#include <string>
#include <string_view>

#include "vcache/http/parsing/message.h"

namespace vcache::api {

/// A text that is the same for everybody until the next version, with the tag by which clients tell
/// whether they have it.
struct StaticText {
  StaticText(std::string_view the_text, std::string_view the_type);

  std::string_view text;  ///< Lives as long as the program.
  std::string_view type;
  std::string tag;
};

/// 304 for clients that have it, else the text. Clients keep it and ask each time, because after an
/// update the old one is wrong.
http::Response StaticTextResponse(const http::Request& request, const StaticText& text);

}  // namespace vcache::api
