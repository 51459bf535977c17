#include "journal/shared_reign.h"

#include <fmt/format.h>

#include "base/check.h"
#include "base/result.h"

namespace varve {

SharedReign::SharedReign(SharedDirectory& shared, kj::Own<SharedEpochFile> file, kj::Own<LocalLog> log)
    : shared_(shared), file_(kj::mv(file)), log_(kj::mv(log)) {
  auto ending = kj::newPromiseAndFulfiller<Error>();
  ending_ = kj::mv(ending.fulfiller);
  when_over_ = ending.promise.fork();
  log_failure_ = log_->when_failed().then([this](Error&& error) { end(error); }).eagerlyEvaluate(nullptr);
}

SharedReign::~SharedReign() noexcept(false) {}

void SharedReign::end(const Error& error) {
  if (over_) return;
  over_ = error;
  ending_->fulfill(Error(error));
}

// An error of a step that others rely on is final.
Result<void> SharedReign::settle(Result<void> result) {
  if (!result) end(result.error());
  return result;
}

Task<Result<void>> SharedReign::look() {
  if (over_) co_return fail(*over_);
  auto newer = co_await shared_.epochs().newer_than(epoch());
  if (!newer) {
    // Not known is not allowed. What was synced stays of unknown outcome, and that is not for want of space.
    const Error error(ErrorCode::kIo, fmt::format("looking for a newer epoch than {}: {}", epoch().value, newer.error().text()));
    end(error);
    co_return fail(error);
  }
  if (*newer)
    end(Error(ErrorCode::kFenced,
              fmt::format("{}: epoch {} is over, another process has taken epoch {}", shared_.path(), epoch().value, (*newer)->value)));
  if (over_) co_return fail(*over_);
  co_return ok();
}

Task<Result<void>> SharedReign::do_announce() {
  if (over_) co_return fail(*over_);
  auto announced = co_await file_->announce(log_->committed());
  co_return settle(std::move(announced));
}

Task<Result<void>> SharedReign::do_move_start(LogPosition start) {
  if (over_) co_return fail(*over_);
  auto moved = co_await file_->move_start(start);
  co_return settle(std::move(moved));
}

void SharedReign::watch(std::chrono::nanoseconds period) {
  watch_ = kj::Promise<void>(keep_watching(period)).eagerlyEvaluate([](kj::Exception&& e) { CHECK(false, e.getDescription().cStr()); });
}

Task<void> SharedReign::keep_watching(std::chrono::nanoseconds period) {
  while (!over_) {
    co_await shared_.seams().clock.after(period);
    auto alone = co_await look();
    if (alone && log_->committed() != record().committed) {
      auto announced = co_await do_announce();
      (void)announced;  // over() tells
    }
  }
}

Task<Result<void>> SharedReign::do_close() {
  watch_ = nullptr;
  co_return co_await log_->close();
}

}  // namespace varve
