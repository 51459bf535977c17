// The transactions of a resource manager, encoded: the life of a generated cluster, each task with its attempt.
#pragma once

#include <cstdint>
#include <optional>

#include "rm/encoder.h"
#include "rm/trace_replay.h"
#include "varve/types.h"

namespace varve {

class RmWorkload {
 public:
  // Keeps this many applications that have ended; 0: all.
  explicit RmWorkload(std::uint64_t completed_max);

  // The next transaction; valid until the next call.
  Bytes next();
  // The last one changes an attempt that exists: it may be applied again.
  bool repeatable() const;
  // Transactions after which there are about this many applications, when none is removed.
  std::uint64_t transactions_for(std::uint64_t applications) const;

 private:
  TraceReplay replay_;
  std::uint64_t position_ = 0;
  rm::Transaction transaction_;
  std::optional<EncodedTransaction> encoded_;
};

}  // namespace varve
