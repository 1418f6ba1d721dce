#include "api/intake/page.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "vcache/core/parse_number.h"

namespace vcache::api {
namespace {

constexpr std::size_t kLastPage = 1'000'000;
constexpr std::size_t kLargestPage = 100;

Result<std::size_t> NumberParameter(const http::RequestInfo& request, std::string_view name,
                                    std::size_t usual, std::size_t most) {
  const auto text = http::FormValue(request.query, name);
  if (!text) return text.error();
  if (!*text) return usual;
  const auto number = ParseNumber<std::size_t>(**text);
  if (!number || *number < 1 || *number > most) {
    return Error{ErrorCode::kBadRequest, "The parameter " + std::string(name) +
                                             " must be a whole number from 1 to " +
                                             std::to_string(most) + "."};
  }
  return *number;
}

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
