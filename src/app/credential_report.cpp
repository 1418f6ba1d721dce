#include "app/credential_report.h"

#include <chrono>
#include <exception>
#include <system_error>
#include <utility>

#include "vcache/app/credential_checks.h"

namespace vcache::app {
namespace {

/// For all checks together. Short, because a stop waits for it.
constexpr std::chrono::milliseconds kLongestReport{5'000};

void Tell(const VendorCredentials& outcome, Logger& logger) {
  const LogField vendor{"vendor", outcome.vendor};
  const std::string& reason = outcome.check.reason;
  switch (outcome.check.state) {
    case detection::CredentialState::kAccepted:
      if (reason.empty()) {
        logger.Info("Credentials: accepted", {vendor});
      } else {
        logger.Warn("Credentials: accepted, but calls will fail", {vendor, {"reason", reason}});
      }
      return;
    case detection::CredentialState::kRefused:
      logger.Error("Credentials: refused; every call will fail until they are set right",
                   {vendor, {"reason", reason}});
      return;
    case detection::CredentialState::kNotCheckable:
      logger.Warn("Credentials: not checked; the vendor offers no way that costs nothing",
                  {vendor});
      return;
    case detection::CredentialState::kUnknown:
      logger.Warn("Credentials: not known whether they are good",
                  {vendor,
                   {"reason", reason.empty() ? std::string_view("the check failed")
                                             : std::string_view(reason)}});
      return;
  }
}

}  // namespace

CredentialReport::CredentialReport(std::vector<std::shared_ptr<detection::Detector>> vendors,
                                   Clock& clock, Logger& logger, metrics::AlertWatch* alerts)
    : vendors_(std::move(vendors)), clock_(clock), logger_(logger), alerts_(alerts) {
  if (vendors_.empty()) return;
  try {
    thread_ = std::thread([this] { Run(); });
  } catch (const std::system_error&) {
    logger_.Warn("Credentials: not checked, as the system refuses a thread");
  }
}

CredentialReport::~CredentialReport() {
  if (thread_.joinable()) thread_.join();
}

void CredentialReport::Run() const noexcept {
  try {
    const Deadline deadline = Deadline::After(clock_, kLongestReport);
    for (const VendorCredentials& outcome : CheckCredentials(vendors_, deadline)) {
      Tell(outcome, logger_);
      if (alerts_ == nullptr || outcome.check.state != detection::CredentialState::kRefused) {
        continue;
      }
      alerts_->NoteRefusedCredentials(outcome.vendor, outcome.check.reason);
    }
  } catch (const std::exception&) {
    logger_.Warn("Credentials: not checked, for want of memory");
  }
}

}  // namespace vcache::app
