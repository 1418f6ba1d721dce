#include "vcache/content/spool_budget.h"

#include <chrono>
#include <utility>

namespace vcache::content {
namespace {

constexpr std::chrono::seconds kRetryAfter{5};

/// Whether `more` fits beside `held`; neither sum can overflow.
bool Fits(std::uint64_t held, std::uint64_t more, std::uint64_t limit) {
  return held <= limit && more <= limit - held;
}

Error Full(std::string message, std::string advice) {
  return {.code = ErrorCode::kOverloaded,
          .message = message + " " + advice,
          .retry_after = kRetryAfter,
          .public_message = std::move(message) + " Try again later."};
}

}  // namespace

std::shared_ptr<SpoolBudget> SpoolBudget::Make(Limits limits) {
  return std::shared_ptr<SpoolBudget>(new SpoolBudget(limits));
}

std::unique_ptr<SpoolBudget::Share> SpoolBudget::NewShare(std::string client) {
  return std::unique_ptr<Share>(new Share(shared_from_this(), std::move(client)));
}

Result<std::unique_ptr<SpoolBudget::Reading>> SpoolBudget::BeginReading(std::string client) {
  {
    const MutexLock lock(mutex_);
    const auto found = clients_.find(client);
    if (found != clients_.end() && found->second.readings >= limits_.client_readings) {
      return Full("Too many uploads come from your address at once.",
                  "MAX_UPLOADS_PER_ADDRESS allows " + std::to_string(limits_.client_readings) +
                      "; without TRUSTED_PROXIES all clients of a proxy count as one.");
    }
    ++clients_[client].readings;
  }
  return std::unique_ptr<Reading>(new Reading(shared_from_this(), std::move(client)));
}

bool SpoolBudget::is_short() const {
  if (limits_.disk_bytes == kUnlimited) return false;
  const MutexLock lock(mutex_);
  return usage_.disk_bytes >= limits_.disk_bytes / 8 * 7;
}

SpoolBudget::Usage SpoolBudget::usage() const {
  const MutexLock lock(mutex_);
  return usage_;
}

std::uint64_t SpoolBudget::PartOf(std::uint64_t limit) const {
  if (limit == kUnlimited) return kUnlimited;
  return limit / 100 * limits_.client_percent + limit % 100 * limits_.client_percent / 100;
}

void SpoolBudget::ForgetIfIdle(const std::string& client) {
  const auto found = clients_.find(client);
  if (found == clients_.end()) return;
  const Client& held = found->second;
  if (held.memory == 0 && held.disk == 0 && held.readings == 0) clients_.erase(found);
}

SpoolBudget::Share::Share(std::shared_ptr<SpoolBudget> budget, std::string client)
    : budget_(std::move(budget)), client_(std::move(client)) {}

SpoolBudget::Share::~Share() {
  if (memory_ == 0 && disk_ == 0) return;
  const MutexLock lock(budget_->mutex_);
  Client& held = budget_->clients_[client_];
  held.memory -= memory_;
  held.disk -= disk_;
  budget_->usage_.memory_bytes -= memory_;
  budget_->usage_.disk_bytes -= disk_;
  budget_->ForgetIfIdle(client_);
}

bool SpoolBudget::Share::TakeMemory(std::uint64_t bytes) {
  const MutexLock lock(budget_->mutex_);
  Client& held = budget_->clients_[client_];
  Usage& usage = budget_->usage_;
  const std::uint64_t limit = budget_->limits_.memory_bytes;
  if (!Fits(usage.memory_bytes, bytes, limit) ||
      !Fits(held.memory, bytes, budget_->PartOf(limit))) {
    budget_->ForgetIfIdle(client_);
    return false;
  }
  held.memory += bytes;
  usage.memory_bytes += bytes;
  memory_ += bytes;
  return true;
}

void SpoolBudget::Share::ReturnMemory() {
  if (memory_ == 0) return;
  const MutexLock lock(budget_->mutex_);
  budget_->clients_[client_].memory -= memory_;
  budget_->usage_.memory_bytes -= memory_;
  memory_ = 0;
  budget_->ForgetIfIdle(client_);
}

Result<void> SpoolBudget::Share::TakeDisk(std::uint64_t bytes) {
  const MutexLock lock(budget_->mutex_);
  Client& held = budget_->clients_[client_];
  Usage& usage = budget_->usage_;
  const std::uint64_t limit = budget_->limits_.disk_bytes;
  const std::uint64_t part = budget_->PartOf(limit);
  const bool client_has_room = Fits(held.disk, bytes, part);
  if (!client_has_room || !Fits(usage.disk_bytes, bytes, limit)) {
    budget_->ForgetIfIdle(client_);
    return client_has_room ? Full("Too many large uploads come in at once.",
                                  "They may hold SPOOL_DISK_MB together.")
                           : Full("Too many large uploads come from your address at once.",
                                  "They may hold SPOOL_PERCENT_PER_ADDRESS of SPOOL_DISK_MB.");
  }
  held.disk += bytes;
  usage.disk_bytes += bytes;
  disk_ += bytes;
  return {};
}

SpoolBudget::Reading::Reading(std::shared_ptr<SpoolBudget> budget, std::string client)
    : budget_(std::move(budget)), client_(std::move(client)) {}

SpoolBudget::Reading::~Reading() {
  const MutexLock lock(budget_->mutex_);
  --budget_->clients_[client_].readings;
  budget_->ForgetIfIdle(client_);
}

}  // namespace vcache::content
