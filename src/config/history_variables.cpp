#include "config/variable_kinds.h"

namespace vcache::config {
namespace {

constexpr std::int64_t kDaySeconds = 86'400;

}  // namespace

std::vector<Variable> HistoryVariables() {
  return {
      Whole({"HISTORY_ENTRIES", "analyses",
             "Last analyses of each user or API key that its history keeps; 0: no history"},
            0, 1'000, &HistorySettings::entries),
      Whole({"HISTORY_DAYS", "days", "Longest time that a history keeps an analysis"}, 1, 400,
            &HistorySettings::life, kDaySeconds),
      Choice<bool, 2>({"HISTORY_FILE_NAMES", "", "0: histories keep no names of files"},
                      {{{"0", false}, {"1", true}}}, &HistorySettings::file_names),
      Whole({"AUDIT_ENTRIES", "changes",
             "Last changes by administrators that the audit trail keeps; 0: only the log has them"},
            0, 10'000, &AuditSettings::entries),
      Whole({"AUDIT_DAYS", "days", "Longest time that the audit trail keeps a change"}, 1, 3'650,
            &AuditSettings::life, kDaySeconds),
      Choice<bool, 2>({"LOOKUP_SCOPE", "",
                       "all: every user finds what is known; own: users find what they have had "
                       "analysed themselves, and answers do not tell what others have"},
                      {{{"all", false}, {"own", true}}}, &HistorySettings::lookups_are_own),
  };
}

}  // namespace vcache::config
