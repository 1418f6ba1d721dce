#include "detection/consensus.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <utility>

#include "json/json.h"

namespace vcache::detection {
namespace {

bool IsTransient(ErrorCode code) {
  return code == ErrorCode::kVendorUnavailable || code == ErrorCode::kVendorTimeout ||
         code == ErrorCode::kOverloaded;
}

/// The earliest retry time; empty when a vendor may answer at any time, or none said.
std::optional<std::chrono::seconds> SoonestOf(const std::vector<Asked>& asked) {
  std::optional<std::chrono::seconds> soonest;
  for (const Asked& each : asked) {
    const Error& error = each.answer.error();
    if (!IsTransient(error.code)) continue;
    if (!error.retry_after) return std::nullopt;
    soonest = std::min(soonest.value_or(*error.retry_after), *error.retry_after);
  }
  return soonest;
}

/// The first error, with the worst charge of all.
Error FailureOf(const std::vector<Asked>& asked, DetectionMode mode) {
  Error error = asked.front().answer.error();
  error.failed_vendors.clear();
  for (const Asked& each : asked) {
    const Error& failure = each.answer.error();
    error.charge = std::max(error.charge, failure.charge);
    if (!failure.asked_nobody) error.failed_vendors.emplace_back(each.member->provider());
  }
  // A fallback needs only the first vendor that recovers.
  if (mode == DetectionMode::kFallback && asked.size() > 1) error.retry_after = SoonestOf(asked);
  return error;
}

/// The verdict without its failures, to which others are added.
Verdict AnswersOf(const Verdict& earlier) {
  Verdict answers = earlier;
  std::erase_if(answers.sources, [](const SourceVerdict& source) { return !source.score; });
  answers.confidence.reset();
  answers.partial = false;
  return answers;
}

/// Adds one vendor's answer to the common verdict.
void Merge(Detection& detection, Verdict& verdict, Json& details) {
  verdict.provider += (verdict.provider.empty() ? "" : ",") + detection.source.provider;
  verdict.demo = verdict.demo || detection.demo;
  if (detection.frames_analyzed) {
    verdict.frames_analyzed =
        std::max(verdict.frames_analyzed.value_or(0), *detection.frames_analyzed);
  }
  for (std::string& indicator : detection.indicators) {
    auto& known = verdict.indicators;
    if (std::find(known.begin(), known.end(), indicator) == known.end()) {
      known.push_back(std::move(indicator));
    }
  }
  for (auto& [name, score] : detection.generators) {
    auto& known = verdict.generators;
    const auto same = std::find_if(known.begin(), known.end(), [&name = name](const auto& other) {
      return other.first == name;
    });
    if (same == known.end()) {
      known.emplace_back(std::move(name), score);
    } else {
      same->second = std::max(same->second, score);
    }
  }
  auto told = ParseJson(detection.details);
  if (told && told->is_object() && !told->empty()) {
    details[detection.source.provider] = std::move(*told);
  }
  verdict.sources.push_back(std::move(detection.source));
}

/// Score, confidence and consensus from `sources`, of which at least one has a score.
void Conclude(Verdict& verdict) {
  double scores = 0;
  double confidences = 0;
  int answered = 0;
  int ai = 0;
  int confident = 0;
  for (const SourceVerdict& source : verdict.sources) {
    if (!source.score) continue;
    ++answered;
    scores += *source.score;
    if (*source.score >= 50.0) ++ai;
    if (source.confidence) {
      ++confident;
      confidences += *source.confidence;
    }
  }
  verdict.ai_score = scores / answered;
  if (confident > 0) verdict.confidence = confidences / confident;
  verdict.consensus = std::to_string(std::max(ai, answered - ai)) + "/" + std::to_string(answered);
  std::stable_sort(verdict.generators.begin(), verdict.generators.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
}

}  // namespace

void Account(const Members& members, const std::vector<Asked>& asked, const DetectionTask& task,
             PanelOutcome& outcome) {
  for (const auto& [member, answer] : asked) {
    VendorPrice& charge_of =
        outcome.charges.emplace_back(VendorPrice{std::string(member->provider()), {}});
    if (answer) {
      charge_of.amount = answer->cost;
      outcome.cost += answer->cost;
      ++outcome.paid_calls;
      outcome.calls.push_back({charge_of.vendor, Charge::kCharged, answer->cost});
      continue;
    }
    const Charge charge = answer.error().charge;
    if (!answer.error().asked_nobody || charge != Charge::kNone) {
      const Usd cost = charge == Charge::kCharged ? member->Price(task) : Usd();
      outcome.calls.push_back({charge_of.vendor, charge, cost, /*failed=*/true});
    }
    if (charge == Charge::kNone) continue;
    ++outcome.paid_calls;
    outcome.charged_failures.emplace_back(member->provider());
    charge_of.amount = member->Price(task);
    if (charge == Charge::kCharged) outcome.cost += member->Price(task);
    if (charge == Charge::kUnknown) ++outcome.unknown_charges;
  }
  for (std::size_t at = asked.size(); at < members.size(); ++at) {  // not asked
    outcome.charges.push_back({std::string(members[at]->provider()), {}});
  }
}

Result<Verdict> Combine(std::vector<Asked>& asked, DetectionMode mode, WallTime now,
                        const Verdict* earlier) {
  if (earlier == nullptr &&
      std::none_of(asked.begin(), asked.end(), [](const Asked& a) { return bool(a.answer); })) {
    return FailureOf(asked, mode);
  }
  Verdict verdict = earlier != nullptr ? AnswersOf(*earlier) : Verdict{};
  verdict.analyzed_at = now;
  Json details = Json::object();
  if (auto told = ParseJson(verdict.details); told && told->is_object()) details = std::move(*told);
  for (auto& [member, answer] : asked) {
    if (answer) {
      Merge(*answer, verdict, details);
      continue;
    }
    SourceVerdict missing;
    missing.provider = std::string(member->provider());
    missing.error = std::string(CodeName(answer.error().code));
    verdict.sources.push_back(std::move(missing));
    verdict.partial = mode == DetectionMode::kConsensus;
  }
  Conclude(verdict);
  verdict.details = DumpJson(details);
  return verdict;
}

}  // namespace vcache::detection
