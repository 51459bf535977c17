// Holds the state of a writer that has just started against the record from outside.
#pragma once

#include <string>

#include "tests/process/number_set_machine.h"
#include "tests/process/outside_record.h"

namespace varve {

// What is wrong, or an empty string; then what the state has counts as acknowledged and what it has not as lost for ever.
std::string reconcile(const NumberSetMachine& machine, OutsideRecord& record);

}  // namespace varve
