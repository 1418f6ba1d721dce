#include "vcache/detection/detector_panel.h"

#include <algorithm>
#include <exception>
#include <thread>
#include <utility>

#include "core/json.h"
#include "detection/first_look.h"
#include "detection/vendor_answer.h"

namespace vcache::detection {
namespace {

using Members = std::vector<std::shared_ptr<Detector>>;
using Answer = Result<Detection>;

Error Unexpected(const Detector& member) {
  // It may have thrown before or after the vendor worked: nobody knows what it cost.
  return Error{ErrorCode::kInternal,
               std::string(member.provider()) + ": The call ended in an unexpected way.",
               Charge::kUnknown};
}

Answer Ask(Detector& member, const DetectionTask& task, Deadline deadline) noexcept {
  try {
    Answer answer = member.Detect(task, deadline);
    // Promise 3 does not depend on an adapter: what is no score is no verdict.
    if (answer && (!answer->source.score || !IsScore(*answer->source.score))) {
      return Error{ErrorCode::kVendorInvalidAnswer,
                   std::string(member.provider()) + ": The answer has no score.", Charge::kUnknown};
    }
    return answer;
  } catch (...) {  // the outermost function of its thread
    return Unexpected(member);
  }
}

/// Asks all at the same time: the first on this thread, each other on one of its own.
std::vector<Answer> AskAll(const Members& members, const DetectionTask& task, Deadline deadline) {
  std::vector<Answer> answers(members.size(), Answer(Error{}));
  std::vector<std::thread> threads;
  threads.reserve(members.size());
  for (std::size_t at = 1; at < members.size(); ++at) {
    const auto ask = [&answers, &members, &task, deadline, at] {
      answers[at] = Ask(*members[at], task, deadline);
    };
    try {
      threads.emplace_back(ask);
    } catch (const std::exception&) {
      ask();  // no thread to be had: later rather than not at all
    }
  }
  answers[0] = Ask(*members[0], task, deadline);
  for (std::thread& thread : threads) thread.join();
  return answers;
}

int Rank(Charge charge) {
  switch (charge) {
    case Charge::kNone:
      return 0;
    case Charge::kCharged:
      return 1;
    case Charge::kUnknown:
      return 2;
  }
  return 2;
}

/// Fills in what the calls cost, whether or not they led to anything.
void Account(const Members& members, const std::vector<Answer>& answers, const DetectionTask& task,
             PanelOutcome& outcome) {
  for (std::size_t at = 0; at < answers.size(); ++at) {
    VendorPrice& charge_of =
        outcome.charges.emplace_back(VendorPrice{std::string(members[at]->provider()), 0});
    if (answers[at]) {
      charge_of.micros = answers[at]->cost_micros;
      outcome.cost_micros += answers[at]->cost_micros;
      ++outcome.paid_calls;
      continue;
    }
    const Charge charge = answers[at].error().charge;
    if (charge == Charge::kNone) continue;
    ++outcome.paid_calls;
    charge_of.micros = members[at]->PriceMicros(task);
    if (charge == Charge::kCharged) outcome.cost_micros += members[at]->PriceMicros(task);
    if (charge == Charge::kUnknown) ++outcome.unknown_charges;
  }
}

/// The error of the first, with the worst charge of all.
Error FailureOf(const std::vector<Answer>& answers) {
  Error error = answers.front().error();
  for (const Answer& answer : answers) {
    if (Rank(answer.error().charge) > Rank(error.charge)) error.charge = answer.error().charge;
  }
  return error;
}

/// Takes what one vendor told into the common verdict.
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
    const auto same = std::find_if(known.begin(), known.end(),
                                   [&](const auto& other) { return other.first == name; });
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

Result<Verdict> Combine(const Members& members, std::vector<Answer>& answers, WallTime now) {
  if (std::none_of(answers.begin(), answers.end(), [](const Answer& a) { return bool(a); })) {
    return FailureOf(answers);
  }
  Verdict verdict;
  verdict.analyzed_at = now;
  Json details = Json::object();
  for (std::size_t at = 0; at < answers.size(); ++at) {
    if (answers[at]) {
      Merge(*answers[at], verdict, details);
      continue;
    }
    SourceVerdict missing;
    missing.provider = std::string(members[at]->provider());
    missing.error = std::string(CodeName(answers[at].error().code));
    verdict.sources.push_back(std::move(missing));
    verdict.partial = true;
  }
  Conclude(verdict);
  verdict.details = DumpJson(details);
  return verdict;
}

Error NotConfigured(MediaKind kind) {
  const std::string_view variables =
      kind == MediaKind::kText
          ? "SAPLING_API_KEY, OPENAI_API_KEY or another vendor's key"
          : "SIGHTENGINE_API_USER and SIGHTENGINE_API_SECRET, or another vendor's key";
  return Error{
      ErrorCode::kVendorNotConfigured,
      "No detection vendor is configured for this kind of content (" +
          std::string(MediaKindName(kind)) + "); set " + std::string(variables) +
          " (.env.example), or DETECTION_SANDBOX_URL to try the service without a vendor."};
}

/// Those that can judge this very content. A vendor that never will must not make every verdict on
/// it partial, or the others would be paid again and again.
Members Taking(Members members, const DetectionTask& task) {
  std::erase_if(members, [&task](const auto& member) { return !member->RefusalOf(task).empty(); });
  return members;
}

Error NobodyTakes(const Members& members, const DetectionTask& task) {
  const Detector& first = *members.front();
  return VendorError(first.provider(), ErrorCode::kVendorRefused, first.RefusalOf(task),
                     Charge::kNone);
}

Members Serving(Members members, MediaKind kind) {
  std::erase_if(members, [kind](const auto& member) { return !member || !member->Accepts(kind); });
  return members;
}

}  // namespace

DetectorPanel::DetectorPanel(Members image, Members video, Members text, Clock& clock,
                             ProvenanceMode provenance)
    : image_(Serving(std::move(image), MediaKind::kImage)),
      video_(Serving(std::move(video), MediaKind::kVideo)),
      text_(Serving(std::move(text), MediaKind::kText)),
      clock_(clock),
      provenance_(provenance) {}

const Members& DetectorPanel::MembersFor(MediaKind kind) const noexcept {
  switch (kind) {
    case MediaKind::kImage:
      return image_;
    case MediaKind::kVideo:
      return video_;
    case MediaKind::kText:
      return text_;
  }
  return image_;
}

bool DetectorPanel::Serves(MediaKind kind) const noexcept {
  return !MembersFor(kind).empty();
}

std::vector<std::string> DetectorPanel::Providers(MediaKind kind) const {
  std::vector<std::string> names;
  for (const auto& member : MembersFor(kind)) names.emplace_back(member->provider());
  return names;
}

std::vector<std::shared_ptr<Detector>> DetectorPanel::Vendors() const {
  std::vector<std::shared_ptr<Detector>> all;
  for (const auto* kind : {&image_, &video_, &text_}) {
    for (const auto& member : *kind) {
      if (std::find(all.begin(), all.end(), member) == all.end()) all.push_back(member);
    }
  }
  return all;
}

std::string DetectorPanel::Fingerprint(MediaKind kind) const {
  std::string all;
  if (provenance_ == ProvenanceMode::kDecide && kind != MediaKind::kText) {
    all = kProvenanceFingerprint;
  }
  for (const auto& member : MembersFor(kind)) {
    all += (all.empty() ? "" : "+") + member->Fingerprint(kind);
  }
  return all;
}

std::int64_t DetectorPanel::PriceMicros(const DetectionTask& task) const noexcept {
  std::int64_t sum = 0;
  for (const auto& member : MembersFor(task.kind)) {
    if (member->RefusalOf(task).empty()) sum += member->PriceMicros(task);
  }
  return sum;
}

std::vector<VendorPrice> DetectorPanel::Prices(const DetectionTask& task) const {
  std::vector<VendorPrice> prices;
  for (const auto& member : Taking(MembersFor(task.kind), task)) {
    prices.push_back({std::string(member->provider()), member->PriceMicros(task)});
  }
  return prices;
}

PanelOutcome DetectorPanel::Judge(const DetectionTask& given, Deadline deadline) const {
  const Members& serving = MembersFor(given.kind);
  FirstLook look = LookAt(given, provenance_);
  const bool decided = provenance_ == ProvenanceMode::kDecide && look.provenance &&
                       look.provenance->claim == ProvenanceClaim::kAiGenerated;
  if (serving.empty() && !decided) return PanelOutcome{NotConfigured(given.kind)};
  DetectionTask task = given;
  if (!task.video_length && look.video) task.video_length = look.video->length;
  PanelOutcome outcome{Error{ErrorCode::kInternal, "The verdict could not be put together.",
                             decided ? Charge::kNone : Charge::kUnknown}};
  try {
    if (decided) {
      for (const auto& member : serving) {  // who was not asked took nothing
        outcome.charges.push_back({std::string(member->provider()), 0});
      }
      outcome.verdict = DeclaredVerdict(*look.provenance, clock_.WallNow());
    } else {
      const Members members = Taking(serving, task);
      if (members.empty()) return PanelOutcome{NobodyTakes(serving, task)};
      std::vector<Answer> answers = AskAll(members, task, deadline);
      Account(members, answers, task, outcome);
      outcome.verdict = Combine(members, answers, clock_.WallNow());
    }
    if (outcome.verdict) {
      outcome.verdict->video = std::move(look.video);
      outcome.verdict->provenance = std::move(look.provenance);
    }
  } catch (const std::exception&) {
    // Out of memory, in effect. What was counted stays counted.
  }
  return outcome;
}

}  // namespace vcache::detection
