// Waits until the members of a journal stand level, as a bystander sees it: asks each of them, changes nothing.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "base/seams.h"
#include "base/task.h"
#include "journal/journal_url.h"

namespace varve {

// The highest txid that one of them knows to be committed; those that do not answer are passed over.
Task<TxId> highest_committed(Seams seams, JournalUrl url);

// Until each of them holds, and knows to be committed, everything up to `target`, with an end that it is certain of; kIo with what each
// one says when that is not so in time.
Task<Result<void>> wait_until_level(Seams seams, JournalUrl url, TxId target, std::chrono::nanoseconds patience);

}  // namespace varve
