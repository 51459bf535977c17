#include "editlog/mark_keeper.h"

#include "base/check.h"
#include "base/result.h"

namespace varve {

MarkKeeper::MarkKeeper(Clock& clock, kj::Own<Slots> slots, std::chrono::milliseconds delay, std::function<void(const Error&)> on_failure)
    : clock_(clock),
      slots_(kj::mv(slots)),
      delay_(delay),
      on_failure_(std::move(on_failure)),
      wanted_(slots_->state()),
      end_(wanted_.mark) {}

Task<Result<void>> MarkKeeper::promise(Epoch epoch, Uuid writer) {
  CHECK(epoch > wanted_.promised || (epoch == wanted_.promised && writer == wanted_.promised_to), epoch.value, wanted_.promised.value);
  wanted_.promised = epoch;
  wanted_.promised_to = writer;
  return store();
}

Task<Result<void>> MarkKeeper::move_start(LogStart start) {
  CHECK(start.position.txid > wanted_.start.position.txid, start.position.txid.value, wanted_.start.position.txid.value);
  wanted_.start = std::move(start);
  if (wanted_.mark.txid < wanted_.start.position.txid) wanted_.mark = wanted_.start.position;
  return store();
}

Task<Result<void>> MarkKeeper::mark(LogPosition end) {
  if (wanted_.cut && end.txid > wanted_.cut->txid) end = *wanted_.cut;
  CHECK(end.txid >= wanted_.mark.txid, end.txid.value, wanted_.mark.txid.value);
  const bool same = end == wanted_.mark;
  wanted_.mark = end;
  // The same mark may still be under way: its store() is waited for by storing again.
  if (same && slots_->state().mark == end) co_return ok();
  co_return co_await store();
}

Task<Result<void>> MarkKeeper::begin_cut(LogPosition to) {
  CHECK(to.txid >= wanted_.start.position.txid && !wanted_.cut, to.txid.value, wanted_.start.position.txid.value);
  wanted_.cut = to;
  if (wanted_.mark.txid > to.txid) wanted_.mark = to;
  if (end_.txid > to.txid) end_ = to;
  return store();
}

Task<Result<void>> MarkKeeper::finish_cut() {
  CHECK(wanted_.cut);
  wanted_.mark = *wanted_.cut;
  wanted_.cut.reset();
  return store();
}

Task<Result<void>> MarkKeeper::begin_restart(LogStart start) {
  end_ = wanted_.mark = start.position;
  wanted_.start = std::move(start);
  wanted_.restarting = true;
  return store();
}

Task<Result<void>> MarkKeeper::finish_restart() {
  CHECK(wanted_.restarting);
  wanted_.restarting = false;
  return store();
}

Task<Result<void>> MarkKeeper::settle_tail() {
  wanted_.tail_unknown = false;
  return store();
}

// Stores follow each other, and each holds what those before it changed.
Task<Result<void>> MarkKeeper::store() {
  if (failure_) co_return fail(*failure_);
  auto stored = co_await slots_->store(wanted_);
  if (!stored && !failure_) {
    failure_ = stored.error();
    on_failure_(*failure_);
  }
  co_return stored;
}

void MarkKeeper::appended(LogPosition end) {
  end_ = end;
  last_append_ = clock_.now();
  if (watching_) return;
  watching_ = true;
  watch_ = kj::Promise<void>(watch()).eagerlyEvaluate(nullptr);
}

void MarkKeeper::stop() {
  watch_ = nullptr;
  watching_ = false;
}

Task<void> MarkKeeper::watch() {
  while (end_ != wanted_.mark && !failure_) {
    const auto due = last_append_ + delay_;
    const auto now = clock_.now();
    if (now < due) {
      co_await clock_.after(due - now);
      continue;
    }
    auto marked = co_await mark(end_);
    (void)marked;  // failure() tells
  }
  watching_ = false;
}

}  // namespace varve
