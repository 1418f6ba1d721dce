#include "cli/doctor.h"

#include <iterator>
#include <utility>

namespace vcache::cli {

std::vector<Finding> Examine(const config::Settings& settings, Clock& clock) {
  std::vector<Finding> all = ExamineDirectories(settings);
  for (std::vector<Finding>& part : std::vector<std::vector<Finding>>{
           ExamineRedis(settings, clock), ExamineVendors(settings, clock)}) {
    all.insert(all.end(), std::make_move_iterator(part.begin()),
               std::make_move_iterator(part.end()));
  }
  return all;
}

}  // namespace vcache::cli
