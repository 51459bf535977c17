#include "tests/process/number_submitter.h"

#include <fmt/format.h>

#include "base/bytes.h"
#include "base/result.h"
#include "tests/process/number_set_machine.h"

namespace varve {

namespace {

constexpr std::chrono::nanoseconds kAskAgain = std::chrono::milliseconds(20);

}  // namespace

Task<Result<void>> NumberSubmitter::run() {
  while (under_way_ > 0 || (submitted_ < load_.count && !error_)) {
    while (may_submit()) {
      submit_frame();
      if (load_.interval.count() > 0) co_await seams_.clock.after(load_.interval);
    }
    if (under_way_ > 0) co_await wait_for_change();
  }
  if (error_) co_return fail(*error_);
  co_return ok();
}

kj::Promise<void> NumberSubmitter::wait_for_change() {
  auto paf = kj::newPromiseAndFulfiller<void>();
  changed_ = kj::mv(paf.fulfiller);
  return kj::mv(paf.promise);
}

void NumberSubmitter::submit_frame() {
  std::vector<std::uint64_t> numbers;
  std::vector<std::string> transactions;
  std::uint64_t space = 0;
  while (numbers.size() < load_.frame_transactions && submitted_ < load_.count) {
    numbers.push_back(record_.submit());
    transactions.push_back(numbered_transaction(numbers.back()));
    space += transaction_space(transactions.back().size());
    ++submitted_;
  }
  under_way_ += numbers.size();
  FrameBuilder frame(space);
  for (const std::string& transaction : transactions) frame.add(as_bytes(transaction));
  tasks_.add(writer_.append(kj::mv(frame), RunOn::kDiskThread).then([this, numbers = std::move(numbers)](Result<FramePtr>&& done) mutable {
    take(std::move(numbers), std::move(done));
  }));
}

void NumberSubmitter::take(std::vector<std::uint64_t> numbers, Result<FramePtr> done) {
  under_way_ -= numbers.size();
  if (!done && !error_) error_ = done.error();
  if (done)
    for (const std::uint64_t number : numbers) acknowledge(number);
  else if (done.error().ticket())
    unknown_.push_back({std::move(numbers), *done.error().ticket()});
  else
    for (const std::uint64_t number : numbers) record_.refuse(number);
  if (changed_.get() != nullptr) changed_->fulfill();
}

void NumberSubmitter::acknowledge(std::uint64_t number) {
  if (record_.fate(number) == OutsideRecord::Fate::kLost)
    contradiction_ = fmt::format("transaction {} is reported as committed, a later writer did not find it", number);
  record_.acknowledge(number);
}

void NumberSubmitter::found_missing(std::uint64_t number) {
  if (record_.fate(number) == OutsideRecord::Fate::kAcknowledged)
    contradiction_ = fmt::format("transaction {} is reported as never committed, a later writer found it", number);
  record_.lose(number);
}

Task<Result<void>> NumberSubmitter::resolve(Journal& journal, std::chrono::nanoseconds patience) {
  const auto until = seams_.clock.now() + patience;
  for (const Unknown& unknown : unknown_) {
    Outcome outcome = Outcome::kUnknownYet;
    while (outcome == Outcome::kUnknownYet) {
      auto answer = co_await journal.outcome(unknown.ticket);
      if (answer) outcome = *answer;
      if (seams_.clock.now() > until)
        co_return fail(ErrorCode::kOutcomeUnknown, fmt::format("the outcome of txid {} is still unknown{}", unknown.ticket.txid.value,
                                                               answer ? std::string() : ": " + answer.error().text()));
      if (outcome == Outcome::kUnknownYet) co_await seams_.clock.after(kAskAgain);
    }
    for (const std::uint64_t number : unknown.numbers) outcome == Outcome::kCommitted ? acknowledge(number) : found_missing(number);
  }
  co_return ok();
}

}  // namespace varve
