// The file of our own epoch in a shared directory, opened to be written.
//
// Threads: the event loop's. Changes follow each other; each holds what those before it changed.
// Durable: a change is, in both slots, when it resolves, and is visible here only then.
// Errors:  final: after a failed write the file is left alone.
#pragma once

#include <kj/memory.h>

#include <optional>

#include "base/disk.h"
#include "base/task.h"
#include "journal/shared_epoch_record.h"

namespace varve {

class SharedEpochFile {
 public:
  explicit SharedEpochFile(kj::Own<File> file) : file_(kj::mv(file)) {}

  const SharedEpochRecord& record() const { return record_; }
  Task<Result<void>> store(SharedEpochRecord record);
  Task<Result<void>> announce(LogPosition committed);
  Task<Result<void>> move_start(LogPosition start);

 private:
  class Turn;
  Task<Result<void>> write_wanted();
  Task<Result<void>> write_slot(std::uint64_t offset, std::string encoded);

  kj::Own<File> file_;
  SharedEpochRecord record_;
  SharedEpochRecord wanted_;  // record_ with the changes under way
  std::uint64_t sequence_ = 0;
  std::optional<kj::ForkedPromise<void>> turn_;  // resolves when the write under way is done
  bool failed_ = false;
};

}  // namespace varve
