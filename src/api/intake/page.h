#pragma once

#include <cstddef>

#include "json/json.h"
#include "vcache/core/result.h"
#include "vcache/http/parsing/message.h"

namespace vcache::api {

/// The part of a list that a request asks for.
struct Page {
  std::size_t number = 1;  ///< From 1.
  std::size_t limit = 20;  ///< Elements on a page.
};

/// By the parameters `page` and `limit` (100 at most). kBadRequest for anything else than whole
/// numbers in these bounds.
Result<Page> ReadPage(const http::RequestInfo& request);

/// The elements from `first` on, before `last`; none beyond the end.
struct PageRange {
  std::size_t first = 0;
  std::size_t last = 0;
};
PageRange RangeOf(const Page& page, std::size_t elements);

/// Adds `page`, `limit` and `pages`.
void AddPage(Json& body, const Page& page, std::size_t elements);

}  // namespace vcache::api
