// Reads back what a stopped resource manager has left on its disk - every frame of the log, every record of every image - and compares
// it with the state that it had.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "base/seams.h"
#include "base/task.h"
#include "tests/simulation/digest_ledger.h"
#include "varve/engine.h"

namespace varve {

// What is wrong, or an empty string. `rotten` names images that are known to be damaged.
Task<std::string> audit(Seams seams, const Options& options, const std::vector<DigestLedger::Entry>& state, const std::set<TxId>& rotten);

}  // namespace varve
