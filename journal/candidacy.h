// Becoming the writer: protocol section 3, steps 1 to 4.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "base/seams.h"
#include "base/task.h"
#include "journal/quorum_writer.h"

namespace varve {

struct CandidacyOptions {
  std::chrono::nanoseconds patience = std::chrono::seconds(10);  // for a majority, in all
  std::chrono::nanoseconds node_patience = std::chrono::seconds(5);
  std::chrono::nanoseconds retry = std::chrono::milliseconds(50);
  unsigned attempts = 5;  // with higher epochs, when a promise of a candidate before was in the way
};

struct Candidate {
  JournalIdentity journal;
  std::vector<std::string> addresses;  // some members'; the others are found
  std::string name;
  std::string host;
  SchemaInfo schema;
};

// A majority of the voters has promised the epoch, and the log to continue is known and its tail is here.
// Errors: kIo: no majority answered in time (the text says who did not, and why); kFenced: another candidate is ahead; kDamaged: the
// chosen log ends below what is committed.
Task<Result<Reign>> win_reign(Seams seams, Candidate candidate, CandidacyOptions options);

}  // namespace varve
