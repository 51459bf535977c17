// Verifies every byte of every file in a log's directory, offline: takes no lock, changes nothing, needs only the right to read.
// A log that a process has open may show notes, or damage that is none, while it is being written.
#pragma once

#include <functional>
#include <string>

#include "base/disk.h"
#include "base/task.h"
#include "editlog/log_findings.h"
#include "editlog/slots.h"

namespace varve {

struct LogVerification {
  LogFindings findings;
  std::optional<SlotState> state;  // of the better slot
  std::uint64_t segments = 0;
  std::uint64_t frames = 0;
  std::uint64_t transactions = 0;
  std::uint64_t bytes = 0;  // of all files looked at
  TxId last;                // of the last good frame

  bool damaged() const;
};

// Called before each file.
using VerifyProgress = std::function<void(const std::string& file, std::uint64_t bytes)>;

// Errors: only what kept a file from being read (kIo, kPermission), and kNotFound when nothing of a log is there.
Task<Result<LogVerification>> verify_log(Directory& directory, VerifyProgress progress = nullptr);

}  // namespace varve
