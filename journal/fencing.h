// Ends the reign of whoever writes to a quorum, and takes nothing up in its place.
#pragma once

#include <string>

#include "base/seams.h"
#include "base/task.h"
#include "journal/candidacy.h"
#include "journal/journal_url.h"

namespace varve {

struct Fenced {
  Epoch epoch;    // promised by a majority of the voters: nobody of an older one goes on
  Epoch highest;  // that was promised before
  LogPosition end;
};

// Errors: those of win_reign(); kInvalidArgument for another kind of journal.
Task<Result<Fenced>> fence_quorum(Seams seams, JournalUrl url, std::string name, std::string host, CandidacyOptions options);

}  // namespace varve
