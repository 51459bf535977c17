#include "tests/simulation/planned_faults.h"

#include <fmt/format.h>

#include "base/bytes.h"

namespace varve {

namespace {

constexpr const char* kPaths[] = {"", "edits_", "edits_inprogress", "slots", "fsimage_", "VERSION"};
constexpr SimOp kNameOps[] = {SimOp::kCreate, SimOp::kRename, SimOp::kRemove, SimOp::kSyncDirectory};
constexpr SimOp kSpaceOps[] = {SimOp::kWrite, SimOp::kPreallocate, SimOp::kCreate};

template <typename T, std::size_t n>
T one_of(const T (&choices)[n], SimRandom& random) {
  return choices[random.below(n)];
}

std::pair<FaultKind, SimFault> random_fault(SimRandom& random) {
  SimFault fault;
  fault.path_part = one_of(kPaths, random);
  fault.skip = random.below(4);
  fault.times = random.percent(80) ? 1 : 1 + random.below(5);
  fault.error = EIO;
  switch (random.below(7)) {
    case 0:
      fault.op = SimOp::kSync;
      fault.error = 0;
      fault.delay = std::chrono::milliseconds(1 + random.below(20'000));
      return {FaultKind::kStuckDisk, fault};
    case 1:
      fault.op = SimOp::kRead;
      return {FaultKind::kReadError, fault};
    case 2:
      fault.op = SimOp::kWrite;
      return {FaultKind::kWriteError, fault};
    case 3:
      fault.op = SimOp::kWrite;
      fault.bytes_done = kSectorBytes * (1 + random.below(16));
      return {FaultKind::kShortWrite, fault};
    case 4:
      fault.op = SimOp::kSync;
      return {FaultKind::kSyncError, fault};
    case 5:
      fault.op = one_of(kNameOps, random);
      if (*fault.op == SimOp::kSyncDirectory) fault.path_part.clear();
      return {FaultKind::kNameError, fault};
    default:
      fault.op = one_of(kSpaceOps, random);
      fault.error = ENOSPC;
      if (random.percent(50)) fault.bytes_done = kSectorBytes * random.below(8);
      return {FaultKind::kNoSpaceOnce, fault};
  }
}

}  // namespace

PlannedFaults::PlannedFaults(SimDisk& disk, FaultCounts& counts, Trace trace) : disk_(disk), counts_(counts), trace_(std::move(trace)) {
  disk_.observe([this](std::uint64_t number, const SimOperation& operation) { meet(number, operation); });
}

PlannedFaults::~PlannedFaults() {
  disk_.observe(nullptr);
}

void PlannedFaults::plan(SimRandom& random) {
  planned_.push_back(random_fault(random));
  const auto& [kind, fault] = planned_.back();
  trace_(fmt::format("plan {} on \"{}\" after {}, {} times", to_string(kind), fault.path_part, fault.skip, fault.times));
}

void PlannedFaults::clear() {
  planned_.clear();
  disk_.clear_faults();
}

// Called as the operation begins, before the disk looks at its faults.
void PlannedFaults::meet(std::uint64_t number, const SimOperation& operation) {
  trace_(fmt::format("  disk {}: {}", number, operation.describe()));
  disk_.clear_faults();
  for (auto& [kind, fault] : planned_) {
    if (!fault.meets(number, operation)) continue;
    ++counts_[kind];
    ++met_;
    trace_(fmt::format("  disk {}: {}", number, to_string(kind)));
    disk_.inject({.number = number, .error = fault.error, .bytes_done = fault.bytes_done, .delay = fault.delay});
    return;
  }
}

}  // namespace varve
