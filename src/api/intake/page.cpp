#include "api/intake/page.h"

#include <algorithm>

#include "api/intake/strict_input.h"

namespace vcache::api {
namespace {

constexpr std::size_t kLastPage = 1'000'000;
constexpr std::size_t kLargestPage = 100;

}  // namespace

Result<Page> ReadPage(const http::RequestInfo& request) {
  Page page;
  const auto number = NumberParameter(request, "page", page.number, kLastPage);
  if (!number) return number.error();
  const auto limit = NumberParameter(request, "limit", page.limit, kLargestPage);
  if (!limit) return limit.error();
  return Page{*number, *limit};
}

PageRange RangeOf(const Page& page, std::size_t elements) {
  const std::size_t first = std::min((page.number - 1) * page.limit, elements);
  return {first, std::min(first + page.limit, elements)};
}

void AddPage(Json& body, const Page& page, std::size_t elements) {
  body["page"] = page.number;
  body["limit"] = page.limit;
  body["pages"] = (elements + page.limit - 1) / page.limit;
}

}  // namespace vcache::api
