#include "checkpointer/checkpointer.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/check.h"
#include "base/result.h"

namespace varve {
namespace {

// How often the time since the last checkpoint, and the end of a back-off, are looked at.
constexpr std::chrono::nanoseconds kWatchPeriod = std::chrono::seconds(1);

double seconds(std::chrono::nanoseconds time) {
  return std::chrono::duration<double>(time).count();
}

}  // namespace

Checkpointer::Checkpointer(Seams seams, ImageDirectory& images, Journal& journal, CheckpointPolicy policy, std::size_t chunk_bytes,
                           std::function<kj::Promise<FrozenState>()> freeze, std::function<std::chrono::nanoseconds()> pace)
    : seams_(seams),
      images_(images),
      journal_(journal),
      policy_(policy),
      chunk_bytes_(chunk_bytes),
      freeze_(std::move(freeze)),
      pace_(std::move(pace)),
      last_success_(seams.clock.now()) {
  watch_ = kj::Promise<void>(watch_time()).eagerlyEvaluate([](kj::Exception&& e) { CHECK(false, e.getDescription().cStr()); });
}

void Checkpointer::start_from(TxId image, std::uint64_t replayed_transactions, std::uint64_t replayed_bytes) {
  status_.last_txid = image;
  applied(replayed_transactions, replayed_bytes);
}

void Checkpointer::applied(std::uint64_t transactions, std::uint64_t bytes) {
  status_.since.transactions += transactions;
  status_.since.log_bytes += bytes;
  begin();
}

void Checkpointer::begin() {
  if (stopped_ || running_ != nullptr) return;
  const auto now = seams_.clock.now();
  status_.since.time = now - last_success_;
  if (now < not_before_ || !checkpoint_is_due(policy_, status_.since)) return;
  auto joined = run();  // nobody waits for it: run() keeps it going by itself
}

Task<void> Checkpointer::watch_time() {
  while (!stopped_) {
    co_await seams_.clock.after(kWatchPeriod);
    begin();
  }
}

kj::Promise<Result<TxId>> Checkpointer::run() {
  if (running_ == nullptr) {
    status_.running = true;
    running_ = kj::Promise<Result<TxId>>(checkpoint())
                   .then([this](Result<TxId>&& result) {
                     status_.running = false;
                     return std::make_shared<Result<TxId>>(std::move(result));
                   })
                   .fork();
    auto& running = KJ_ASSERT_NONNULL(running_);
    // When it is over the next one may begin; not before this fork has told everybody.
    cleared_ = running.addBranch().then([this](auto&&) { running_ = nullptr; }).eagerlyEvaluate(nullptr);
  }
  return KJ_ASSERT_NONNULL(running_).addBranch().then([](std::shared_ptr<Result<TxId>>&& result) { return *result; });
}

Task<Result<TxId>> Checkpointer::checkpoint() {
  const auto began = seams_.clock.now();
  auto result = co_await save_and_purge();
  record(result, began);
  co_return result;
}

Task<Result<TxId>> Checkpointer::save_and_purge() {
  FrozenState frozen = co_await freeze_();
  frozen_at_ = status_.since;  // what is applied from now on counts for the next one
  const TxId txid = frozen.point.position.txid;
  if (txid.value == 0) co_return fail(ErrorCode::kInvalidArgument, "checkpoint: nothing was ever applied; there is nothing to save");
  SaveOptions options{.chunk_bytes = chunk_bytes_, .pace = pace_};
  auto saved = co_await images_.save(std::move(frozen.point), std::move(frozen.declare), std::move(options));
  if (!saved) co_return fail(saved.error().within(fmt::format("checkpoint at txid {}", txid.value)));
  status_.last_bytes = saved->bytes;
  status_.last_txid = txid;

  auto kept = co_await images_.retain(policy_.images_kept);
  if (!kept || kept->empty()) {
    if (!kept) seams_.log(LogLevel::kWarning, kept.error().within("removing old images").text());
    co_return txid;
  }
  // Until there are as many images as wanted the log itself is the second copy: it stays whole.
  if (kept->size() < policy_.images_kept) co_return txid;
  const TxId limit = purge_limit(policy_, kept->back().txid, journal_.segments());
  if (limit.value == 0) co_return txid;
  auto purged = co_await journal_.purge(limit);
  if (!purged) seams_.log(LogLevel::kWarning, purged.error().within("purging the log behind the images").text());
  co_return txid;
}

void Checkpointer::record(const Result<TxId>& result, std::chrono::nanoseconds began) {
  const auto now = seams_.clock.now();
  if (!result) {
    ++status_.failed;
    ++failures_in_a_row_;
    status_.last_error = result.error().text();
    const auto delay = retry_delay(policy_, failures_in_a_row_);
    not_before_ = now + delay;
    seams_.log(LogLevel::kError, fmt::format("{}; failed {} times in a row, next attempt in {:.0f} s; the log goes on",
                                             result.error().text(), failures_in_a_row_, seconds(delay)));
    return;
  }
  ++status_.succeeded;
  failures_in_a_row_ = 0;
  status_.last_error.clear();
  status_.last_duration = now - began;
  last_success_ = began;
  status_.since.transactions -= std::min(status_.since.transactions, frozen_at_.transactions);
  status_.since.log_bytes -= std::min(status_.since.log_bytes, frozen_at_.log_bytes);
  seams_.log(LogLevel::kInfo, fmt::format("checkpoint: image of txid {} written, {} bytes in {:.3f} s", result->value, status_.last_bytes,
                                          seconds(status_.last_duration)));
}

kj::Promise<void> Checkpointer::stop() {
  stopped_ = true;
  watch_ = nullptr;
  if (running_ == nullptr) return kj::READY_NOW;
  return KJ_ASSERT_NONNULL(running_).addBranch().ignoreResult();
}

CheckpointerStatus Checkpointer::status() const {
  CheckpointerStatus status = status_;
  status.since.time = seams_.clock.now() - last_success_;
  return status;
}

}  // namespace varve
