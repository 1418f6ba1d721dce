#pragma once

#include <string_view>

namespace vcache::api {

/// docs/openapi.json, as it was when the program was built.
std::string_view SpecificationText() noexcept;

}  // namespace vcache::api
