#include "rm/rm_store_core.h"

#include <fmt/format.h>

#include <utility>

#include "base/result.h"
#include "rm/encoder.h"
#include "rm/snapshot.h"

namespace varve {
namespace {

// The store takes nothing any more. After kOutcomeUnknown it does not either, but what comes later fails with the reason for that.
bool ends_store(ErrorCode code) {
  switch (code) {
    case ErrorCode::kIo:
    case ErrorCode::kReadOnly:
    case ErrorCode::kPermission:
    case ErrorCode::kDamaged:
    case ErrorCode::kFenced:
      return true;
    default:
      return false;
  }
}

}  // namespace

Result<void> RmStore::Core::open(Options options, const EngineOpener& open_engine) {
  log_ = options.log;
  ASSIGN_OR_RETURN(engine_, open_engine(std::move(options), state_));
  ASSIGN_OR_RETURN(const auto completed, completed_applications(*view()));
  for (const CompletedApplication& application : completed) completed_.add(application);
  remove_surplus();
  return ok();
}

void RmStore::Core::submit(rm::Transaction transaction, Done done) {
  if (auto error = end()) return done(fail(*error));
  EncodedTransaction encoded(transaction);
  if (auto fits = encoded.check_operation_size(options_.operation_bytes_max); !fits) return done(fail(fits.error()));
  engine_->submit(encoded.bytes(), [this, transaction = std::move(transaction), done = std::move(done)](Result<Committed> result) {
    finish(transaction, std::move(result), done);
  });
}

void RmStore::Core::finish(const rm::Transaction& transaction, Result<Committed> result, const Done& done) {
  if (!result) {
    notice(result.error());
  } else if (RmState::refused(result->reply)) {
    result = fail(ErrorCode::kRefused, fmt::format("applying transaction {}: {}", result->txid.value, result->reply.data));
  } else {
    note(transaction);
    remove_surplus();
  }
  done(std::move(result));
}

void RmStore::Core::note(const rm::Transaction& transaction) {
  const std::lock_guard lock(mutex_);
  for (const rm::Operation& operation : transaction) completed_.note(operation);
}

void RmStore::Core::remove_surplus() {
  std::vector<CompletedApplication> surplus;
  {
    const std::lock_guard lock(mutex_);
    while (auto application = completed_.take_surplus()) surplus.push_back(*application);
  }
  for (const CompletedApplication& application : surplus) remove(application);
}

void RmStore::Core::remove(const CompletedApplication& application) {
  const rm::Operation operation = rm::RemoveApplication{application.id};
  EncodedTransaction encoded({&operation, 1});
  engine_->submit(encoded.bytes(), [this, application](Result<Committed> result) {
    if (result) return;
    notice(result.error());
    {
      const std::lock_guard lock(mutex_);
      completed_.add(application);  // tried again when the next one completes
    }
    if (log_)
      log_(LogLevel::kWarning, fmt::format("removing the completed {} failed: {}", rm::to_string(application.id), result.error().text()));
  });
}

void RmStore::Core::notice(const Error& error) {
  const bool ends = ends_store(error.code());
  if (!ends && error.code() != ErrorCode::kOutcomeUnknown) return;
  {
    const std::lock_guard lock(mutex_);
    if (ends && !end_) end_ = error;
    if (std::exchange(told_, true)) return;
  }
  if (options_.ended) options_.ended(error);
}

std::optional<Error> RmStore::Core::end() const {
  const std::lock_guard lock(mutex_);
  return end_;
}

std::shared_ptr<const RmView> RmStore::Core::view() {
  std::shared_ptr<const RmView> view;
  engine_->inspect([&] { view = state_.view(); });
  return view;
}

std::optional<rm::Version> RmStore::Core::stored_version() {
  std::optional<rm::Version> version;
  engine_->inspect([&] { version = state_.meta().version; });
  return version;
}

RmStore::Counts RmStore::Core::counts() {
  Counts counts;
  engine_->inspect([&] {
    const RmState::Statistics statistics = state_.statistics();
    const std::lock_guard lock(mutex_);
    counts = {.applications = statistics.applications,
              .completed_applications = completed_.size(),
              .attempts = statistics.attempts,
              .tokens = statistics.tokens,
              .master_keys = statistics.master_keys,
              .reservations = statistics.reservations,
              .copied_bytes = statistics.copied_bytes,
              .held_bytes = statistics.held_bytes,
              .refused = statistics.refused};
  });
  return counts;
}

}  // namespace varve
