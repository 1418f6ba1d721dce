// `.env` files: a value is taken as it stands, and a complaint never quotes a possible secret.

#include <string>

#include "fuzz/cheap.h"
#include "vcache/config/settings.h"

using namespace vcache;
using vcache::fuzz::Require;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input = vcache::fuzz::Text(data, size);
  vcache::fuzz::RequireCheap(size, 128, [&] {
    const auto file = config::ParseEnvFile(input);
    if (!file) {
      Require(file.error().code == ErrorCode::kBadConfiguration, "an error is of configuration");
      Require(!file.error().message.empty(), "and says something");
      return;
    }
    std::size_t taken = 0;
    for (const auto& [name, value] : *file) {
      Require(!name.empty() && name.find_first_of(" \t\r\n=\"'") == std::string::npos,
              "a name is a name");
      taken += name.size() + value.size();
    }
    Require(taken <= size, "nothing is made up");
  });
  return 0;
}
