// The directory of a journal that several processes share: VERSION, the epochs, and one sub-directory for the log of each epoch.
//
// Owns:    handles of the directory and of "epochs".
// Threads: the event loop's.
#pragma once

#include <kj/memory.h>

#include <chrono>
#include <string>

#include "base/seams.h"
#include "base/task.h"
#include "editlog/version_file.h"
#include "journal/shared_epochs.h"

namespace varve {

// What others write, rename and purge while it is looked at may look damaged, or be gone: so often it is looked at before that is believed.
inline constexpr int kSharedLooks = 10;
inline constexpr std::chrono::milliseconds kSharedPause{20};

class SharedDirectory {
 public:
  // Makes the directory (its parent must exist) and decides its namespace when it is new.
  static Task<Result<kj::Own<SharedDirectory>>> open(Seams seams, std::string path);
  SharedDirectory(Seams seams, kj::Own<Directory> home, kj::Own<SharedEpochs> epochs, VersionFile version);

  const std::string& path() const { return home_->path(); }
  Seams seams() const { return seams_; }
  Uuid namespace_id() const { return version_.namespace_id; }
  std::uint64_t lineage() const { return version_.lineage; }
  // Of the whole journal, for ever: one voter, the directory.
  const std::string& configuration() const { return configuration_; }
  // Before the first transaction.
  LogPosition origin() const;
  SharedEpochs& epochs() { return *epochs_; }

  // Where the log of an epoch stands. kNotFound: it has none.
  kj::Promise<Result<kj::Own<Directory>>> open_log(Epoch epoch);
  kj::Promise<Result<kj::Own<Directory>>> create_log(Epoch epoch);

 private:
  std::string log_path(Epoch epoch) const { return path() + "/epoch_" + epoch_name(epoch); }

  Seams seams_;
  kj::Own<Directory> home_;
  kj::Own<SharedEpochs> epochs_;
  VersionFile version_;
  std::string configuration_;
};

}  // namespace varve
