#include "config/custom_checks.h"

#include <algorithm>
#include <utility>

namespace vcache::config {
namespace {

bool Holds(const std::string& text, std::string_view placeholder) {
  return text.find(placeholder) != std::string::npos;
}

bool Holds(const Pairs& pairs, std::string_view placeholder) {
  return std::any_of(pairs.begin(), pairs.end(),
                     [&](const auto& pair) { return Holds(pair.second, placeholder); });
}

class CustomChecks {
 public:
  CustomChecks(const DetectionSettings& settings,
               const std::function<bool(std::string_view)>& is_wrong)
      : custom_(settings.custom),
        vendor_(settings.vendors[VendorId::kCustom]),
        is_wrong_(is_wrong) {}

  std::vector<std::string> Run() {
    if (is_wrong_("CUSTOM_URL")) return {};
    if (vendor_.base_url.empty()) {
      Unused("CUSTOM_API_KEY", !vendor_.key.empty());
      Unused("CUSTOM_KINDS", !custom_.kinds.empty());
      Unused("CUSTOM_SCORE_POINTER", !custom_.score_pointer.empty());
      return std::move(complaints_);
    }
    Needed("CUSTOM_KINDS", custom_.kinds.empty(), "a comma list of image, video and text");
    Needed("CUSTOM_SCORE_POINTER", custom_.score_pointer.empty(),
           "where the answer has the score, such as /result/score");
    Key();
    Contents();
    State();
    Polling();
    return std::move(complaints_);
  }

 private:
  void Complain(std::string_view variable, std::string_view sentence) {
    if (is_wrong_(variable)) return;
    complaints_.push_back(std::string(variable) + " " + std::string(sentence));
  }
  void Unused(std::string_view variable, bool set) {
    if (set)
      Complain(variable, "is set, but CUSTOM_URL is not: there is no custom vendor without.");
  }
  void Needed(std::string_view variable, bool missing, std::string_view what) {
    if (!missing) return;
    Complain(variable, "is not set: CUSTOM_URL needs it (" + std::string(what) + ").");
  }
  bool Judges(std::string_view kind) const {
    return std::find(custom_.kinds.begin(), custom_.kinds.end(), kind) != custom_.kinds.end();
  }

  void Key() {
    const bool named = Holds(vendor_.base_url, "{key}") || Holds(custom_.headers, "{key}") ||
                       Holds(custom_.form_fields, "{key}") || Holds(custom_.body, "{key}");
    if (named && vendor_.key.empty()) {
      Complain("CUSTOM_API_KEY", "is not set, but {key} stands in another CUSTOM_ variable.");
    }
    if (!named && !vendor_.key.empty() && !is_wrong_("CUSTOM_HEADERS") &&
        !is_wrong_("CUSTOM_BODY") && !is_wrong_("CUSTOM_FORM_FIELDS")) {
      Complain("CUSTOM_API_KEY",
               "is never sent: write {key} where it belongs, for instance "
               "CUSTOM_HEADERS=Authorization: Bearer {key}.");
    }
  }

  void Contents() {
    const bool text_in_body = Holds(custom_.body, "{text}");
    const bool file_in_body = Holds(custom_.body, "{base64}");
    if (text_in_body && file_in_body) {
      Complain("CUSTOM_BODY", "has {text} and {base64}: a content is one or the other.");
    }
    if (file_in_body && !custom_.file_field.empty()) {
      Complain("CUSTOM_BODY", "has {base64} and CUSTOM_FILE_FIELD is set: a file is sent once.");
    }
    if (Judges("text") && !text_in_body && !Holds(custom_.form_fields, "{text}") &&
        !is_wrong_("CUSTOM_FORM_FIELDS")) {
      Complain("CUSTOM_BODY",
               "has no place for {text}, nor has CUSTOM_FORM_FIELDS, but CUSTOM_KINDS has text.");
    }
    if (!custom_.body.empty() && !text_in_body && !file_in_body) {
      Complain("CUSTOM_BODY", "has no place for the content: write {text} or {base64} into it.");
    }
  }

  void State() {
    const bool words = !custom_.state_done.empty() || !custom_.state_failed.empty() ||
                       !custom_.state_pending.empty();
    if (!custom_.state_pointer.empty() && custom_.state_done.empty()) {
      Complain("CUSTOM_STATE_DONE", "is not set: CUSTOM_STATE_POINTER needs it.");
    }
    if (words && custom_.state_pointer.empty()) {
      Complain("CUSTOM_STATE_POINTER", "is not set: the CUSTOM_STATE_ words need it.");
    }
    std::vector<std::string> seen;
    for (const auto* list : {&custom_.state_done, &custom_.state_failed, &custom_.state_pending}) {
      for (const std::string& word : *list) {
        if (std::find(seen.begin(), seen.end(), word) != seen.end()) {
          Complain("CUSTOM_STATE_POINTER",
                   "cannot mean two things by one word: a word stands in one of "
                   "CUSTOM_STATE_DONE, CUSTOM_STATE_FAILED and CUSTOM_STATE_PENDING, once.");
          return;
        }
        seen.push_back(word);
      }
    }
  }

  void Polling() {
    const bool by_id = !custom_.poll_url.empty();
    const bool by_url = !custom_.poll_url_pointer.empty();
    if (by_id && by_url) {
      Complain("CUSTOM_POLL_URL",
               "and CUSTOM_POLL_URL_POINTER are both set; one of them is enough.");
    }
    if (by_id && !Holds(custom_.poll_url, "{id}")) {
      Complain("CUSTOM_POLL_URL", "has no {id}: every job would have the same result.");
    }
    if (by_id && custom_.id_pointer.empty()) {
      Complain("CUSTOM_ID_POINTER", "is not set: CUSTOM_POLL_URL needs it.");
    }
    if (!by_id && !custom_.id_pointer.empty()) {
      Complain("CUSTOM_POLL_URL", "is not set, but CUSTOM_ID_POINTER is.");
    }
    if ((by_id || by_url) && custom_.state_pointer.empty()) {
      Complain("CUSTOM_STATE_POINTER", "is not set: without it nobody knows when a job is done.");
    }
    if ((by_id || by_url) && custom_.state_pending.empty()) {
      Complain("CUSTOM_STATE_PENDING",
               "is not set: a job that is under way says so by one of these.");
    }
  }

  const CustomSettings& custom_;
  const VendorSettings& vendor_;
  const std::function<bool(std::string_view)>& is_wrong_;
  std::vector<std::string> complaints_;
};

}  // namespace

std::vector<std::string> CheckCustom(const DetectionSettings& settings,
                                     const std::function<bool(std::string_view name)>& is_wrong) {
  return CustomChecks(settings, is_wrong).Run();
}

}  // namespace vcache::config
