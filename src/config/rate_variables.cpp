#include "config/variable_kinds.h"

namespace vcache::config {
namespace {

constexpr std::int64_t kMostInAMinute = 10'000'000;
constexpr std::int64_t kMostInADay = 1'000'000'000;

}  // namespace

std::vector<Variable> RateVariables() {
  return {
      Whole({"RATE_LIMIT_LOOKUPS", "requests a minute",
             "Look-ups by hash of one caller: user, key or, without one, address; 0: no limit"},
            0, kMostInAMinute, &RateSettings::lookups),
      Whole({"RATE_LIMIT_ANALYSES", "requests a minute",
             "Uploads and texts of one caller, known or new; 0: no limit"},
            0, kMostInAMinute, &RateSettings::analyses),
      Whole({"RATE_LIMIT_PAID_PER_MINUTE", "analyses a minute",
             "Analyses of one caller that a vendor is paid for; known content is answered beyond "
             "it; 0: no limit"},
            0, kMostInAMinute, &RateSettings::paid_minute),
      Whole({"RATE_LIMIT_PAID_PER_DAY", "analyses a day", "The same in a UTC day; 0: no limit"}, 0,
            kMostInADay, &RateSettings::paid_day),
      Whole({"RATE_LIMIT_FAILED_TRIES", "tries a minute",
             "Wrong credentials from one address before no administrator is believed there for a "
             "while; 0: no limit"},
            0, 1'000'000, &RateSettings::tries),
      Whole({"RATE_LIMIT_CALLERS", "callers",
             "Callers whose counts are kept, about 400 bytes each; beyond it the quietest are "
             "forgotten"},
            1'000, 10'000'000, &RateSettings::callers),
  };
}

}  // namespace vcache::config
