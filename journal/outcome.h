// What became of a transaction whose submission ended as unknown, as far as one copy of the log can tell.
#pragma once

#include "base/task.h"
#include "editlog/local_log.h"
#include "varve/engine.h"

namespace varve {

Task<Result<Outcome>> outcome_in(LocalLog& log, Ticket ticket);

}  // namespace varve
