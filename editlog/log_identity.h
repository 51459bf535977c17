// Whose log a directory holds: VERSION and slots, judged together.
#pragma once

#include <kj/memory.h>

#include <optional>
#include <string>

#include "base/disk.h"
#include "base/task.h"
#include "editlog/directory_survey.h"
#include "editlog/recovery_table.h"
#include "editlog/slots.h"
#include "editlog/version_file.h"

namespace varve {

struct LogIdentity {
  RecoveryRow row = RecoveryRow::kDirectoryNeverFormatted;
  std::string detail;    // one line about what is wrong; empty when all is well
  kj::Own<Slots> slots;  // null when no slot is valid
};

// Reads both; changes nothing. Errors: only what kept them from being read (kIo, kPermission). Also kForeign: a VERSION of something else
// in a directory without anything of a log.
Task<Result<LogIdentity>> identify_log(Directory& directory, DirectorySurvey found, std::optional<Uuid> expected_namespace);

VersionFile version_of(const SlotState& state);

}  // namespace varve
