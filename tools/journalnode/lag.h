// How far a copy of a journal is behind its writer.
#pragma once

#include <cstdint>

#include "journal/node_status.h"

namespace varve {

// Transactions that the writer has and this copy has not; 0 when the writer has not told of more.
inline std::uint64_t lag_of(const JournalCopyStatus& journal) {
  return journal.writer_end > journal.end.txid ? journal.writer_end.value - journal.end.txid.value : 0;
}

}  // namespace varve
