#pragma once

#include <string_view>

namespace vcache::api {

// Files of the tree as they were when the program was built.

std::string_view SpecificationText() noexcept;  ///< docs/openapi.json
std::string_view StyleText() noexcept;          ///< src/web/style.css

}  // namespace vcache::api
