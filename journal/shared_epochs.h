// The epochs of a journal in a shared directory: one file each in the directory "epochs", named by 19 digits, created exclusively by the
// process that takes the epoch. That a file exists is what fences the writers of all lower epochs, whatever stands in it.
//
// Owns:    the directory handle.
// Threads: the event loop's.
#pragma once

#include <kj/memory.h>

#include <optional>
#include <string>
#include <vector>

#include "base/disk.h"
#include "base/task.h"
#include "journal/shared_epoch_file.h"
#include "journal/shared_epoch_record.h"

namespace varve {

std::string epoch_name(Epoch epoch);
std::optional<Epoch> parse_epoch_name(std::string_view name);

class SharedEpochs {
 public:
  explicit SharedEpochs(kj::Own<Directory> directory) : directory_(kj::mv(directory)) {}

  // Ascending. Looks at the directory itself each time.
  Task<Result<std::vector<Epoch>>> list();
  // The highest epoch when it is above `epoch`.
  Task<Result<std::optional<Epoch>>> newer_than(Epoch epoch);
  // Takes the number: when it resolves, the file exists durably and nobody else can have it. kExists: somebody has.
  Task<Result<kj::Own<SharedEpochFile>>> claim(Epoch epoch);
  // Nothing when neither slot is valid (the claim was not finished, or is damaged) or the file is gone. Other errors: kIo, kNewerLayout.
  Task<Result<std::optional<SharedEpochRecord>>> read(Epoch epoch);
  // Of all that read() finds; ascending.
  Task<Result<std::vector<SharedEpochRecord>>> read_all();
  Task<Result<void>> remove(Epoch epoch);

 private:
  kj::Own<Directory> directory_;
};

}  // namespace varve
