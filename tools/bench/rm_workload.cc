#include "tools/bench/rm_workload.h"

#include <variant>

#include "rm/trace_generator.h"

namespace varve {
namespace {

constexpr std::size_t kTasks = 8000;
constexpr std::uint64_t kSeed = 1;

}  // namespace

RmWorkload::RmWorkload(std::uint64_t completed_max) : replay_(generate_trace(kTasks, kSeed), {.completed_max = completed_max}) {}

Bytes RmWorkload::next() {
  encoded_.reset();
  transaction_ = replay_.transaction(position_++);
  encoded_.emplace(transaction_);
  return encoded_->bytes();
}

bool RmWorkload::repeatable() const {
  return transaction_.size() == 1 && std::holds_alternative<rm::UpdateAttempt>(transaction_.front());
}

std::uint64_t RmWorkload::transactions_for(std::uint64_t applications) const {
  return applications * replay_.transactions_per_round() / replay_.tasks_per_round();
}

}  // namespace varve
