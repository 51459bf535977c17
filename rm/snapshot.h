// Turns the records of a view into plain values.
#pragma once

#include <vector>

#include "rm/completed_applications.h"
#include "rm/tables.h"
#include "varve/error.h"
#include "varve/rm_types.h"

namespace varve {

// kDamaged when a record cannot be read; the text names it.
Result<rm::Snapshot> snapshot_of(const RmView& view);

// Those in a final state, in the order of their ids.
Result<std::vector<CompletedApplication>> completed_applications(const RmView& view);

}  // namespace varve
