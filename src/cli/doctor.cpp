#include "cli/doctor.h"

namespace vcache::cli {

std::vector<Finding> Examine(const config::Settings& settings, Clock& clock) {
  std::vector<Finding> all = ExamineDirectories(settings);
  for (const auto& part :
       {ExamineAccess(settings), ExamineRedis(settings, clock), ExamineVendors(settings, clock)}) {
    all.insert(all.end(), part.begin(), part.end());
  }
  return all;
}

}  // namespace vcache::cli
