// A LogReader that first proves that the log continues the history its user has: the frame behind `after` must name the digest of
// `after` as its previous one.
#pragma once

#include <kj/memory.h>

#include "base/task.h"
#include "editlog/log_reader.h"
#include "varve/types.h"

namespace varve {

class HistoryReader final : public LogReader {
 public:
  // Precondition: `reader` begins with the frame that holds after.txid + 1.
  HistoryReader(kj::Own<LogReader> reader, LogPosition after) : reader_(kj::mv(reader)), after_(after) {}
  ~HistoryReader() noexcept(false) override = default;

  kj::Promise<Result<std::vector<FrameView>>> next() override;

 private:
  Task<Result<std::vector<FrameView>>> first();

  kj::Own<LogReader> reader_;
  LogPosition after_;
  bool proven_ = false;
};

// kDamaged: `after` is of another history than the log, which has `found` there.
Error other_history(LogPosition after, Digest found);

}  // namespace varve
