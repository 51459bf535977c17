#include "tests/process/reconcile.h"

#include <fmt/format.h>

namespace varve {

std::string reconcile(const NumberSetMachine& machine, OutsideRecord& record) {
  using Fate = OutsideRecord::Fate;
  if (!machine.defect().empty()) return machine.defect();
  const std::uint64_t last = record.last_submitted();
  if (machine.last() > last) return fmt::format("the state has transaction {}, and only {} were ever submitted", machine.last(), last);
  for (std::uint64_t number = 1; number <= last; ++number) {
    const Fate fate = record.fate(number);
    const bool there = machine.contains(number);
    if (fate == Fate::kAcknowledged && !there)
      return fmt::format("lost: transaction {} was acknowledged and is not in the state, whose last one is {}", number, machine.last());
    if ((fate == Fate::kRefused || fate == Fate::kLost) && there)
      return fmt::format("transaction {} was {} and is in the state", number, fate == Fate::kRefused ? "refused" : "found missing before");
    if (fate != Fate::kSubmitted) continue;
    // Open at its death: those that are there are a prefix.
    if (!there && machine.last() > number)
      return fmt::format("transaction {} is missing, and transaction {} is there", number, machine.last());
    there ? record.acknowledge(number) : record.lose(number);
  }
  return "";
}

}  // namespace varve
