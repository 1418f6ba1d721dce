#include "vcache/detection/detector_panel.h"

#include <algorithm>
#include <exception>
#include <utility>

#include "detection/consensus.h"
#include "detection/fan_out.h"
#include "detection/local_inspection.h"
#include "detection/vendor_error.h"

namespace vcache::detection {
namespace {

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

bool IsHeld(const Detector& member, const DetectionTask& task) noexcept {
  const auto& held = task.held_vendors;
  return std::find(held.begin(), held.end(), member.provider()) != held.end();
}

bool HasAnswered(const Detector& member, const DetectionTask& task) noexcept {
  if (task.earlier == nullptr) return false;
  const auto& sources = task.earlier->sources;
  return std::any_of(sources.begin(), sources.end(), [&](const SourceVerdict& source) {
    return source.score && source.provider == member.provider();
  });
}

/// Whether the vendor can judge this content, is not held and has not judged it. A vendor that
/// never can must not make its verdicts partial: the service would pay the others again and again.
bool MayAsk(const Detector& member, const DetectionTask& task) noexcept {
  return member.RefusalOf(task).empty() && !IsHeld(member, task) && !HasAnswered(member, task);
}

/// A vendor that is not asked charged nothing: refunds a price reserved for it.
void GiveBackOfOthers(const Members& serving, const DetectionTask& task, PanelOutcome& outcome) {
  for (const auto& member : serving) {
    if (MayAsk(*member, task)) continue;
    outcome.charges.push_back({std::string(member->provider()), {}});
  }
}

/// The answers that a held vendor does not give, as if it had failed now.
void AddHeld(const Members& serving, const DetectionTask& task, std::vector<Asked>& asked) {
  for (const auto& member : serving) {
    if (!member->RefusalOf(task).empty() || !IsHeld(*member, task) || HasAnswered(*member, task)) {
      continue;
    }
    Error held = VendorError(member->provider(), ErrorCode::kVendorUnavailable,
                             "The vendor failed a moment ago.", Charge::kNone);
    held.asked_nobody = true;
    asked.push_back({member.get(), std::move(held)});
  }
}

/// Brings the sources into the order of the vendors.
void SortSources(const Members& serving, Verdict& verdict) {
  const auto place = [&](const SourceVerdict& source) {
    return std::find_if(serving.begin(), serving.end(),
                        [&](const auto& member) { return member->provider() == source.provider; });
  };
  std::stable_sort(verdict.sources.begin(), verdict.sources.end(),
                   [&](const auto& one, const auto& other) { return place(one) < place(other); });
}

Error NobodyTakes(const Members& members, const DetectionTask& task) {
  const Detector& first = *members.front();
  return ContentRefused(first.provider(), first.RefusalOf(task), Charge::kNone);
}

Members Serving(Members members, MediaKind kind) {
  std::erase_if(members, [kind](const auto& member) { return !member || !member->Accepts(kind); });
  return members;
}

}  // namespace

DetectorPanel::DetectorPanel(Members image, Members video, Members text, Clock& clock,
                             PanelOptions options)
    : image_(Serving(std::move(image), MediaKind::kImage)),
      video_(Serving(std::move(video), MediaKind::kVideo)),
      text_(Serving(std::move(text), MediaKind::kText)),
      clock_(clock),
      options_(options) {}

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

std::vector<NamedHealth> DetectorPanel::Health(MediaKind kind) const {
  std::vector<NamedHealth> all;
  for (const auto& member : MembersFor(kind)) {
    all.push_back({std::string(member->provider()), member->health()});
  }
  return all;
}

std::string DetectorPanel::Fingerprint(MediaKind kind) const {
  const char* const separator = options_.mode == DetectionMode::kFallback ? ">" : "+";
  std::string members;
  for (const auto& member : MembersFor(kind)) {
    members += (members.empty() ? "" : separator) + member->Fingerprint(kind);
  }
  if (options_.provenance != ProvenanceMode::kDecide || kind == MediaKind::kText) return members;
  return std::string(kProvenanceFingerprint) + (members.empty() ? "" : "+") + members;
}

Members DetectorPanel::MembersToAsk(const DetectionTask& task) const {
  // Of a fallback, one answer is enough.
  if (task.earlier != nullptr && options_.mode == DetectionMode::kFallback) return {};
  Members members = MembersFor(task.kind);
  std::erase_if(members, [&task](const auto& member) { return !MayAsk(*member, task); });
  return members;
}

std::vector<std::string> DetectorPanel::VendorsToAsk(const DetectionTask& task) const {
  std::vector<std::string> names;
  for (const auto& member : MembersToAsk(task)) names.emplace_back(member->provider());
  return names;
}

Usd DetectorPanel::Price(const DetectionTask& task) const noexcept {
  Usd sum;
  for (const auto& member : MembersFor(task.kind)) {
    if (MayAsk(*member, task)) sum += member->Price(task);
  }
  return sum;
}

Usd DetectorPanel::UsualPrice(const DetectionTask& task) const {
  const std::vector<VendorPrice> prices = Prices(task);
  Usd sum;
  for (const VendorPrice& price : prices) {
    sum += price.amount;
    if (options_.mode == DetectionMode::kFallback) break;
  }
  return sum;
}

std::vector<VendorPrice> DetectorPanel::Prices(const DetectionTask& task) const {
  std::vector<VendorPrice> prices;
  for (const auto& member : MembersToAsk(task)) {
    prices.push_back({std::string(member->provider()), member->Price(task)});
  }
  return prices;
}

LocalInspection DetectorPanel::LookInto(const DetectionTask& task) const noexcept {
  return LookAt(task, options_.provenance);
}

bool DetectorPanel::Decides(const LocalInspection& look) const noexcept {
  return options_.provenance == ProvenanceMode::kDecide && look.provenance &&
         look.provenance->claim == ProvenanceClaim::kAiGenerated;
}

PanelOutcome DetectorPanel::Judge(const DetectionTask& given, const LocalInspection& look,
                                  Deadline deadline) const {
  const Members& serving = MembersFor(given.kind);
  const bool decided = Decides(look);
  if (serving.empty() && !decided) return PanelOutcome{NotConfigured(given.kind)};
  DetectionTask task = given;
  look.AddTo(task);
  PanelOutcome outcome{Error{ErrorCode::kInternal, "The verdict could not be put together.",
                             decided ? Charge::kNone : Charge::kUnknown}};
  try {
    if (decided) {
      for (const auto& member : serving) {  // vendors that were not asked charged nothing
        outcome.charges.push_back({std::string(member->provider()), {}});
      }
      outcome.verdict = DeclaredVerdict(*look.provenance, clock_.WallNow());
    } else {
      AskMembers(task, deadline, outcome);
    }
    if (outcome.verdict) {
      outcome.verdict->video = look.video;
      outcome.verdict->provenance = look.provenance;
    }
  } catch (const std::exception&) {
    // Only std::bad_alloc comes here; the counted costs stay.
  }
  return outcome;
}

void DetectorPanel::AskMembers(const DetectionTask& task, Deadline deadline,
                               PanelOutcome& outcome) const {
  const Members& serving = MembersFor(task.kind);
  const Members members = MembersToAsk(task);
  GiveBackOfOthers(serving, task, outcome);
  if (members.empty() && task.earlier == nullptr) {
    outcome.verdict = NobodyTakes(serving, task);
    return;
  }
  std::vector<Asked> asked;
  if (options_.mode == DetectionMode::kFallback) {
    asked = AskInOrder(members, task, deadline, clock_, options_.pauses);
  } else if (!members.empty()) {
    asked = AskAll(members, task, deadline);
  }
  Account(members, asked, task, outcome);
  const bool has_answer =
      task.earlier != nullptr ||
      std::any_of(asked.begin(), asked.end(), [](const Asked& each) { return bool(each.answer); });
  if (has_answer && options_.mode == DetectionMode::kConsensus) AddHeld(serving, task, asked);
  outcome.verdict = Combine(asked, options_.mode, clock_.WallNow(), task.earlier);
  if (outcome.verdict) SortSources(serving, *outcome.verdict);
}

}  // namespace vcache::detection
